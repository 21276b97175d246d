import type pg from 'pg';
import { type BatchContext, type LeasedState, deliver, describeError, inLease } from './batch.js';
import type { Position, RecordedEvent } from '../domain/events.js';
import type { BuildKey } from './build-schema.js';
import type { Lease } from './checkpoint.js';
import { BlockedKeys, IN_LIVE_BUILD, loadBlockedKeys } from './dead-letters.js';
import { requestNarrowRebuild } from './workspace-rebuild.js';
import type { RebuildPlan } from './registry.js';
import { faultOf } from './batch-transaction.js';

const CHUNK = 500;

interface Requested {
  readonly event: RecordedEvent;
  readonly keys: readonly string[];
}

/** Asks for another try of all dead letters of a subscription, of one workspace or of all. Answers how many events. */
export async function requestRetry(pool: pg.Pool, projection: string, workspace?: string): Promise<number> {
  const { rowCount } = await pool.query(
    `UPDATE touchline.dead_letter SET retry = true
     WHERE projection = $1 AND ${IN_LIVE_BUILD} AND ($2::text IS NULL OR workspace = $2)`,
    [projection, workspace ?? null],
  );
  return rowCount ?? 0;
}

/** Whether some of the events asked for wait for their try still, or for a rebuild of the subscription itself. */
export async function isRetryPending(pool: pg.Pool, projection: string): Promise<boolean> {
  const { rows } = await pool.query<{ pending: boolean }>(
    `SELECT EXISTS (SELECT FROM touchline.dead_letter WHERE projection = $1 AND ${IN_LIVE_BUILD} AND retry)
         OR EXISTS (SELECT FROM touchline.projection WHERE name = $1 AND NOT is_live) AS pending`,
    [projection],
  );
  return rows[0]?.pending ?? false;
}

/** 'rebuild': an event that is asked for was overtaken, and putting it in late would not give the same rows. */
export async function requestedRetry(
  pool: pg.Pool,
  { name, build }: BuildKey,
): Promise<'no' | 'retry' | 'rebuild'> {
  const { rows } = await pool.query<{ overtaken: boolean | null }>(
    'SELECT bool_or(overtaken) AS overtaken FROM touchline.dead_letter WHERE projection = $1 AND build = $2 AND retry',
    [name, build],
  );
  const overtaken = rows[0]?.overtaken ?? null;
  return overtaken === null ? 'no' : overtaken ? 'rebuild' : 'retry';
}

/** Has the subscription rebuilt instead: the events that were asked for come in their turn. */
export async function rebuildForRetry(
  tx: pg.PoolClient,
  { name, build }: BuildKey,
  plan: RebuildPlan,
  head: Position,
): Promise<void> {
  const { rows } = await tx.query<{ workspace: string }>(
    `UPDATE touchline.dead_letter SET retry = false
     WHERE projection = $1 AND build = $2 AND retry RETURNING workspace`,
    [name, build],
  );
  await requestNarrowRebuild(tx, plan, head, new Set(rows.map(({ workspace }) => workspace)));
}

/**
 * Tries the dead letters that were asked for, in log order. One that fails again stays, and so does all that waits
 * behind it. What was healed lies before the checkpoints of those that are after this one: they are rebuilt where they can be.
 *
 * @throws Fenced
 * @throws BatchFailed
 */
export async function retryRequested(
  context: BatchContext,
  { lease }: LeasedState,
  dependents: RebuildPlan,
  head: Position,
): Promise<LeasedState> {
  const { pool, checkpoints } = context;
  for (;;) {
    const requested = await loadRequested(context, lease);
    if (requested.length === 0) return { lease, blocked: await loadBlockedKeys(pool, lease), owner: {} };
    await inLease(context, lease, async (tx) => {
      const healed = await tryEach(context, tx, requested, lease);
      if (healed.size > 0) {
        await requestNarrowRebuild(tx, dependents, head, healed);
        await checkpoints.markAppliedLate(tx, lease);
      }
      await checkpoints.advance(tx, lease, lease.position);
    });
  }
}

async function loadRequested({ pool, store }: BatchContext, { name, build }: BuildKey): Promise<Requested[]> {
  const { rows } = await pool.query<{ position: string; keys: string[] }>(
    `SELECT position, keys FROM touchline.dead_letter
     WHERE projection = $1 AND build = $2 AND retry ORDER BY position LIMIT $3`,
    [name, build, CHUNK],
  );
  const requested: Requested[] = [];
  for (const { position, keys } of rows) {
    const event = await store.readAt(BigInt(position));
    if (event) requested.push({ event, keys });
  }
  return requested;
}

/** @returns the workspaces of the events that were applied */
async function tryEach(
  context: BatchContext,
  tx: pg.PoolClient,
  requested: readonly Requested[],
  lease: Lease,
): Promise<ReadonlySet<string>> {
  const blocked = await blockedBefore(tx, lease, requested[0]?.event.position ?? 0n);
  const healed = new Set<string>();
  for (const { event, keys } of requested) {
    const waits = blocked.blockerOf(event.workspace, keys) !== undefined;
    const error = waits ? null : await tryOne(context, tx, event, lease);
    if (!waits && error === null) {
      healed.add(event.workspace);
      continue;
    }
    blocked.add(event.workspace, keys, event.position);
    await tx.query(
      `UPDATE touchline.dead_letter SET retry = false, error = coalesce($3, error),
         attempts = attempts + CASE WHEN $3::text IS NULL THEN 0 ELSE 1 END
       WHERE projection = $1 AND position = $2 AND build = $4`,
      [lease.name, String(event.position), error, lease.build],
    );
  }
  return healed;
}

/** The keys of dead letters that nobody asked to retry (or that failed again just now) and that come before. */
async function blockedBefore(
  tx: pg.PoolClient,
  { name, build }: BuildKey,
  position: Position,
): Promise<BlockedKeys> {
  const blocked = new BlockedKeys();
  const { rows } = await tx.query<{ position: string; workspace: string; keys: string[] }>(
    `SELECT position, workspace, keys FROM touchline.dead_letter
     WHERE projection = $1 AND build = $3 AND position < $2 AND NOT retry`,
    [name, String(position), build],
  );
  for (const row of rows) blocked.add(row.workspace, row.keys, BigInt(row.position));
  return blocked;
}

/** Applies one event late and takes it off the list; answers why it cannot be. */
async function tryOne(
  context: BatchContext,
  tx: pg.PoolClient,
  event: RecordedEvent,
  { name, build, position }: Lease,
): Promise<string | null> {
  const range = { after: position, upTo: position };
  await tx.query('SAVEPOINT retried');
  try {
    await deliver(context, [event], tx, range);
    await tx.query(
      'DELETE FROM touchline.dead_letter WHERE projection = $1 AND build = $2 AND position = $3',
      [name, build, String(event.position)],
    );
    await tx.query('RELEASE SAVEPOINT retried');
    return null;
  } catch (error) {
    if (faultOf(error) !== 'data') throw error;
    await tx.query('ROLLBACK TO SAVEPOINT retried');
    return describeError(error).slice(0, 1_000);
  }
}

import type pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { withTransaction } from '../database/client.js';
import type { Position } from '../domain/events.js';
import type { Checkpoints, Lease } from './checkpoint.js';
import { idleTransactionTimeout } from './lease-timing.js';
import type { RebuildPlan } from './registry.js';
import { type Subscription, isReactor } from './subscription.js';
import { inBatch } from './batch-transaction.js';

/** How long to wait for queries that began before the rebuild was asked for. */
const OLD_QUERIES_MS = 10_000;

/** `requestRebuild` in a transaction of its own. */
export const rebuild = (pool: pg.Pool, plan: RebuildPlan, head: Position): Promise<void> =>
  withTransaction(pool, (tx) => requestRebuild(tx, plan, head));

/**
 * Marks, within the caller's transaction, what has to start over. Whoever is moving one of them fails from the commit on,
 * and its next owner calls `startOver`. Those that are only fenced fail as well, since what they have read may be gone, and
 * go on from their checkpoints. Names in order, so that two who mark at once cannot lock each other out.
 */
export async function requestRebuild(
  tx: pg.PoolClient,
  { rebuilt, fenced }: RebuildPlan,
  head: Position,
): Promise<void> {
  for (const one of [...rebuilt, ...fenced].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    await tx.query(FENCE, [one.name]);
    if (rebuilt.includes(one)) await tx.query(START_OVER, [one.name, one.version, String(head)]);
  }
}

const FENCE = `UPDATE touchline.projection
   SET epoch = epoch + 1, owner = NULL, lease_until = NULL, updated_at = clock_timestamp() WHERE name = $1`;
const START_OVER = `UPDATE touchline.projection
   SET status = 'rebuilding', version = $2, position = start_position, rebuild_to = $3, emptied = false, error = NULL
   WHERE name = $1`;

/**
 * Empties the tables of a subscription that is to be rebuilt. TRUNCATE would show empty tables to a query whose snapshot
 * is older than it, so first all snapshots from before the request go by; younger ones see that it is rebuilding.
 *
 * @throws BatchFailed also when a long query holds a table: nobody else is to queue behind us for long
 */
export async function startOver(
  pool: pg.Pool,
  checkpoints: Checkpoints,
  subscription: Subscription,
  lease: Lease,
): Promise<Lease> {
  const tables = isReactor(subscription) ? [] : subscription.tables;
  if (tables.length > 0) await oldQueriesGone(pool);
  return inBatch(pool, idleTransactionTimeout(checkpoints.leaseMs), async (tx) => {
    await tx.query("SET LOCAL lock_timeout = '2s'");
    if (tables.length > 0) await tx.query(`TRUNCATE ${tables.join(', ')}`);
    await tx.query('DELETE FROM touchline.parked_event WHERE projection = $1', [subscription.name]);
    return checkpoints.emptied(tx, lease);
  });
}

async function oldQueriesGone(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ now: string }>('SELECT pg_current_xact_id()::text AS now');
  const deadline = Date.now() + OLD_QUERIES_MS;
  for (let pause = 5; Date.now() < deadline; pause = Math.min(200, pause * 2)) {
    const { rowCount } = await pool.query(
      `SELECT FROM pg_stat_activity
       WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
         AND backend_xmin IS NOT NULL AND age(backend_xmin) > age($1::xid8::xid) LIMIT 1`,
      [rows[0]?.now],
    );
    if (rowCount === 0) return;
    await sleep(pause);
  }
}

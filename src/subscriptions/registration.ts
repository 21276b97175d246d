import type pg from 'pg';
import { withTransaction } from '../database/client.js';
import type { Position } from '../domain/events.js';
import { requestRebuild } from './rebuild.js';
import { type Registry, isRebuildable } from './registry.js';
import type { Subscription } from './subscription.js';

/**
 * Makes sure that the given subscriptions have their checkpoints. One whose version was raised in the code is rebuilt,
 * with those after it, while the rows of the old version are read; where it is never rebuilt, it goes on in the new version.
 *
 * @param head of the log
 */
export async function register(
  pool: pg.Pool,
  registry: Registry,
  subscriptions: readonly Subscription[],
  head: Position,
): Promise<void> {
  await withTransaction(pool, async (tx) => {
    for (const one of subscriptions) await insertCheckpoint(tx, one, head);
    const raised = await raisedIn(tx, subscriptions);
    for (const { name, version } of raised.filter((one) => !isRebuildable(one)))
      await tx.query(RAISE, [name, version]);
    await requestRebuild(tx, registry.rebuildPlan(raised.filter(isRebuildable)), head);
  });
}

/** The epoch ends what a process of the old version has in hand. */
const RAISE = `UPDATE touchline.projection
   SET version = $2, epoch = epoch + 1, owner = NULL, lease_until = NULL WHERE name = $1 AND is_live`;

/** One that starts at the beginning of a log with events has nothing to be asked for until it has caught up with them. */
async function insertCheckpoint(
  tx: pg.PoolClient,
  { name, version, startFrom = 'beginning' }: Subscription,
  head: Position,
): Promise<void> {
  const start = startFrom === 'head' ? head : 0n;
  await tx.query(
    `INSERT INTO touchline.projection (name, version, build, position, start_position, status, rebuild_to)
     SELECT $1, $2, coalesce((SELECT build FROM touchline.build_schema WHERE projection = $1 AND is_live), 1),
            $3::bigint, $3, CASE WHEN $4::bigint > $3 THEN 'rebuilding' ELSE 'running' END,
            CASE WHEN $4 > $3 THEN $4 END
     ON CONFLICT DO NOTHING`,
    [name, version, String(start), String(head)],
  );
}

/** Those of a higher version than the database knows, builds to come included; all checkpoints are locked. */
async function raisedIn(tx: pg.PoolClient, subscriptions: readonly Subscription[]): Promise<Subscription[]> {
  const { rows } = await tx.query<{ name: string; version: number }>(
    'SELECT name, version FROM touchline.projection ORDER BY name, build FOR UPDATE',
  );
  const known = new Map(
    rows.sort((a, b) => a.version - b.version).map(({ name, version }) => [name, version]),
  );
  return subscriptions.filter(({ name, version }) => version > (known.get(name) ?? version));
}

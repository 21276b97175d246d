import type pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Checkpoints, Lease } from './checkpoint.js';
import { idleTransactionTimeout } from './lease-timing.js';
import type { Projection } from './subscription.js';
import { inBatch } from './batch-transaction.js';

/** How long to wait for queries that began before the rebuild was asked for. */
const OLD_QUERIES_MS = 10_000;

/**
 * Empties the tables of a projection that is to be rebuilt. TRUNCATE would show empty tables to a query whose snapshot
 * is older than it, so first all snapshots from before the request go by; younger ones see that it is rebuilding.
 *
 * @throws BatchFailed also when a long query holds a table: nobody else is to queue behind us for long
 */
export async function emptyTables(
  pool: pg.Pool,
  checkpoints: Checkpoints,
  projection: Projection,
  lease: Lease,
): Promise<Lease> {
  await oldQueriesGone(pool);
  return inBatch(pool, idleTransactionTimeout(checkpoints.leaseMs), async (tx) => {
    await tx.query("SET LOCAL lock_timeout = '2s'");
    if (projection.tables.length > 0) await tx.query(`TRUNCATE ${projection.tables.join(', ')}`);
    await tx.query('DELETE FROM touchline.parked_event WHERE projection = $1', [projection.name]);
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

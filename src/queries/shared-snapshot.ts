import type pg from 'pg';
import { withTransaction } from '../database/client.js';

/**
 * Whether a connection can be had at once, and one more for whoever comes next: a query that holds one must not wait for a second one,
 * since all others may do the same.
 */
export const hasFreeConnection = (pool: pg.Pool): boolean =>
  pool.waitingCount === 0 && pool.options.max - pool.totalCount + pool.idleCount > 1;

/** Runs `work` in a transaction of its own that sees what `tx` sees, with as much memory. @param begin as that of `tx` */
export async function onSnapshotOf<T>(
  tx: pg.PoolClient,
  pool: pg.Pool,
  begin: string,
  work: (tx: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const { rows } = await tx.query<{ snapshot: string; memory: string }>(
    `SELECT pg_export_snapshot() AS snapshot, current_setting('work_mem') AS memory`,
  );
  const [{ snapshot, memory } = { snapshot: '', memory: '' }] = rows;
  const same = `SET LOCAL work_mem = '${memory}'; SET TRANSACTION SNAPSHOT '${snapshot}'`;
  return withTransaction(pool, work, `${begin}; ${same}`);
}

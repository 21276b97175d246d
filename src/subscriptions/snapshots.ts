import type pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A transaction that keeps one snapshot (REPEATABLE READ) and names a table for the first time after builds were exchanged
 * finds the new one, yet sees it as of its snapshot. So builds are exchanged when all snapshots are younger than their level.
 */
export async function awaitOldSnapshots(pool: pg.Pool, deadline: number): Promise<boolean> {
  const { rows } = await pool.query<{ now: string }>('SELECT pg_current_xact_id()::text AS now');
  for (let pause = 5; performance.now() < deadline; pause = Math.min(200, pause * 2)) {
    const { rowCount } = await pool.query(`${SNAPSHOTS} AND age(backend_xmin) > age($1::xid8::xid) LIMIT 1`, [
      rows[0]?.now,
    ]);
    if (rowCount === 0) return true;
    await sleep(pause);
  }
  return false;
}

/** Whether somebody has kept a snapshot for so long that waiting for its end is likely to take longer still. */
export async function hasLongSnapshots(pool: pg.Pool, ms: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    `${SNAPSHOTS} AND xact_start < clock_timestamp() - $1::int * interval '1 ms' LIMIT 1`,
    [ms],
  );
  return rowCount !== 0;
}

const SNAPSHOTS = `
  SELECT FROM pg_stat_activity
  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND backend_xmin IS NOT NULL`;

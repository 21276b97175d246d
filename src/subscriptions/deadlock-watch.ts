import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** Several times in `deadlock_timeout`, which is 1 s. */
const INTERVAL_MS = 200;

/**
 * Does work in a transaction that waits for locks of readers, and cancels its statement when one of them comes to wait for a lock
 * of this transaction in turn. Left to PostgreSQL, such a deadlock could end the transaction of the reader.
 */
export async function yieldingToReaders(
  pool: pg.Pool,
  tx: pg.PoolClient,
  work: () => Promise<unknown>,
): Promise<void> {
  const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const over = new AbortController();
  const watching = watch(pool, rows[0]?.pid, over.signal).catch(() => undefined);
  try {
    await work();
  } finally {
    over.abort();
    await watching;
  }
}

async function watch(pool: pg.Pool, pid: number | undefined, signal: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(INTERVAL_MS, undefined, { signal });
    await pool.query(CANCEL, [pid]);
  }
}

const CANCEL = `
  SELECT pg_cancel_backend($1::int) FROM unnest(pg_blocking_pids($1)) AS blocker
  WHERE $1 = ANY (pg_blocking_pids(blocker)) LIMIT 1`;

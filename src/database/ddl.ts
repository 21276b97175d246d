import pg from 'pg';
import { Backoff } from '../backoff.js';
import { withTransaction } from './client.js';

/**
 * A statement that waits for an exclusive lock holds up all who come after it. So an attempt waits less than
 * `deadlock_timeout` (1 s): it gives up before PostgreSQL would detect a deadlock and abort another transaction.
 */
const LOCK_MS = 500;
const BACKOFF_MS = { first: 50, longest: 1_000 };
const TIMEOUT_MS = 120_000;

/** deadlock_detected, serialization_failure, lock_not_available. */
const CONFLICT = /^(40P01|40001|55P03)$/;
/** Two changes of one row of a catalogue at once; the error (elog, XX000) has no code of its own. */
const CONCURRENT_CHANGE = /^tuple concurrently (updated|deleted)$/;
const UNIQUE_VIOLATION = '23505';

/**
 * Changes schema, policies or privileges beside running processes: in a transaction that gives way to whoever holds a lock,
 * and is tried again until it comes through.
 *
 * @returns the rows of the statement
 * @throws what the statement throws otherwise, and its conflict when that lasts for two minutes
 */
export async function runDdl<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const deadline = performance.now() + TIMEOUT_MS;
  for (const backoff = new Backoff(BACKOFF_MS); ;) {
    try {
      const { rows } = await withTransaction(
        pool,
        (tx) => tx.query<Row>(text, [...values]),
        `BEGIN; SET LOCAL lock_timeout = ${LOCK_MS}`,
      );
      return rows;
    } catch (error) {
      if (!isConflict(error) || performance.now() > deadline) throw error;
    }
    await backoff.wait();
  }
}

/** Somebody else has the lock, or changed the same thing: the same statements will do later. */
export const isConflict = (error: unknown): boolean =>
  error instanceof pg.DatabaseError &&
  (CONFLICT.test(error.code ?? '') ||
    CONCURRENT_CHANGE.test(error.message) ||
    // Two sessions add the first row of the same object, as the first setting of a role.
    (error.code === UNIQUE_VIOLATION && error.schema === 'pg_catalog'));

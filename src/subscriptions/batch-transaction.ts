import type pg from 'pg';
import { DatabaseUnavailable, withTransaction } from '../database/client.js';
import { isOutage } from '../database/outage.js';

/** What an error says about the chance that the same work succeeds later. */
export type Fault =
  /** The database is away, busy or ended the session: the same batch will do. */
  | 'outage'
  /** The schema is not the one the code expects: no event is to blame, and trying on is all there is. */
  | 'schema'
  /** Something in the batch. */
  | 'data';

/** Somebody else owns the subscription now, or it is being rebuilt: what was being written is rolled back. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
  constructor(subscription: string) {
    super(`the lease on ${subscription} is lost`);
  }
}

/** Something else than the database is away that a subscription needs; the same batch will do later. */
export class Outage extends Error {
  override readonly name = 'Outage';
}

export class BatchFailed extends Error {
  override readonly name = 'BatchFailed';
  constructor(
    readonly fault: Fault,
    override readonly cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/**
 * Runs one batch's work in a transaction. It commits without waiting for the disk: what a crash takes away of it, rows
 * and checkpoint alike, is made again from the log. A process that freezes in the middle is cut off after `idleMs`, so
 * that its locks do not outlive its lease.
 *
 * @param searchPath where tables are found that are named without a schema; by default in schema touchline
 * @throws Fenced, BatchFailed with everything rolled back
 */
export async function inBatch<T>(
  pool: pg.Pool,
  idleMs: number,
  work: (tx: pg.PoolClient) => Promise<T>,
  searchPath?: string,
): Promise<T> {
  const settings = {
    synchronous_commit: 'off',
    idle_in_transaction_session_timeout: idleMs,
    ...(searchPath !== undefined && { search_path: searchPath }),
  };
  const set = Object.entries(settings).map(([name, value]) => `; SET LOCAL ${name} = ${value}`);
  const begin = `BEGIN${set.join('')}`;
  try {
    return await withTransaction(pool, work, begin);
  } catch (error) {
    const cause = error instanceof DatabaseUnavailable ? error.cause : error;
    if (cause instanceof Fenced) throw cause;
    throw new BatchFailed(faultOf(error), cause);
  }
}

/** Missing table or column, no privilege (42), feature not there (0A), statement unknown (26). */
const SCHEMA = /^(42|0A|26)/;

/** By the first cause with a code: an event whose rows the database had no room for is not to blame. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Outage || isOutage(error)) return 'outage';
  if (!(error instanceof Error)) return 'data';
  if (!('code' in error) && error.cause instanceof Error) return faultOf(error.cause);
  const code = 'code' in error ? String(error.code) : '';
  return SCHEMA.test(code) ? 'schema' : 'data';
}

import type pg from 'pg';
import type { Position, RecordedEvent } from '../src/domain/events.js';
import { searchPath } from '../src/subscriptions/build-schema.js';
import type { Projection, Range } from '../src/subscriptions/subscription.js';

const FIRST_BUILDS = ['journey', 'opportunities', 'attribution', 'catalogue', 'lifecycle'].map((name) => ({
  name,
  build: '1',
}));
/** Has a session work in the builds that a new database has, as a subscriber does in its transaction. */
export const SET_BUILD_SEARCH_PATH = `SET search_path = ${searchPath(...FIRST_BUILDS)}`;

/**
 * Applies events that are in position order, cut into batches of one size.
 *
 * @param owner what the projection keeps from batch to batch is kept under it; null: nothing is kept
 */
export async function project(
  pool: pg.Pool,
  projection: Projection,
  events: readonly RecordedEvent[],
  batchSize: number,
  owner: object | null = {},
): Promise<void> {
  await inTransaction(pool, async (tx) => {
    let after: Position = 0n;
    for (let from = 0; from < events.length; from += batchSize) {
      const batch = events.slice(from, from + batchSize);
      const upTo = batch.at(-1)?.position ?? after;
      const handled = batch.filter(({ type }) => projection.handles.includes(type));
      await projection.apply(handled, tx, { after, upTo, log: readableLog(events), ...(owner && { owner }) });
      after = upTo;
    }
  });
}

/** Events as a projection reads them again. */
export const readableLog = (events: readonly RecordedEvent[]): NonNullable<Range['log']> => ({
  readPage: (after, limit, types) => {
    const page = events
      .filter(({ position, type }) => position > after && types.includes(type))
      .slice(0, limit);
    const upTo = page.at(-1)?.position ?? after;
    return Promise.resolve({ events: page, upTo, full: page.length === limit });
  },
});

export async function inTransaction<T>(pool: pg.Pool, work: (tx: pg.PoolClient) => Promise<T>): Promise<T> {
  const tx = await pool.connect();
  try {
    await tx.query(`BEGIN; ${SET_BUILD_SEARCH_PATH.replace('SET', 'SET LOCAL')}`);
    const result = await work(tx);
    await tx.query('COMMIT');
    return result;
  } catch (error) {
    await tx.query('ROLLBACK');
    throw error;
  } finally {
    tx.release();
  }
}

/** Empties the projection's tables, as a rebuild does. */
export async function deleteRows(pool: pg.Pool, projection: Projection): Promise<void> {
  await pool.query(projection.tables.map((table) => `DELETE FROM ${table}`).join(';'));
}

/** All rows of a table as JSON texts in a stable order, without some columns, under a condition. */
export async function rowsOf(
  pool: pg.Pool | pg.PoolClient,
  table: string,
  { without = [], where = 'true' }: { readonly without?: readonly string[]; readonly where?: string } = {},
): Promise<string[]> {
  const { rows } = await pool.query<{ row: string }>(
    `SELECT (to_jsonb(t) - $1::text[])::text AS row FROM ${table} t WHERE ${where} ORDER BY 1`,
    [without],
  );
  return rows.map(({ row }) => row);
}

import type pg from 'pg';
import { raw, sql, type Sql } from './sql.js';

/** Values of a row as PostgreSQL prints them. */
export type TextRow = readonly (string | null)[];

interface CursorOptions {
  /** Unique among the open cursors of the transaction. */
  readonly name: string;
  /** Rows that are fetched at once. */
  readonly size: number;
}

/** Parsers would make objects of what is only written again. */
const AS_TEXT: pg.CustomTypesConfig = { getTypeParser: () => (value: string) => value };

/** The rows of a query by a cursor of the transaction: the next are fetched when the last were taken. */
export async function* cursorPages(
  tx: pg.PoolClient,
  query: Sql,
  { name, size }: CursorOptions,
): AsyncGenerator<TextRow[], void> {
  await tx.query(sql`DECLARE ${raw(name)} NO SCROLL CURSOR FOR ${query}`);
  const fetch = { text: `FETCH ${size} FROM ${name}`, rowMode: 'array', types: AS_TEXT } as const;
  let rows: (string | null)[][];
  do {
    ({ rows } = await tx.query<(string | null)[]>(fetch));
    if (rows.length > 0) yield rows;
  } while (rows.length === size);
  await tx.query(`CLOSE ${name}`);
}

/** Reads the first value at once, so that its error is that of the caller. */
export async function started<V>(values: AsyncGenerator<V, void>): Promise<AsyncGenerator<V, void>> {
  const first = await values.next();
  return (async function* () {
    if (first.done) return;
    try {
      yield first.value;
      yield* values;
    } finally {
      await values.return();
    }
  })();
}

import type { PoolClient } from 'pg';
import type { Readable } from './table.js';

/** What rows are looked up by, beside their workspace. */
export interface LookupKey {
  readonly workspace: string;
  readonly value: string;
}

/**
 * Rows of a whole batch in one statement. Each key is looked up by index, however little the planner knows of the table
 * (LATERAL, OFFSET 0): statistics of a table that fills come late.
 *
 * @param column what the keys are values of, with its array type
 * @param keys each once
 * @param condition on `t`, the row
 */
export async function lookUp<R>(
  tx: PoolClient,
  table: Readable<R>,
  [name, type]: readonly [name: string, type: 'text[]' | 'uuid[]'],
  keys: readonly LookupKey[],
  condition = 'true',
): Promise<R[]> {
  const { rows } = await tx.query<Record<string, unknown>>(
    `SELECT ${table.selectFrom('t')} FROM unnest($1::text[], $2::${type}) AS asked (workspace, value)
       CROSS JOIN LATERAL (
         SELECT * FROM ${table.name} t
          WHERE t.workspace = asked.workspace AND t.${name} = asked.value AND ${condition} OFFSET 0
       ) t`,
    [keys.map(({ workspace }) => workspace), keys.map(({ value }) => value)],
  );
  return rows.map((row) => table.decode(row));
}

import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { join, raw, type Sql } from 'sql-template-tag';

export { default as sql, empty, join, raw, Sql } from 'sql-template-tag';

/** The conditions that are defined, all of which must hold. */
export const allOf = (conditions: readonly (Sql | undefined)[]): Sql =>
  join([raw('true'), ...conditions.filter((condition) => condition !== undefined)], ' AND ');

export const rows = async <R extends QueryResultRow>(tx: Pool | PoolClient, query: Sql): Promise<R[]> =>
  (await tx.query<R>(query)).rows;

export const firstRow = async <R extends QueryResultRow>(
  tx: Pool | PoolClient,
  query: Sql,
): Promise<R | undefined> => (await rows<R>(tx, query))[0];

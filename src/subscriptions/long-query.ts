import type pg from 'pg';

/** Whole tables are read or written, whatever their size; the driver's limit for other statements does not hold. */
const PATIENCE_MS = 12 * 3_600_000;

export const longQuery = (text: string, values: unknown[] = []): pg.QueryConfig =>
  ({ text, values, query_timeout: PATIENCE_MS }) as pg.QueryConfig;

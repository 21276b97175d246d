import type pg from 'pg';
import { firstRow, sql } from './sql.js';

/**
 * The first instant that is of the day or, where the zone has left the day out, of a later one. Zones change their clocks at whole
 * minutes, by a day at most.
 */
export async function beginningOfDay(
  database: pg.PoolClient | pg.Pool,
  day: string,
  timeZone: string,
): Promise<Date> {
  const query = sql`
    SELECT min(at) AS at
    FROM (SELECT ${day}::timestamp AT TIME ZONE ${timeZone} AS near) midnight,
         generate_series(near - interval '1 day', near + interval '1 day', interval '1 minute') at
    WHERE (at AT TIME ZONE ${timeZone})::date >= ${day}::date`;
  const row = await firstRow<{ at: Date }>(database, query);
  if (!row) throw new Error(`the day ${day} does not begin in ${timeZone}`);
  return row.at;
}

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { createLogPool } from './database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const roundTrip = async (instant: Date | string): Promise<unknown> => {
  const { rows } = await db.pool.query<{ at: unknown }>('SELECT $1::timestamptz AS at', [instant]);
  return rows[0]?.at;
};

test('timestamps are read as they were written, to the millisecond', async () => {
  const instants = fc.date({
    min: new Date('0101-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  });
  await fc.assert(
    fc.asyncProperty(instants, async (instant) => {
      expect(await roundTrip(instant.toISOString())).toEqual(instant);
    }),
    { numRuns: 200 },
  );
});

test('unusual timestamps are read by the parser of the driver', async () => {
  expect(await roundTrip('infinity')).toBe(Infinity);
  expect(await roundTrip('0044-03-15 12:00:00+00 BC')).toEqual(new Date('-000043-03-15T12:00:00Z'));
  expect(await roundTrip('2026-03-01T09:30:00.123999Z')).toEqual(new Date('2026-03-01T09:30:00.123Z'));
});

test('the pool of the log never uses sequential scans', async () => {
  const pool = createLogPool(db.url);
  await pool.query('VACUUM ANALYZE touchline.event');
  const { rows } = await pool.query<{ 'QUERY PLAN': string }>(
    'EXPLAIN (GENERIC_PLAN) SELECT data FROM touchline.event WHERE position > $1 AND position <= $1::bigint + $2',
  );
  await pool.end();
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index Scan(?![\s\S]*Seq Scan)/);
});

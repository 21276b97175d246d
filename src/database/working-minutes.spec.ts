import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { instants, workSchedules } from '../../test/work-schedules.js';
import { workingTime } from '../domain/business-hours.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase({ max: 1 });
});
afterAll(() => db.drop());

const MINUTES = `
  SELECT touchline.working_minutes(c.schedule, c.since, c.until)::float8 AS minutes
    FROM jsonb_to_recordset($1) AS c (nth integer, schedule jsonb, since timestamptz, until timestamptz) ORDER BY c.nth`;

/** Since 2011 no clock is changed within a quarter of an hour. */
const recent = instants.filter((at) => at > Date.parse('2011-12-01'));

/** The time zones of PostgreSQL and Node have their own releases, which differ about Morocco in 2026. */
const agreed = workSchedules.filter((each) => !JSON.stringify(each).includes('Africa/Casablanca'));

test('working minutes of the database are those by which deadlines are computed, whatever the clock does', async () => {
  const cases = fc.array(fc.tuple(agreed, recent, fc.integer({ min: -60, max: 6 * 24 * 60 })), {
    ...{ minLength: 100, maxLength: 100, size: 'max' },
  });
  const property = fc.asyncProperty(cases, async (all) => {
    const given = all.map(([schedule, since, minutes], nth) => {
      const until = since + minutes * 60_000;
      return { nth, schedule, since: new Date(since), until: new Date(until) };
    });
    await db.pool.query(`SET TIME ZONE 'America/New_York'`);
    const { rows } = await db.pool.query<{ minutes: number }>(MINUTES, [JSON.stringify(given)]);
    const wanted = given.map(
      ({ schedule, since, until }) => workingTime(schedule).between(+since, +until) / 60_000,
    );
    expect(rows.map(({ minutes }) => minutes)).toEqual(wanted);
  });
  await fc.assert(property, { numRuns: 4, endOnFailure: true });
}, 60_000);

test('working minutes are unknown without a schedule', async () => {
  const { rows } = await db.pool.query('SELECT touchline.working_minutes(NULL, now(), now()) AS minutes');
  expect(rows).toEqual([{ minutes: null }]);
});

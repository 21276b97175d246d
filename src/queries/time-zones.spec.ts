import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { dayOf } from '../domain/attribution/money.js';
import { checkModel } from '../domain/check-model.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const least = { name: 'Least', currency: 'USD', personas: [], stages: [], scoring: { halfLifeDays: 1, rules: [] } }; // prettier-ignore
const isAllowed = (timeZone: string): boolean => 'model' in checkModel({ ...least, timeZone });

/** Hours of two days in winter and in summer. */
const INSTANTS = ['2026-01-14', '2026-07-14'].flatMap((day) =>
  Array.from({ length: 24 }, (_, hour) => new Date(+new Date(`${day}T00:30:00Z`) + hour * 3_600_000)),
);

test('a time zone that a model may name has the same days in reports, in caps and in SQL', async () => {
  const { rows: theirs } = await db.pool.query<{ name: string }>(
    'SELECT name FROM pg_timezone_names UNION SELECT abbrev FROM pg_timezone_abbrevs',
  );
  const names = [...Intl.supportedValuesOf('timeZone'), ...theirs.map(({ name }) => name), '+01:00', '-0530'];
  const zones = [...new Set(names)].filter(isAllowed);
  expect(zones).toEqual(expect.arrayContaining(['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Pacific/Apia']));

  const { rows } = await db.pool.query<{ zone: string; at: Date; day: string }>(
    `SELECT zone, at, (at AT TIME ZONE zone)::date::text AS day
       FROM unnest($1::text[]) AS z (zone), unnest($2::timestamptz[]) AS i (at)`,
    [zones, INSTANTS],
  );
  expect(rows).toHaveLength(zones.length * INSTANTS.length);
  expect(rows.filter(({ zone, at, day }) => dayOf(at, zone) !== day)).toEqual([]);
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { logOf, pageView, type Entry } from '../../test/sample-events.js';
import { deleteRows, project } from '../../test/project.js';
import type { Touchpoint } from '../domain/touchpoint.js';
import { journey } from './journey.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());
beforeEach(() => deleteRows(db.pool, journey));

const ADA = 'email:ada@acme.example' as const;
const at = (minute: number, more: Partial<Touchpoint> = {}): Entry =>
  pageView(`${minute}`, minute / 1440, [ADA], { channel: 'direct', ...more });
const each = (length: number, more: Partial<Touchpoint> = {}): Entry[] =>
  Array.from({ length }, (_, minute) => at(minute, more));

const SEARCH = { channel: 'organic_search', source: 'google', medium: 'organic' } as const;
const REFERRAL = { channel: 'referral', source: 'partner.example', medium: 'referral' } as const;
const AD = { kind: 'ad_click', channel: 'paid_search', source: 'google', medium: 'cpc' } as const;

/** Versions of rows, superseded ones included, that a log leaves behind. */
async function rowsLeftBy(entries: readonly Entry[], batchSize: number): Promise<number> {
  await project(db.pool, journey, logOf(entries), batchSize);
  const { rows } = await db.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM touchline.journey',
  );
  return rows[0]?.count ?? 0;
}

const LENGTH = 300;
/** So many of the rows of the orderly session may a late touchpoint write again. */
const FEW = 2;

describe('a late touchpoint writes again only rows of its neighbours', () => {
  test.each<[string, Entry[], Entry]>([
    ['a page view before a session', each(LENGTH), at(-5)],
    ['an ad click before a session', each(LENGTH), at(-5, AD)],
    ['an ad click before a session of untagged referrals', each(LENGTH, REFERRAL), at(-5, AD)],
    ['an ad click in the middle of a session', each(LENGTH, {}).toSpliced(150, 1), at(150, AD)],
    [
      'a crawler in the middle of a session',
      each(LENGTH, {}).toSpliced(150, 1),
      at(150, { verdict: 'crawler' }),
    ],
    [
      'a page view that bridges two sessions',
      [...each(LENGTH, SEARCH), ...each(LENGTH).map((_, nth) => at(LENGTH + 50 + nth))],
      at(LENGTH + 25),
    ],
  ])('%s', async (_name, orderly, late) => {
    expect(await rowsLeftBy([...orderly, late], 100)).toBeLessThanOrEqual(orderly.length + 1 + FEW);
  });
});

describe('a journey that arrives backwards leaves twice its rows', () => {
  test.each<[string, Partial<Touchpoint>]>([
    ['of page views', {}],
    ['of tagged page views', SEARCH],
    ['of untagged referrals', REFERRAL],
  ])('%s', async (_name, about) => {
    expect(await rowsLeftBy(each(LENGTH, about).toReversed(), 100)).toBeLessThanOrEqual(2 * LENGTH);
  });
});

test(
  'a touchpoint has at most three versions of its row, in whatever order a journey arrives',
  () =>
    fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          fc.record({
            minute: fc.integer({ min: 0, max: 200 }),
            about: fc.constantFrom<Partial<Touchpoint>>(
              {},
              SEARCH,
              REFERRAL,
              AD,
              { verdict: 'crawler' },
              { kind: 'email_sent' },
            ),
          }),
          { selector: ({ minute }) => minute, minLength: 1, maxLength: 60 },
        ),
        fc.integer({ min: 1, max: 60 }),
        async (touchpoints, batchSize) => {
          await deleteRows(db.pool, journey);
          const entries = touchpoints.map(({ minute, about }) => at(minute, about));
          expect(await rowsLeftBy(entries, batchSize)).toBeLessThanOrEqual(3 * entries.length);
        },
      ),
      { numRuns: Number(process.env['LAW_RUNS'] ?? 20) },
    ),
  120_000,
);

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { Freshness } from '../subscriptions/api/freshness.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import { arrive } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { EXAMPLE } from '../../test/example-workspace.js';
import { queryApi, type QueryApi } from '../../test/query-api.js';
import type { AttributionAnswer } from './attribution.js';
import type { LeadsAnswer } from './leads.js';

const HOUR_MS = 3_600_000;
/** In Berlin, the time zone of the example, October 25 has 25 hours. */
const BEGAN = Date.parse('2026-10-24T12:00:00Z');
let clock = BEGAN;
const store = new MemoryEventStore(() => new Date((clock += 2 * HOUR_MS)));
let [db, runner, api]: [TestDatabase?, SubscriptionRunner?, QueryApi?] = [];

beforeAll(async () => {
  db = await testDatabase();
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions: projections });
  await runner.catchUp();
  // Two events of the same time at each tick.
  for (let next = 0; next < EXAMPLE.length; next += 2)
    await arrive(store, 'main', EXAMPLE.slice(next, next + 2));
  await runner.catchUp();
  api = await queryApi({ pool: db.pool, store, freshness: new Freshness(db.pool, runner.moved) });
});
afterAll(async () => {
  await api?.close();
  await runner?.stop();
  await db?.drop();
});

const ask = async <T>(path: string) => {
  if (!api) throw new Error('the API has not started');
  return api.get<T>(path);
};
const report = (asOf: string | bigint) =>
  ask<AttributionAnswer>(`/api/attribution?by=content&asOf=${encodeURIComponent(String(asOf))}`);

/** The last position recorded before an instant, read one by one. */
async function lastBefore(instant: number): Promise<bigint> {
  const events = await store.readAll(0n, 10_000);
  return events.filter(({ recordedAt }) => +recordedAt < instant).at(-1)?.position ?? 0n;
}

describe('asOf a date', () => {
  test('answers as of the last event recorded by an instant, to the byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -60, max: 60 * 60 }), async (minutes) => {
        const instant = BEGAN + minutes * 60_000;
        const answer = await report(new Date(instant).toISOString());
        const position = await lastBefore(instant + 1);
        expect(answer.body.asOf).toBe(String(position));
        expect(answer.text).toBe((await report(position)).text);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['2026-10-23', '2026-10-23T22:00:00Z'],
    ['2026-10-24', '2026-10-24T22:00:00Z'],
    ['2026-10-25', '2026-10-25T23:00:00Z'],
    ['2026-10-26', '2026-10-26T23:00:00Z'],
  ])('%s is all of the day in the time zone of the model', async (day, end) => {
    expect((await report(day)).body.asOf).toBe(String(await lastBefore(Date.parse(end))));
  });

  test('and the offset of a timestamp counts', async () => {
    const there = await report('2026-10-25T02:30:00+02:00');
    expect(there.body.asOf).toBe((await report('2026-10-25T00:30:00Z')).body.asOf);
  });

  test('holds for all pages of a list, and another date does not', async () => {
    const page = (rest: string) => ask<LeadsAnswer>(`/api/leads?limit=1&${rest}`);
    const first = await page('asOf=2026-10-25');
    const next = encodeURIComponent(first.body.next ?? '');
    const second = await page(`asOf=2026-10-25&cursor=${next}`);
    expect([second.status, second.body.asOf]).toEqual([200, first.body.asOf]);
    const other = await page(`asOf=2026-10-26&cursor=${next}`);
    expect([other.status, other.body]).toMatchObject([400, { code: 'cursor-invalid' }]);
  });

  test('is refused while events of it may still come', async () => {
    // In Berlin, where the day ends before that of UTC.
    const today = new Date().toLocaleDateString('sv-SE', { timeZone: 'Europe/Berlin' });
    for (const date of [new Date().toISOString(), today, '9999-12-31'])
      expect((await report(date)).body).toMatchObject({ status: 400, code: 'as-of-in-the-future' });
  });
});

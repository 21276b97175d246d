import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { project, rowsOf } from '../../test/project.js';
import { entry, logOf, type Entry } from '../../test/sample-events.js';
import { catalogue } from './catalogue.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const ids = fc.constantFrom('a', 'b');
const time = fc.nat(4);
type Made = (nth: number) => Entry;

const investment = fc.record({ at: time, investmentId: ids, amountMinor: fc.nat(3) }).map(
  ({ at, investmentId, amountMinor }): Made =>
    (nth) =>
      entry(`investment ${nth}`, `investment-${investmentId}`, 'InvestmentRecorded', at, {
        ...{ investmentId, amountMinor, currency: 'EUR', from: '2026-03-01', to: '2026-04-01' },
        for: { dimension: 'source', value: 'fair' },
      }),
);
const content = fc.record({ at: time, contentId: ids, title: ids }).map(
  ({ at, contentId, title }): Made =>
    (nth) =>
      entry(`content ${nth}`, `content-${contentId}`, 'ContentCatalogued', at, {
        ...{ contentId, title, serves: [{ persona: 'economic', stage: 'decide' }] },
        publisher: { name: 'Analysts Ltd', kind: 'analyst' },
      }),
);
const campaign = fc.record({ at: time, campaignId: ids, name: ids }).map(
  ({ at, campaignId, name }): Made =>
    (nth) =>
      entry(`campaign ${nth}`, `campaign-${campaignId}`, 'CampaignDefined', at, { campaignId, name }),
);
const histories = fc
  .array(fc.oneof(investment, content, campaign), { minLength: 2, maxLength: 12 })
  .map((all) => all.map((make, nth) => make(nth)))
  .chain((entries) =>
    fc.record({
      entries: fc.constant(entries),
      shuffled: fc.shuffledSubarray(entries, { minLength: entries.length }),
    }),
  );
const runs = { numRuns: Number(process.env['LAW_RUNS'] ?? 15), endOnFailure: true };

async function projected(
  entries: readonly Entry[],
  size: number,
  options: Parameters<typeof rowsOf>[2],
): Promise<unknown> {
  await db.pool.query(catalogue.tables.map((table) => `DELETE FROM touchline.${table}`).join('; '));
  await project(db.pool, catalogue, logOf(entries), size);
  return Promise.all(catalogue.tables.map((table) => rowsOf(db.pool, `touchline.${table}`, options)));
}

test('current contents, campaigns and investments do not depend on the order in which events arrived', async () => {
  const current = { where: 'superseded_at IS NULL', without: ['known_from', 'superseded_at'] };
  await fc.assert(
    fc.asyncProperty(histories, async ({ entries, shuffled }) => {
      expect(await projected(shuffled, 1, current)).toEqual(await projected(entries, 1, current));
    }),
    runs,
  );
}, 600_000);

test('versions of contents, campaigns and investments do not depend on the batches', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.integer({ min: 2, max: 12 }), async ({ entries }, size) => {
      expect(await projected(entries, size, {})).toEqual(await projected(entries, 1, {}));
    }),
    runs,
  );
}, 600_000);

test('a corrected investment keeps the version that was known before', async () => {
  const recorded = (nth: number, amountMinor: number): Entry =>
    entry(`recorded ${nth}`, 'investment-a', 'InvestmentRecorded', nth, {
      ...{ investmentId: 'a', amountMinor, currency: 'EUR', from: '2026-03-01', to: '2026-04-01' },
      for: { dimension: 'channel', value: 'event' },
    });
  await projected([recorded(1, 100), recorded(2, 250)], 5, {});
  const { rows } = await db.pool.query(
    'SELECT amount_minor, known_from, superseded_at FROM touchline.investment ORDER BY known_from',
  );
  expect(rows).toEqual([
    { amount_minor: '100', known_from: '1', superseded_at: '2' },
    { amount_minor: '250', known_from: '2', superseded_at: null },
  ]);
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { TEST_MODEL } from '../../test/journeys.js';
import { rowsOf } from '../../test/project.js';
import { currentRows, type Rows } from '../../test/read-model-rows.js';
import { deleteReadModels, entry, pageView } from '../../test/sample-events.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { every, projectInBatches } from '../../test/tangled-histories.js';
import { ReportOpportunities } from '../commands/report-opportunities.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { hubspot } from '../intake/formats/hubspot.js';
import { Pipeline } from '../intake/pipeline.js';
import type { RejectedInput } from '../intake/rejected.js';

/** Law 5 from the message to the report: what HubSpot sends gives the same rows in any order, in any batches, and twice. */

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const fixture = (name: string): object[] =>
  (JSON.parse(readFileSync(`test/formats/hubspot/${name}.in.json`, 'utf8')) as { body: object[] }).body;

const MESSAGES = ['contacts', 'companies', 'deals', 'associations']
  .flatMap(fixture)
  .filter((item) => 'subscriptionType' in item && item.subscriptionType !== 'deal.merge');
const ORIGIN = {
  ...{ workspace: 'main', collector: 'crm', call: 'hubspot', receivedAt: new Date('2026-03-01') },
  config: {
    ...{ id: 'c-1', workspace: 'main', name: 'crm', format: 'hubspot', mapping: [], secrets: [] },
    settings: { currency: 'EUR' },
  },
};

const MODEL = entry('model', 'model', 'JourneyModelPublished', 0, { document: TEST_MODEL });
const VISIT = pageView('visit', -20, ['email:ada@acme.example']);

async function rowsAfter(order: readonly number[], size: number): Promise<Rows> {
  const store = new MemoryEventStore();
  await store.append([{ workspace: 'main', stream: 'model', expected: 'noStream', events: [MODEL.event] }]);
  await store.record([{ workspace: 'main', ...VISIT }]);
  const rejected: RejectedInput[] = [];
  const keep = (inputs: readonly RejectedInput[]) => Promise.resolve(void rejected.push(...inputs));
  const pipeline = new Pipeline(store, { keep }, { opportunities: new ReportOpportunities(store) });
  for (let from = 0; from < order.length; from += size)
    await pipeline.ingest(hubspot, ORIGIN, {
      items: order
        .slice(from, from + size)
        .map((nth, attemptNumber) => ({ ...MESSAGES[nth], attemptNumber })),
    });
  expect(rejected.map(({ reason }) => reason.code)).toEqual([]);
  const { receivedAt: recordedAt } = ORIGIN;
  const log = (await store.readAll(0n, 10_000)).map((event) => ({ ...event, recordedAt }));
  await deleteReadModels(db.pool);
  await projectInBatches(db.pool, log, every(size, log.length));
  const stages = await rowsOf(db.pool, 'touchline.opportunity_stage', {
    where: 'superseded_at IS NULL',
    without: ['known_from', 'superseded_at'],
  });
  return { ...(await currentRows(db.pool)), stages };
}

const all = [...MESSAGES.keys()];

test('read models do not depend on the order, the batches and the repetition of CRM messages', async () => {
  const expected = await rowsAfter(all, 1);
  expect(expected['opportunity']).toHaveLength(1);
  const orders = fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 });
  await fc.assert(
    fc.asyncProperty(orders, fc.integer({ min: 1, max: 30 }), async (order, size) => {
      expect(await rowsAfter(order, size)).toEqual(expected);
    }),
    { numRuns: Number(process.env['LAW_RUNS'] ?? 20), endOnFailure: true },
  );
}, 600_000);

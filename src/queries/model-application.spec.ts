import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { touch } from '../../test/events.js';
import { OTHER_MODEL, TEST_MODEL } from '../../test/journey-models.js';
import { queryApi, type QueryApi } from '../../test/query-api.js';
import { eventId } from '../domain/event-id.js';
import type { NewEvent } from '../domain/events.js';
import { identityKey, leadIdOf } from '../domain/identity/keys.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { projections } from '../projections/all.js';
import { Freshness } from '../subscriptions/api/freshness.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import type { LeadAnswer } from './lead.js';
import type { LeadsAnswer } from './leads.js';
import type { ModelApplicationAnswer } from './model-application.js';

const VISITORS = Array.from({ length: 20 }, (_, nth) => `visitor-${nth}`);
const IDS = VISITORS.map((name) => leadIdOf('main', identityKey('anonymous', name))).sort();
const MIDDLE = IDS[9] ?? '';

let db: TestDatabase;
let store: PostgresEventStore;
let api: QueryApi;
let runner: SubscriptionRunner;
beforeAll(async () => {
  db = await testDatabase();
  store = new PostgresEventStore(db.pool);
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions: projections });
  api = await queryApi({ pool: db.pool, store, freshness: new Freshness(db.pool, runner.moved) });
  await append('model', 1, { type: 'JourneyModelPublished', data: { document: TEST_MODEL } });
  await store.record(VISITORS.flatMap((name) => visitsOf(name)));
  await append('model', 2, { type: 'JourneyModelPublished', data: { document: OTHER_MODEL, atOnce: 0 } });
  await append('applied', 1, { type: 'JourneyModelApplied', data: { modelVersion: 2, upTo: MIDDLE } });
  await runner.catchUp();
});
afterAll(async () => {
  await api?.close();
  await store?.close();
  await db?.drop();
});

async function append(
  stream: string,
  version: number,
  event: Pick<NewEvent<'JourneyModelPublished' | 'JourneyModelApplied'>, 'type' | 'data'>,
): Promise<void> {
  const envelope = { id: eventId('main', stream, String(version)), schemaVersion: 1, occurredAt: new Date() };
  const expected = version === 1 ? ('noStream' as const) : { exact: version - 1 };
  await store.append([
    { workspace: 'main', stream, expected, events: [{ ...envelope, ...event } as NewEvent] },
  ]);
}

const visitsOf = (name: string) =>
  [0, 9].map((day) => ({
    workspace: 'main',
    stream: `touchpoints-${name}`,
    event: touch(`${name}-${day}`, {
      occurredAt: new Date(Date.now() - (20 - day) * 86_400_000),
      data: {
        kind: 'demo_request' as const,
        channel: 'direct' as const,
        identity: [identityKey('anonymous', name)],
        verdict: 'human' as const,
      },
    }),
  }));

test('each lead names the version of the model that it is computed with', async () => {
  const { body } = await api.get<LeadsAnswer>('/api/leads?sort=leadId&limit=100');
  expect(body.modelVersion).toBe(2);
  expect(body.items.map(({ leadId, leadModelVersion }) => [leadId, leadModelVersion])).toEqual(
    IDS.map((id) => [id, id <= MIDDLE ? 2 : 1]),
  );
  // Only the first model has points for a demo, halved in 14 days.
  expect(body.items.map(({ score }) => score > 0)).toEqual(IDS.map((id) => id > MIDDLE));
  const one = await api.get<LeadAnswer>(`/api/leads/${IDS.at(-1)}`);
  expect(one.body.leadModelVersion).toBe(1);
});

test('the answers while a model reaches the leads are the same bytes when they are asked for later', async () => {
  const paths = [
    '/api/leads?sort=leadId&limit=100&',
    `/api/leads/${IDS.at(-1)}/score?`,
    '/api/model/application?',
  ];
  const before = await Promise.all(paths.map((path) => api.get<{ asOf: string }>(path)));
  const { asOf } = before[0]?.body ?? { asOf: '' };
  await append('applied', 2, { type: 'JourneyModelApplied', data: { modelVersion: 2, upTo: null } });
  await runner.catchUp();

  const after = await Promise.all(paths.map((path) => api.get(`${path}asOf=${asOf}`)));
  expect(after.map(({ text }) => text)).toEqual(before.map(({ text }) => text));
  const { body } = await api.get<LeadsAnswer>('/api/leads?limit=100');
  expect(new Set(body.items.map(({ leadModelVersion }) => leadModelVersion))).toEqual(new Set([2]));
});

test('the progress is the share of the range of lead ids, until all are reached', async () => {
  const progress = async (asOf: number) =>
    (await api.get<ModelApplicationAnswer>(`/api/model/application?asOf=${asOf}`)).body;
  expect(await progress(1)).toMatchObject({ modelVersion: 1, done: true, share: 1, secondsLeft: 0 });
  expect(await progress(42)).toMatchObject({ modelVersion: 2, done: false, share: 0, secondsLeft: null });
  const share = Math.floor((parseInt(MIDDLE.slice(0, 8), 16) / 2 ** 32) * 1_000) / 1_000;
  expect(await progress(43)).toMatchObject({ modelVersion: 2, done: false, share });
  expect(await progress(44)).toMatchObject({ modelVersion: 2, done: true, share: 1, secondsLeft: 0 });
});

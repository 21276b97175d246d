import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { OTHER_MODEL, TEST_MODEL } from '../../test/journey-models.js';
import { compareWithOracle } from '../../test/oracle-rows.js';
import { touch } from '../../test/events.js';
import { until } from '../../test/until.js';
import { nameOfModel } from '../../test/sample-events.js';
import { eventId } from '../domain/event-id.js';
import { isEvent, type RecordedEvent } from '../domain/events.js';
import { identityKey } from '../domain/identity/keys.js';
import type { JourneyModel } from '../domain/model/journey-model.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { journey } from '../projections/journey.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import { modelApplication } from './apply-model.js';

const LEADS = 200;
const SLICE = 40;
const SOON = 20_000;

let db: TestDatabase;
let store: PostgresEventStore;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await store?.close();
  await db.drop();
  db = await testDatabase();
  store = new PostgresEventStore(db.pool);
}, SOON);

const visitsOf = (from: number, upTo: number) =>
  Array.from({ length: upTo - from }, (_, nth) => ({
    workspace: 'main',
    stream: 'touchpoints',
    event: touch(`visit-${from + nth}`, {
      data: {
        kind: 'page_view' as const,
        channel: 'direct' as const,
        identity: [identityKey('anonymous', `visitor-${from + nth}`)],
        verdict: 'human' as const,
      },
    }),
  }));

async function publish(document: JourneyModel, version: number): Promise<void> {
  const data = { document, atOnce: 10 };
  const id = eventId('main', 'model', nameOfModel(String(version), data));
  const event = {
    id,
    type: 'JourneyModelPublished',
    schemaVersion: 1,
    occurredAt: new Date(),
    data,
  } as const;
  const expected = version === 1 ? 'noStream' : { exact: version - 1 };
  await store.append([{ workspace: 'main', stream: 'model', expected, events: [event] }]);
}

const runner = (): SubscriptionRunner =>
  new SubscriptionRunner({
    pool: db.pool,
    store,
    subscriptions: [journey, modelApplication(SLICE)],
    leaseMs: 1_000,
  });

/** Runs until a model has reached all leads. */
async function runUntilApplied(running = runner()): Promise<void> {
  running.start();
  const isDone = async (): Promise<boolean> => {
    await running.catchUp();
    const { rows } = await db.pool.query(
      `SELECT FROM touchline.model_application WHERE superseded_at IS NULL AND applied_to < 'ffffffff-ffff-ffff-ffff-ffffffffffff'`,
    );
    return rows.length === 0;
  };
  expect(await until(isDone, SOON)).toBe(true);
  await running.stop();
}

const log = (): Promise<readonly RecordedEvent[]> => store.readAll(0n, 100_000);
const slicesOf = async (modelVersion: number): Promise<(string | null)[]> =>
  (await log()).flatMap((event) =>
    isEvent(event, 'JourneyModelApplied') && event.data.modelVersion === modelVersion
      ? [event.data.upTo]
      : [],
  );

async function expectLeadsOf(model: JourneyModel): Promise<void> {
  const { found, told } = await compareWithOracle(db.pool, await log(), model);
  expect(found['score_change']).toEqual(told['score_change']);
  expect(found['lead']).toEqual(told['lead']);
}

test('a published model reaches many leads in slices, each of which begins where the one before it ends', async () => {
  await publish(OTHER_MODEL, 1);
  await store.record(visitsOf(0, LEADS));
  await runUntilApplied();
  await publish(TEST_MODEL, 2);
  await store.record(visitsOf(LEADS, LEADS + 20));
  await runUntilApplied();

  const slices = await slicesOf(2);
  expect(slices.at(-1)).toBeNull();
  expect(slices.length).toBe(11);
  expect(slices.slice(0, -1)).toEqual(slices.slice(0, -1).toSorted());
  await expectLeadsOf(TEST_MODEL);
}, 120_000);

test('a model published before the last one has reached all leads takes its place', async () => {
  await store.record(visitsOf(0, LEADS));
  await publish(TEST_MODEL, 1);
  await publish(OTHER_MODEL, 2);
  await runUntilApplied();

  expect(await slicesOf(1)).toEqual([]);
  expect((await slicesOf(2)).at(-1)).toBeNull();
  await expectLeadsOf(OTHER_MODEL);
}, 120_000);

test('slices are appended once when the reactor is stopped anywhere and starts over', async () => {
  await store.record(visitsOf(0, LEADS));
  await publish(TEST_MODEL, 1);
  for (let stop = 0; stop < 5; stop += 1) {
    const running = runner();
    running.start();
    await until(async () => (await slicesOf(1)).length > stop, 2_000);
    await running.stop();
  }
  await runUntilApplied();
  const slices = await slicesOf(1);
  expect(new Set(slices).size).toBe(slices.length);
  await expectLeadsOf(TEST_MODEL);
}, 120_000);

// "What a change touches" of CONTRIBUTING, for a projection and for a decision with its reactor: a file each and a
// place in the list are all that they need to be run, shown, retried and rebuilt.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { MemoryEventStore } from '../../src/event-store/memory.js';
import { SubscriptionRunner } from '../../src/subscriptions/runner.js';
import { testDatabase, type TestDatabase } from '../database.js';
import { append, touches } from '../sample-projections.js';
import { OPERATOR, subscriptionsApi, type SubscriptionsApi } from '../subscriptions-api.js';
import { decisionsIn, decisionsWanted } from './decided.js';
import { openAfterThreeVisits } from './open-after-three-visits.js';
import { visits, VISITS_TABLE } from './visits.js';

Logger.overrideLogger(false);

let db: TestDatabase;
let store: MemoryEventStore;
let runner: SubscriptionRunner;
let api: SubscriptionsApi;

beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(VISITS_TABLE);
  store = new MemoryEventStore();
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions: [openAfterThreeVisits(), visits] });
  api = await subscriptionsApi({ pool: db.pool, store, runner });
  await append(store, touches(20, 2));
  await runner.catchUp();
});
afterAll(async () => {
  await api.close();
  await runner.stop();
  await db.drop();
});

const rows = async (): Promise<unknown[]> =>
  (await db.pool.query('SELECT * FROM touchline.example_visit ORDER BY position')).rows;

test('a projection in one file writes its rows, is listed and can be rebuilt', async () => {
  const before = await rows();
  expect(before).toHaveLength(20);
  const { projections } = await api.ask<{ projections: unknown[] }>('GET', '');
  expect(projections).toContainEqual(expect.objectContaining({ name: 'example_visits', status: 'running' }));

  const rebuilt = await api.ask('POST', '/example_visits/rebuild', OPERATOR);
  expect(rebuilt).toEqual({ rebuilding: ['example_visits'] });
  await runner.catchUp();
  expect(await rows()).toEqual(before);
});

test('a reactor in one file makes its decision once and is listed', async () => {
  const log = await store.readAll(0n, 100);
  expect(decisionsIn(log)).toHaveLength(6);
  expect(decisionsIn(log)).toEqual(decisionsWanted(log));
  const { projections } = await api.ask<{ projections: unknown[] }>('GET', '');
  expect(projections).toContainEqual(
    expect.objectContaining({ name: 'example_open_after_three_visits', status: 'running' }),
  );

  await expect(api.ask('POST', '/example_open_after_three_visits/rebuild', OPERATOR)).rejects.toThrow(
    /answers 409.*rebuild-not-allowed/,
  );
  await runner.catchUp();
  expect(decisionsIn(await store.readAll(0n, 100))).toEqual(decisionsIn(log));
});

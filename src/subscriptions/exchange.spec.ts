import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { append, forgetTallies, seen, tally, tallyTables, touches } from '../../test/sample-projections.js';
import { until } from '../../test/until.js';
import { withClient } from '../database/client.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { type Checkpoint, readCheckpoints } from './read-checkpoints.js';
import { SubscriptionRunner } from './runner.js';
import { describeBlockers } from './snapshots.js';

let db: TestDatabase;
let store: MemoryEventStore;
let live: SubscriptionRunner;
const subscriptions = [tally('alpha'), tally('beta', { after: ['alpha'] })];

beforeAll(async () => {
  db = await testDatabase({ max: 30 });
  await tallyTables(db.pool, 'alpha', 'beta');
});
afterAll(() => db.drop());
beforeEach(async () => {
  await forgetTallies(db.pool, 'alpha', 'beta');
  store = new MemoryEventStore();
  live = new SubscriptionRunner({ pool: db.pool, store, subscriptions });
  await append(store, touches(200));
  live.start();
  await live.catchUp();
});
afterEach(async () => {
  await live.stop();
  await store.close();
});

const checkpointOf = async (name: string): Promise<Checkpoint | undefined> =>
  (await readCheckpoints(db.pool, [name]))[0];
const isRebuilt = async (): Promise<boolean> =>
  (await readCheckpoints(db.pool)).every(({ rebuild }) => rebuild === null);

/** Does something again and again until it is stopped, and then throws what that threw. */
function repeating(work: () => Promise<unknown>): { stop(): Promise<void> } {
  let over = false;
  const loop = async (): Promise<void> => {
    while (!over) await work();
  };
  const running = loop();
  running.catch(() => undefined);
  return {
    stop: () => {
      over = true;
      return running;
    },
  };
}

test('a rebuild takes its place under queries that overlap without a gap, and nothing asked meanwhile fails', async () => {
  let running = 0;
  const gaps: string[] = [];
  const query = async (): Promise<void> => {
    running += 1;
    await db.pool.query('SELECT pg_sleep(2.4) FROM (SELECT count(*) FROM touchline.alpha_seen) alpha');
    running -= 1;
    // The others have to be in their midst.
    if (running === 0) gaps.push(new Date().toISOString());
  };
  const readers = [repeating(query)];
  for (let more = 0; more < 3; more += 1) {
    await sleep(600);
    readers.push(repeating(query));
  }
  const questions = repeating(async () => {
    expect(await seen(db.pool, 'alpha')).toBeGreaterThanOrEqual(200);
    await sleep(20);
  });
  await live.rebuild('alpha');
  await append(store, touches(100));
  expect(await until(isRebuilt, 180_000)).toBe(true);
  for (const each of [questions, ...readers]) await each.stop();
  expect(gaps.slice(0, -1)).toEqual([]);
  expect([await seen(db.pool, 'alpha'), await seen(db.pool, 'beta')]).toEqual([300, 300]);
}, 240_000);

test('a rebuild that waits for a transaction says whose it is and since when', async () => {
  await withClient(db.pool, async (reader) => {
    await reader.query(`SET application_name = 'report'; BEGIN; SELECT FROM touchline.beta_seen LIMIT 1`);
    await live.rebuild('alpha');
    const waitsFor = async () => (await checkpointOf('alpha'))?.rebuild?.waitsFor ?? '';
    expect(await until(async () => (await waitsFor()).includes('report'), 30_000)).toBe(true);
    expect(await waitsFor()).toMatch(/^1 transaction of \w+ \(report\); the oldest began \d+ s ago$/);
    await reader.query(`COMMIT; SET application_name = 'touchline test'`);
  });
  expect(await until(isRebuilt, 60_000)).toBe(true);
  expect(await seen(db.pool, 'alpha')).toBe(200);
}, 120_000);

test('blockers are named by their roles and applications', () => {
  const one = { role: 'bi', application: 'metabase', seconds: 4.2, holdsLock: true };
  const other = { ...one, application: '', seconds: 12.4 };
  expect(describeBlockers([one])).toBe('1 transaction of bi (metabase); the oldest began 4 s ago');
  expect(describeBlockers([one, one, other])).toBe(
    '2 transactions of bi (metabase), 1 of bi; the oldest began 12 s ago',
  );
});

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { append, counts, seen, tallyTables, touches } from '../../test/sample-projections.js';
import { endWorker, startWorker } from '../../test/workers/start.js';
import { until } from '../../test/until.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { readCheckpoints } from './read-checkpoints.js';
import { countDeadLetters } from './dead-letters.js';

const LEASE_MS = 700;

let db: TestDatabase;
let store: PostgresEventStore;
let workers: ChildProcess[];

beforeEach(async () => {
  db = await testDatabase();
  await tallyTables(db.pool, 'alpha', 'beta');
  store = new PostgresEventStore(db.pool);
  workers = [];
});
afterEach(async () => {
  workers.forEach((worker) => worker.kill('SIGCONT'));
  await Promise.all(workers.map((worker) => endWorker(worker)));
  await store.close();
  await db.drop();
});

async function worker(pauseMs = 0): Promise<ChildProcess> {
  const child = await startWorker('./projections.ts', [db.url, String(LEASE_MS), String(pauseMs)]);
  workers.push(child);
  return child;
}

async function reached(position: bigint): Promise<void> {
  const caughtUp = await until(async () => {
    const checkpoints = await readCheckpoints(db.pool);
    return checkpoints.length === 2 && checkpoints.every((one) => one.position >= position);
  }, 40_000);
  expect(caughtUp).toBe(true);
}

/** A unique key on positions makes an event applied twice an error, so right sums mean: once. */
async function expectOnce(events: number): Promise<void> {
  expect([await seen(db.pool, 'alpha'), await seen(db.pool, 'beta')]).toEqual([events, events]);
  const sums = Object.values(await counts(db.pool, 'alpha')).reduce((sum, count) => sum + count, 0);
  expect(sums).toBe(events);
  expect(await counts(db.pool, 'beta')).toEqual(await counts(db.pool, 'alpha'));
  expect((await countDeadLetters(db.pool)).size).toBe(0);
}

const owners = async (): Promise<(string | null)[]> =>
  (await readCheckpoints(db.pool)).map(({ owner }) => owner);

test('killed between and within batches, every event is applied once', async () => {
  for (let round = 0; round < 5; round += 1) {
    await append(store, touches(600));
    const child = await worker(3);
    await sleep(60 + round * 45);
    await endWorker(child);
  }
  await worker();
  await reached(3_000n);
  await expectOnce(3_000);
});

test('two processes share the projections, and one takes over when the other dies', async () => {
  const first = await worker(1);
  await append(store, touches(300));
  await reached(300n);
  await worker(1);
  expect(await until(async () => new Set(await owners()).size === 2, 20_000)).toBe(true);
  for (let round = 0; round < 10; round += 1) await append(store, touches(100));
  await endWorker(first);
  await append(store, touches(700));
  await reached(2_000n);
  expect(new Set(await owners()).size).toBe(1);
  await expectOnce(2_000);
});

test('stopped for longer than its lease and continued, a process writes nothing', async () => {
  const first = await worker(5);
  await append(store, touches(2_000));
  await sleep(100);
  first.kill('SIGSTOP');
  const stale = new Set(await owners());
  await sleep(LEASE_MS + 200);
  await worker();
  await reached(2_000n);
  expect((await owners()).some((owner) => stale.has(owner))).toBe(false);
  const before = await readCheckpoints(db.pool);
  first.kill('SIGCONT');
  await sleep(300);
  expect((await readCheckpoints(db.pool)).map(({ position }) => position)).toEqual(
    before.map(({ position }) => position),
  );
  await append(store, touches(500));
  await reached(2_500n);
  await expectOnce(2_500);
});

import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChildProcess } from 'node:child_process';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { decisionsIn, decisionsWanted } from '../../test/examples/decided.js';
import { openAfterThreeVisits } from '../../test/examples/open-after-three-visits.js';
import { visits, VISITS_TABLE } from '../../test/examples/visits.js';
import { append, touches } from '../../test/sample-projections.js';
import { until } from '../../test/until.js';
import { endWorker, startWorker } from '../../test/workers/start.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { readCheckpoints } from './read-checkpoints.js';
import { SubscriptionRunner } from './runner.js';

const LEASE_MS = 500;

let db: TestDatabase;
let store: PostgresEventStore;
const workers: ChildProcess[] = [];

beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(VISITS_TABLE);
  store = new PostgresEventStore(db.pool);
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => endWorker(worker)));
});
afterAll(async () => {
  await store.close();
  await db.drop();
});

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

async function worker(...crash: readonly string[]): Promise<void> {
  workers.push(await startWorker('./deciding.ts', [db.url, String(LEASE_MS), ...crash]));
}

/** Reactors append to the log that they follow: caught up is who has reached a head that stays. */
async function caughtUp(): Promise<boolean> {
  const head = await store.head();
  const checkpoints = await readCheckpoints(db.pool);
  return checkpoints.length === 2 && checkpoints.every(({ position }) => position >= head);
}

const crash = fc.tuple(
  fc.constantFrom('before-append', 'after-append', 'rows-written'),
  fc.integer({ min: 1, max: 4 }).map(String),
);
const round = fc.record({ crashes: fc.tuple(crash, crash), rebuilds: fc.boolean() });

test('of two processes killed at any point, restarted, and what they read rebuilt, each decision is taken once', async () => {
  let killed = 0;
  const property = fc.asyncProperty(fc.array(round, { minLength: 2, maxLength: 3 }), async (rounds) => {
    for (const { crashes, rebuilds } of rounds) {
      await Promise.all(crashes.map((each) => worker(...each)));
      await append(store, touches(30, 4));
      if (rebuilds) {
        const subscriptions = [visits, openAfterThreeVisits()];
        await new SubscriptionRunner({ pool: db.pool, store, subscriptions }).rebuild(visits.name);
      }
      await until(async () => workers.every(hasEnded) || (await caughtUp()), 20_000);
      killed += workers.filter(({ signalCode }) => signalCode === 'SIGKILL').length;
      await Promise.all(workers.splice(0).map((each) => endWorker(each)));
    }
    await Promise.all([worker(), worker()]);
    expect(await until(caughtUp, 30_000)).toBe(true);
    await Promise.all(workers.splice(0).map((each) => endWorker(each, 'SIGTERM')));

    const log = await store.readAll(0n, 10_000);
    expect(decisionsIn(log)).toEqual(decisionsWanted(log));
    expect((await db.pool.query('SELECT FROM touchline.dead_letter')).rowCount).toBe(0);
  });
  await fc.assert(property, { numRuns: Number(process.env['LAW_RUNS'] ?? 3), endOnFailure: true });
  expect(killed).toBeGreaterThan(0);
}, 600_000);

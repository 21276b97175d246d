import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChildProcess } from 'node:child_process';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { LeadLog, READY_MODEL } from '../../test/qualified-leads.js';
import { until } from '../../test/until.js';
import { endWorker, startWorker } from '../../test/workers/start.js';
import type { RecordedEvent } from '../domain/events.js';
import { identityKey, leadIdOf } from '../domain/identity/keys.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { projections } from '../projections/all.js';
import { readCheckpoints } from '../subscriptions/read-checkpoints.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import { qualifyLeads } from './qualify-leads.js';

const LEASE_MS = 500;
const PEOPLE = 12;

let db: TestDatabase;
let store: PostgresEventStore;
let log: LeadLog;
const workers: ChildProcess[] = [];

beforeAll(async () => {
  db = await testDatabase();
  store = new PostgresEventStore(db.pool);
  log = new LeadLog(store);
  await log.publish(READY_MODEL);
  const subscriptions = [...projections, qualifyLeads()];
  const runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions });
  await runner.catchUp();
  await runner.stop();
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => endWorker(worker)));
});
afterAll(async () => {
  await store.close();
  await db.drop();
});

async function worker(...crash: readonly string[]): Promise<void> {
  workers.push(await startWorker('./qualifying.ts', [db.url, String(LEASE_MS), ...crash]));
}
const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

async function caughtUp(): Promise<boolean> {
  const head = await store.head();
  return (await readCheckpoints(db.pool)).every(({ position }) => position >= head);
}

let round = 0;
/** New people who are ready at once. */
async function newBuyers(): Promise<string[]> {
  round += 1;
  const keys = Array.from({ length: PEOPLE }, (_, nr) => identityKey('user', `buyer-${round}-${nr}`));
  for (const key of keys) await log.touch([key], 'demo_request', { traits: { title: 'CFO' } });
  return keys.map((key) => leadIdOf('main', key));
}

const qualifiedIn = (events: readonly RecordedEvent[]): string[] =>
  events.flatMap((event) =>
    event.type === 'LeadQualified' ? [`${event.data.leadId} ${event.data.cycle}`] : [],
  );

/** A batch appends its decisions at once, so the first append is that of all which wait. */
const crash = fc.tuple(fc.constantFrom('before-append', 'after-append'), fc.constant('1'));

test('of two processes killed around an append and restarted, each lead qualifies once a cycle', async () => {
  let killed = 0;
  const wanted = new Set<string>();
  const property = fc.asyncProperty(
    fc.array(fc.tuple(crash, crash), { minLength: 1, maxLength: 2 }),
    async (rounds) => {
      for (const crashes of rounds) {
        await Promise.all(crashes.map((each) => worker(...each)));
        for (const leadId of await newBuyers()) wanted.add(`${leadId} 1`);
        await until(async () => workers.every(hasEnded) || (await caughtUp()), 20_000);
        killed += workers.filter(({ signalCode }) => signalCode === 'SIGKILL').length;
        await Promise.all(workers.splice(0).map((each) => endWorker(each)));
      }
      await Promise.all([worker(), worker()]);
      expect(await until(caughtUp, 30_000)).toBe(true);
      await Promise.all(workers.splice(0).map((each) => endWorker(each, 'SIGTERM')));

      const qualified = qualifiedIn(await store.readAll(0n, 10_000));
      expect(qualified.toSorted()).toEqual([...wanted].sort());
      expect((await db.pool.query('SELECT FROM touchline.dead_letter')).rowCount).toBe(0);
    },
  );
  await fc.assert(property, { numRuns: Number(process.env['LAW_RUNS'] ?? 3), endOnFailure: true });
  expect(killed).toBeGreaterThan(0);
}, 600_000);

import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { checkHandOffs } from '../../test/check-hand-offs.js';
import { SalesLog } from '../../test/hand-offs.js';
import { until } from '../../test/until.js';
import { endWorker, startWorker } from '../../test/workers/start.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { projections } from '../projections/all.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import { handOffLeads } from './hand-off-leads.js';
import { readCheckpoints } from '../subscriptions/read-checkpoints.js';

const LEASE_MS = 500;
const PEOPLE = Array.from({ length: 30 }, (_, nth) => `p${nth}`);
const ROOMS = [3, 5, 2];

let db: TestDatabase;
let store: PostgresEventStore;
const workers: ChildProcess[] = [];

beforeAll(async () => {
  db = await testDatabase();
  store = new PostgresEventStore(db.pool);
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => endWorker(worker)));
});
afterAll(async () => {
  await store.close();
  await db.drop();
});

async function worker(...crash: readonly string[]): Promise<void> {
  workers.push(await startWorker('./handing-off.ts', [db.url, String(LEASE_MS), ...crash]));
}
const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

/** The log has ended, and everybody has read it and gone over what waits. */
async function atRest(): Promise<boolean> {
  const head = await store.head();
  await sleep(300);
  const checkpoints = await readCheckpoints(db.pool);
  return head === (await store.head()) && checkpoints.every(({ position }) => position >= head);
}

/** A batch appends its decisions at once, so the first append is that of all which wait. */
const crash = fc.tuple(fc.constantFrom('before-append', 'after-append'), fc.constant('1'));

test('of two processes killed around an append and restarted, each lead is handed off once and nobody is over capacity', async () => {
  const subscriptions = [...projections, handOffLeads()];
  await new SubscriptionRunner({ pool: db.pool, store, subscriptions }).register();
  const log = new SalesLog(store);
  const recipients = ROOMS.map((capacity, at) => ({
    id: `r${at}`,
    name: 'rep',
    kind: 'rep' as const,
    capacity,
  }));
  await log.publish({ routing: { recipients } });
  for (const name of PEOPLE) await log.person(name);
  let killed = 0;
  for (const crashes of fc.sample(fc.tuple(crash, crash), Number(process.env['LAW_RUNS'] ?? 3))) {
    await Promise.all(crashes.map((each) => worker(...each)));
    for (const name of PEOPLE) {
      const last = (await log.decisions(name)).at(-1);
      if (last?.type === 'LeadHandedOff')
        await log.decide(name, 'LeadRecycled', last.data.cycle, { reason: 'closed' });
      else if (last?.type !== 'LeadQualified') await log.qualify(name);
    }
    await until(async () => workers.every(hasEnded) || (await atRest()), 20_000);
    killed += workers.filter(({ signalCode }) => signalCode === 'SIGKILL').length;
    await Promise.all(workers.splice(0).map((each) => endWorker(each)));
  }
  await Promise.all([worker(), worker()]);
  expect(await until(atRest, 30_000)).toBe(true);
  await Promise.all(workers.splice(0).map((each) => endWorker(each, 'SIGTERM')));
  expect(await checkHandOffs(log, ROOMS)).toBeGreaterThanOrEqual(10);
  expect(killed).toBeGreaterThan(0);
}, 300_000);

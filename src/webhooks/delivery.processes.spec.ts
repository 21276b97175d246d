import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { until } from '../../test/until.js';
import { WebhookReceiver } from '../../test/webhook-receiver.js';
import { addEndpoint, deliveryStates } from '../../test/webhooks.js';
import { endWorker, startWorker } from '../../test/workers/start.js';
import { eventId } from '../domain/event-id.js';
import type { NewEvent } from '../domain/events.js';
import { leadStream } from '../domain/lead-events.js';
import { PostgresEventStore } from '../event-store/postgres.js';

const [LEADS, CYCLES, KILLS] = [30, 10, 6];
let db: TestDatabase;
let store: PostgresEventStore;
const workers: ChildProcess[] = [];
let target: WebhookReceiver;
beforeAll(async () => {
  db = await testDatabase();
  store = new PostgresEventStore(db.pool);
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((each) => endWorker(each)));
});
afterAll(async () => {
  await target?.stop();
  await store.close();
  await db.drop();
});

const worker = async (): Promise<void> => void workers.push(await startWorker('./webhooks.ts', [db.url]));

/** One decision on each lead. */
async function decide(cycle: number): Promise<void> {
  const appends = Array.from({ length: LEADS }, (_, nr) => {
    const leadId = `7d8c9a52-6f0e-8b1d-9e3a-${String(nr).padStart(12, '0')}`;
    const data = { leadId, cycle, by: 'rep-7' };
    const id = eventId('main', 'test', leadId, String(cycle));
    const event = { id, type: 'LeadAccepted', schemaVersion: 1, occurredAt: new Date(), data } as NewEvent;
    return { workspace: 'main', stream: leadStream(leadId), expected: { exact: cycle - 1 }, events: [event] };
  });
  await store.append(appends);
}

test('of two processes that are killed at any moment nothing is lost, and each lead gets its messages in order', async () => {
  // One in ten requests fails, and one in ten is answered only after a while.
  target = await WebhookReceiver.start((_, response) => {
    const chance = Math.random();
    if (chance < 0.1) response.writeHead(500).end();
    else setTimeout(() => response.writeHead(204).end(), chance < 0.2 ? 200 : 1);
  });
  const { id } = await addEndpoint(db.pool, target.url);
  await Promise.all([worker(), worker()]);
  for (let cycle = 1; cycle <= CYCLES; cycle += 1) {
    await decide(cycle);
    if (cycle > KILLS) continue;
    await sleep(Math.random() * 400);
    const [victim] = workers.splice(0, 1);
    if (victim) await endWorker(victim);
    await worker();
  }
  const total = LEADS * CYCLES;
  expect(await until(async () => (await deliveryStates(db.pool, id))['delivered'] === total, 60_000)).toBe(
    true,
  );
  await Promise.all(workers.splice(0).map((each) => endWorker(each, 'SIGTERM')));

  expect(new Set(target.ids()).size).toBe(total);
  for (const lead of new Set(target.received.map(({ data }) => data.leadId))) {
    const cycles = target.received.filter(({ data }) => data.leadId === lead).map(({ data }) => data.cycle);
    expect(cycles).toEqual([...cycles].sort((a, b) => a - b));
  }
  expect((await db.pool.query('SELECT FROM touchline.webhook_queue')).rowCount).toBe(0);
}, 120_000);

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { until } from '../../test/until.js';
import { type Respond, WebhookReceiver } from '../../test/webhook-receiver.js';
import {
  addEndpoint,
  deliveryStates,
  queue,
  testEndpoints,
  testMessage,
  testWorker,
} from '../../test/webhooks.js';
import { replayDeliveries } from './deliveries.js';
import type { DeliveryWorker, DeliveryWorkerOptions } from './delivery-worker.js';
import { messageId } from './message.js';

const SOON = 20_000;
let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase({ max: 20 });
});
afterAll(() => db.drop());

const workers: DeliveryWorker[] = [];
const receivers: WebhookReceiver[] = [];
beforeEach(() => db.pool.query('DELETE FROM touchline.webhook_endpoint'));
afterEach(async () => {
  await Promise.all(receivers.splice(0).map((each) => each.stop()));
  await Promise.all(workers.splice(0).map((each) => each.stop()));
});

async function receiver(respond?: Respond): Promise<WebhookReceiver> {
  const started = await WebhookReceiver.start(respond);
  receivers.push(started);
  return started;
}
function work(options?: Partial<DeliveryWorkerOptions>, timeoutMs?: number): DeliveryWorker {
  const worker = testWorker(db.pool, options, timeoutMs);
  workers.push(worker);
  worker.start();
  return worker;
}
const settled = (endpoint: string, states: object): Promise<boolean> =>
  until(async () => {
    const found = await deliveryStates(db.pool, endpoint);
    return JSON.stringify(Object.entries(found).sort()) === JSON.stringify(Object.entries(states).sort());
  }, SOON);
const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

test('messages are delivered, signed, in the order of their lead, and each once', async () => {
  const target = await receiver();
  const { id, secret } = await addEndpoint(db.pool, target.url);
  const messages = range(20).flatMap((nth) => ['a', 'b', 'c'].map((lead) => testMessage(lead, nth)));
  await queue(db.pool, messages);
  await queue(db.pool, messages);
  work();

  expect(await settled(id, { delivered: 60 })).toBe(true);
  expect(new Set(target.ids())).toEqual(new Set(messages.map((message) => messageId(id, message))));
  expect(target.received).toHaveLength(60);
  for (const lead of ['a', 'b', 'c'])
    expect(target.received.filter(({ data }) => data.leadId === lead).map(({ data }) => data.cycle)).toEqual(
      range(20),
    );
  for (const { body, headers } of target.received)
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
      type: 'lead.qualified',
      timestamp: '2026-03-01T09:30:00.000Z',
    });
  expect((await db.pool.query('SELECT FROM touchline.webhook_queue')).rowCount).toBe(0);
});

describe('a message that is not taken', () => {
  const FAULTS: Readonly<Record<string, Respond>> = {
    'is answered 500': (_, response) => response.writeHead(500).end(),
    'is not answered': () => undefined,
    'is cut off': (_, response) => response.destroy(),
    'is redirected': (_, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
  };
  test.each(Object.keys(FAULTS))(
    'and %s holds the later ones of its lead until it is delivered, and no other lead',
    async (fault) => {
      let heals = false;
      const target = await receiver((message, response, nth) => {
        if (message.data.leadId === 'bad' && message.data.cycle === 0 && !heals)
          FAULTS[fault]?.(message, response, nth);
        else response.writeHead(204).end();
      });
      const { id } = await addEndpoint(db.pool, target.url);
      await queue(
        db.pool,
        range(5).flatMap((nth) => ['bad', 'good'].map((lead) => testMessage(lead, nth))),
      );
      work({ retryDelays: Array.from({ length: 100 }, () => 20) }, 200);

      expect(await settled(id, { pending: 5, delivered: 5 })).toBe(true);
      expect(
        await until(() => target.received.filter(({ data }) => data.leadId === 'bad').length > 2, SOON),
      ).toBe(true);
      const bad = target.received.filter(({ data }) => data.leadId === 'bad');
      expect(new Set(bad.map(({ data }) => data.cycle))).toEqual(new Set([0]));
      expect(new Set(bad.map(({ body }) => body)).size).toBe(1);
      expect(new Set(bad.map((message) => message.id)).size).toBe(1);

      heals = true;
      expect(await settled(id, { delivered: 10 })).toBe(true);
      const cycles = target.received
        .filter(({ data }) => data.leadId === 'bad')
        .map(({ data }) => data.cycle);
      expect(cycles).toEqual([...cycles].sort());
      expect(cycles.at(-1)).toBe(4);
    },
  );

  test('is dead after the last attempt, lets the later ones pass, and is delivered by a replay', async () => {
    let heals = false;
    const target = await receiver((message, response) =>
      response.writeHead(message.data.cycle === 0 && !heals ? 500 : 204).end(),
    );
    const { id } = await addEndpoint(db.pool, target.url);
    const first = testMessage('a', 0);
    await queue(db.pool, [first, testMessage('a', 1)]);
    work();
    expect(await settled(id, { dead: 1, delivered: 1 })).toBe(true);
    expect(target.received.map(({ data }) => data.cycle)).toEqual([0, 0, 0, 0, 1]);

    heals = true;
    expect(await replayDeliveries(db.pool, id, { delivery: messageId(id, first) })).toBe(1);
    expect(await settled(id, { delivered: 2 })).toBe(true);
    expect(target.ids().at(-1)).toBe(messageId(id, first));
  });
});

test('a replay since a time sends in order what is over since then, and nothing else', async () => {
  const target = await receiver();
  const { id } = await addEndpoint(db.pool, target.url);
  await queue(db.pool, [testMessage('a', 0), testMessage('b', 0)]);
  await db.pool.query(`UPDATE touchline.webhook_delivery SET created_at = now() - interval '2 h'`);
  await queue(db.pool, [testMessage('a', 1), testMessage('a', 2), testMessage('b', 1)]);
  work();
  expect(await settled(id, { delivered: 5 })).toBe(true);
  target.received.length = 0;

  const since = new Date(Date.now() - 3_600_000);
  expect(await replayDeliveries(db.pool, id, { since, states: ['dead'] })).toBe(0);
  expect(await replayDeliveries(db.pool, id, { since, states: ['dead', 'delivered'] })).toBe(3);
  expect(await until(() => target.received.length === 3, SOON)).toBe(true);
  expect(target.received.filter(({ data }) => data.leadId === 'a').map(({ data }) => data.cycle)).toEqual([
    1, 2,
  ]);
});

test('an endpoint that answers 410 is disabled, and gets what waited when it is enabled again', async () => {
  let isGone = true;
  const target = await receiver((_, response) => response.writeHead(isGone ? 410 : 204).end());
  const { id } = await addEndpoint(db.pool, target.url);
  await queue(db.pool, [testMessage('a', 0), testMessage('a', 1)]);
  work();
  const endpoints = testEndpoints(db.pool);
  expect(await until(async () => !(await endpoints.find('main', id)).enabled, SOON)).toBe(true);
  expect(await endpoints.find('main', id)).toMatchObject({ disabledReason: 'gone' });
  await queue(db.pool, [testMessage('b', 0)]);
  expect(target.received).toHaveLength(1);

  isGone = false;
  expect(await endpoints.change('main', id, { enabled: true })).toMatchObject({
    enabled: true,
    disabledReason: null,
  });
  expect(await settled(id, { delivered: 3 })).toBe(true);
  expect(target.received.filter(({ data }) => data.leadId === 'a').map(({ data }) => data.cycle)).toEqual([
    0, 0, 1,
  ]);
});

test('a receiver that asks for time by Retry-After gets it', async () => {
  const target = await receiver((_, response, nth) =>
    nth === 1 ? response.writeHead(429, { 'retry-after': '2' }).end() : response.writeHead(204).end(),
  );
  const { id } = await addEndpoint(db.pool, target.url);
  await queue(db.pool, [testMessage('a', 0)]);
  work({ retryDelays: [0, 0] });
  expect(await settled(id, { delivered: 1 })).toBe(true);
  const [first, second] = target.received;
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_900);
});

test('both secrets of a rotation sign until the overlap has ended', async () => {
  const target = await receiver();
  const { id, secret: old } = await addEndpoint(db.pool, target.url);
  const endpoints = testEndpoints(db.pool);
  const verifies = (secret: string): boolean => {
    const { body, headers } = target.received.at(-1) ?? { body: '', headers: {} };
    try {
      return Boolean(new Webhook(secret).verify(body, headers as Record<string, string>));
    } catch {
      return false;
    }
  };
  work();
  const next = await endpoints.rotateSecret('main', id, 60_000);
  await queue(db.pool, [testMessage('a', 0)]);
  expect(await settled(id, { delivered: 1 })).toBe(true);
  expect([verifies(old), verifies(next)]).toEqual([true, true]);

  const last = await endpoints.rotateSecret('main', id, 0);
  await queue(db.pool, [testMessage('a', 1)]);
  expect(await settled(id, { delivered: 2 })).toBe(true);
  expect([verifies(old), verifies(next), verifies(last)]).toEqual([false, false, true]);
});

describe('an endpoint that hangs', () => {
  test('with 10,000 messages of one workspace does not delay those of another one', async () => {
    const hanging = await receiver(() => undefined);
    const target = await receiver();
    const busy = await addEndpoint(db.pool, hanging.url, 'busy');
    for (const start of range(10))
      await queue(
        db.pool,
        range(1_000).map((nth) => testMessage(`lead-${start}-${nth}`, 0, 'busy')),
      );
    work({ concurrency: 16 }, 1_000);
    expect(await until(() => hanging.received.length > 0, SOON)).toBe(true);

    const { id } = await addEndpoint(db.pool, target.url, 'calm');
    await queue(
      db.pool,
      range(200).map((nth) => testMessage(`lead-${nth}`, 0, 'calm')),
    );
    expect(await settled(id, { delivered: 200 })).toBe(true);
    expect((await deliveryStates(db.pool, busy.id)).pending).toBe(10_000);
    expect(hanging.received.length).toBeLessThan(100);
  }, 60_000);

  test('and many others of its workspace leave room for another workspace', async () => {
    const hanging = await receiver(() => undefined);
    await Promise.all(range(20).map(() => addEndpoint(db.pool, hanging.url, 'busy')));
    await queue(
      db.pool,
      range(20).map((lead) => testMessage(`l-${lead}`, 0, 'busy')),
    );
    work({ concurrency: 16 }, 60_000);
    expect(await until(() => hanging.open === 4, SOON)).toBe(true);
    const target = await receiver();
    const { id } = await addEndpoint(db.pool, target.url, 'calm');
    await queue(db.pool, [testMessage('a', 0, 'calm')]);
    expect(await settled(id, { delivered: 1 })).toBe(true);
    expect(hanging.mostOpen).toBe(4);
  });

  test('or is slow gets no more than its number of requests at the same time', async () => {
    const target = await receiver((_, response) => setTimeout(() => response.writeHead(204).end(), 20));
    const { id } = await addEndpoint(db.pool, target.url);
    await queue(
      db.pool,
      range(100).map((nth) => testMessage(`l-${nth}`, 0)),
    );
    work({ perEndpoint: 3 });
    expect(await settled(id, { delivered: 100 })).toBe(true);
    expect(target.mostOpen).toBeLessThanOrEqual(3);
  });
});

test('a message whose secrets cannot be decrypted waits, and no attempt is counted', async () => {
  const target = await receiver();
  const { id } = await addEndpoint(db.pool, target.url);
  await queue(db.pool, [testMessage('a', 0)]);
  const worker = work({ secretsOf: () => Promise.reject(new Error('encrypted with another key')) });
  const due = 'SELECT FROM touchline.webhook_queue WHERE lease IS NULL AND due_at > now()';
  expect(await until(async () => (await db.pool.query(due)).rowCount === 1, SOON)).toBe(true);
  await worker.stop();
  const { rows } = await db.pool.query('SELECT state, attempts FROM touchline.webhook_delivery');
  expect([rows, target.received]).toEqual([[{ state: 'pending', attempts: 0 }], []]);
  expect(id).toBeTruthy();
});

test('deliveries older than the retention are removed, and their leads leave the queue', async () => {
  const target = await receiver((_, response) => response.writeHead(500).end());
  const { id } = await addEndpoint(db.pool, target.url);
  await queue(db.pool, [testMessage('old', 0), testMessage('new', 0)]);
  await db.pool.query(
    `UPDATE touchline.webhook_delivery SET created_at = now() - interval '2 d' WHERE lead_id = 'old'`,
  );
  work({ retryDelays: [10, 60_000] });
  const leads = async (table: string): Promise<unknown[]> =>
    (await db.pool.query<{ lead_id: string }>(`SELECT lead_id FROM touchline.${table}`)).rows.map(
      (row) => row.lead_id,
    );
  expect(
    await until(async () => {
      const [deliveries, queued] = await Promise.all([leads('webhook_delivery'), leads('webhook_queue')]);
      return String(deliveries) === 'new' && String(queued) === 'new';
    }, SOON),
  ).toBe(true);
  expect(await deliveryStates(db.pool, id)).toEqual({ pending: 1 });
});

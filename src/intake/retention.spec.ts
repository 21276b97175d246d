import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { collectGarbage } from '../../test/collect-garbage.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { noVerification } from '../../test/key-store.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import type { RequestAdmission } from '../http/admission/request-admission.js';
import type { Endpoint } from './format.js';
import { native } from './formats/native.js';
import { Pipeline } from './pipeline.js';
import { processRequest } from './process-request.js';

const origin = { workspace: 'main', collector: 'web', call: 'touchpoints', receivedAt: new Date() };

let db: TestDatabase;
let store: PostgresEventStore;
beforeAll(async () => {
  db = await testDatabase();
  store = new PostgresEventStore(db.pool);
});
afterAll(async () => {
  await store.close();
  await db.drop();
});

const itemsIn = (order: readonly number[]) =>
  order.map((nr) => ({
    ...{ messageId: `m-${nr}`, kind: 'page_view', anonymousId: 'a-1', properties: { nr } },
    occurredAt: new Date(Date.UTC(2026, 0, 1, 0, 0, nr)).toISOString(),
  }));

/** In a function of its own, so that nothing of the test holds the items, or their properties, which are those of the facts. */
function send(pipeline: Pipeline, order: readonly number[]) {
  const items = itemsIn(order);
  return {
    held: items.flatMap((item) => [new WeakRef<object>(item), new WeakRef<object>(item.properties)]),
    outcomes: pipeline.ingest(native, origin, { items }),
  };
}

/** Holds the commits of the log until it is released. */
async function holdCommits(): Promise<() => Promise<void>> {
  const other = await db.pool.connect();
  await other.query('BEGIN; SELECT head FROM touchline.log FOR UPDATE');
  return async () => {
    await other.query('COMMIT');
    other.release();
  };
}

async function garbageCollected(): Promise<void> {
  await setImmediate();
  await db.pool.query('SELECT 1');
  collectGarbage();
}

test.each([
  ['in order', [1, 2, 3]],
  ['out of order', [9, 8, 7]],
])(
  'items sent %s and their facts are let go of before their transaction commits, and are answered after it',
  async (_, order) => {
    const pipeline = new Pipeline(store, { keep: () => Promise.resolve() });
    const release = await holdCommits();
    const { held, outcomes } = send(pipeline, order);
    await garbageCollected();
    const left = held.filter((each) => each.deref());
    const waiting = store.waitingEvents;
    await release();
    expect({ left, waiting }).toEqual({ left: [], waiting: 3 });
    expect((await outcomes).map(({ status, messageId }) => [status, messageId])).toEqual(
      order.map((nr) => ['accepted', `m-${nr}`]),
    );
  },
);

test('what a request was decoded to is let go of before its transaction commits', async () => {
  const [endpoint] = native.endpoints;
  if (!endpoint) throw new Error('the native format has an endpoint');
  const decoded: WeakRef<object>[] = [];
  const watched: Endpoint = {
    ...endpoint,
    decode(head, body) {
      const result = endpoint.decode(head, body);
      if ('items' in result) decoded.push(...result.items.map((item) => new WeakRef(item as object)));
      decoded.push(new WeakRef(body));
      return result;
    },
  };
  const pipeline = new Pipeline(store, { keep: () => Promise.resolve() });
  const admission = { reservation: { grow: () => undefined } } as unknown as RequestAdmission;
  const release = await holdCommits();
  const reply = processRequest(
    {
      ...{ pipeline, resolveCollector: () => Promise.resolve(undefined), now: () => new Date() },
      ...{ verification: noVerification, publicUrl: undefined },
    },
    {
      ...{ format: native, endpoint: watched, admission, key: { workspace: 'main', collector: 'web' } },
      head: { call: 'touchpoints', headers: {}, params: {}, query: '' },
      body: { bytes: Buffer.from(JSON.stringify(itemsIn([21, 22]))), encoding: '', charset: '' },
    },
  );
  await garbageCollected();
  expect(decoded.map((each) => each.deref())).toEqual([undefined, undefined, undefined]);
  await release();
  expect(await reply).toMatchObject({ body: expect.stringContaining('"m-22"') });
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { collectGarbage } from '../../test/collect-garbage.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { native } from './formats/native.js';
import { Pipeline } from './pipeline.js';

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

/** In a function of its own, so that nothing of the test holds them. */
function send(pipeline: Pipeline, order: readonly number[]) {
  const items = order.map((nr) => ({
    ...{ messageId: `m-${nr}`, kind: 'page_view', anonymousId: 'a-1', properties: { nr } },
    occurredAt: new Date(Date.UTC(2026, 0, 1, 0, 0, nr)).toISOString(),
  }));
  return {
    items: items.map((item) => new WeakRef(item)),
    outcomes: pipeline.ingest(native, origin, { items }),
  };
}

test.each([
  ['in order', [1, 2, 3]],
  ['out of order', [9, 8, 7]],
])(
  'items sent %s are let go of before their transaction commits, and are answered after it',
  async (_, order) => {
    const pipeline = new Pipeline(store, { keep: () => Promise.resolve() });
    const other = await db.pool.connect();
    await other.query('BEGIN; SELECT head FROM touchline.log FOR UPDATE');
    const { items, outcomes } = send(pipeline, order);
    await setImmediate();
    await db.pool.query('SELECT 1');
    collectGarbage();
    expect(items.map((item) => item.deref())).toEqual(items.map(() => undefined));
    expect(store.waitingEvents).toBe(3);
    await other.query('COMMIT');
    other.release();
    expect((await outcomes).map(({ status, messageId }) => [status, messageId])).toEqual(
      order.map((nr) => ['accepted', `m-${nr}`]),
    );
  },
);

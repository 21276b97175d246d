import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { deleteRows, project } from '../../test/project.js';
import { JOURNEY_VERSIONS } from '../../test/read-model-rows.js';
import type { RecordedEvent } from '../domain/events.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { journey } from '../projections/journey.js';
import { native } from './formats/native.js';
import { Pipeline } from './pipeline.js';

const receivedAt = new Date('2026-03-02T12:00:00Z');
const origin = { workspace: 'main', collector: 'web', call: 'touchpoints', receivedAt };
const view = (nth: number, minutesAgo: number) => ({
  ...{ messageId: `m-${nth}`, kind: 'page_view', anonymousId: 'a-1' },
  occurredAt: new Date(+receivedAt - minutesAgo * 60_000).toISOString(),
  content: { url: `https://acme.example/${nth}` },
});

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

async function taken(items: readonly object[]) {
  const store = new MemoryEventStore();
  const pipeline = new Pipeline(store, { keep: () => Promise.resolve() });
  const outcomes = await pipeline.ingest(native, origin, { items });
  return { outcomes, events: await store.readAll(0n, 10_000) };
}

/** Rows of the journey's tables, with those that later events superseded, after batches of 100. */
async function rowsWritten(events: readonly RecordedEvent[]): Promise<number> {
  await deleteRows(db.pool, journey);
  await project(db.pool, journey, events, 100);
  const counts = await Promise.all(
    JOURNEY_VERSIONS.map((table) =>
      db.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM touchline.${table}`),
    ),
  );
  return counts.reduce((sum, { rows }) => sum + (rows[0]?.n ?? 0), 0);
}

test('a thousand page views of one request cost the same rows in reverse order as in order', async () => {
  const inOrder = Array.from({ length: 1_000 }, (_, nth) => view(nth, 1_000 - nth));
  const expected = await rowsWritten((await taken(inOrder)).events);
  expect(await rowsWritten((await taken(inOrder.toReversed())).events)).toBe(expected);
  expect(expected).toBeLessThan(4_000);
}, 60_000);

test('receipts stay in the order of the request while positions follow the time of occurrence', async () => {
  const items = [view(1, 10), view(2, 30), { messageId: 'bad' }, view(3, 20)];
  const { outcomes, events } = await taken(items);
  expect(outcomes).toMatchObject([
    { messageId: 'm-1', position: 3n },
    { messageId: 'm-2', position: 1n },
    { messageId: 'bad', status: 'rejected' },
    { messageId: 'm-3', position: 2n },
  ]);
  for (const outcome of outcomes)
    if ('eventId' in outcome)
      expect(events.find(({ position }) => position === outcome.position)?.id).toBe(outcome.eventId);
});

test('events of the same time stay in the order of the request', async () => {
  const items = Array.from({ length: 50 }, (_, nth) => view(nth, nth % 2));
  const { events } = await taken(items);
  const order = (events as readonly RecordedEvent<'TouchpointRecorded'>[]).map(
    ({ data }) => data.content?.url,
  );
  const nths = order.map((url) => Number(url?.split('/').at(-1)));
  const [odd, even] = [nths.slice(0, 25), nths.slice(25)];
  expect([odd, even]).toEqual([odd.toSorted((a, b) => a - b), even.toSorted((a, b) => a - b)]);
  expect(odd.every((nth) => nth % 2 === 1)).toBe(true);
});

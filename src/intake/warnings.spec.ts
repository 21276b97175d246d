import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { placeholders } from '../domain/placeholder.js';
import { QueueFull } from '../event-store/event-store.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { Metrics } from '../metrics.js';
import { FORMATS } from './formats/all.js';
import { native } from './formats/native.js';
import { recordFormats } from './kafka/read-record.js';
import { Pipeline } from './pipeline.js';
import { prepareRecords, type RecordIntake, writeRecords } from './kafka/record-batch.js';
import { RejectedLog } from './rejected.js';
import { WarningLog } from './warnings.js';

interface Warning {
  readonly code: string;
  readonly message: string;
  readonly path: string;
}
interface Receipt {
  readonly messageId: string;
  readonly status: string;
  readonly eventId: string;
  readonly warnings?: readonly Warning[];
}
interface Item extends Warning {
  readonly messageId: string;
  readonly eventId: string;
  readonly format: string;
  readonly call: string;
}

let server: IntakeServer;
beforeAll(async () => {
  server = await intakeServer();
});
afterAll(() => server.stop());
beforeEach(() => server.database.pool.query('TRUNCATE touchline.intake_warning'));

const post = async (path: string, body: unknown): Promise<unknown> => {
  const headers = { authorization: `Bearer ${server.keys.writeKey}` };
  return (await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
};
const receipts = async (...items: object[]): Promise<readonly Receipt[]> =>
  ((await post('/touchpoints', items)) as { receipts: Receipt[] }).receipts;
const get = (query = '', key = server.keys.apiKey): Promise<Response> =>
  fetch(`${server.url}/api/warnings${query}`, { headers: { authorization: `Bearer ${key}` } });
const list = async (query = ''): Promise<{ items: Item[]; next: string | null }> =>
  (await get(query)).json() as Promise<{ items: Item[]; next: string | null }>;

const touch = (messageId: string, more: object = {}): object => ({
  ...{ messageId, kind: 'page_view', userId: 'u-1' },
  ...more,
});

describe('a receipt', () => {
  test('of a touchpoint that was taken as it is has no warnings', async () => {
    const [receipt] = await receipts(touch('plain', { occurredAt: '2026-03-01T09:30:00Z' }));
    expect(Object.keys(receipt ?? {})).toEqual(['messageId', 'status', 'position', 'eventId']);
  });

  test('names a replaced time, a dropped address and ignored placeholders, also when it is a duplicate', async () => {
    const strange = touch('strange', {
      occurredAt: '2026-02-30T09:30:00Z',
      traits: { email: 'ada@acme.example;bob@acme.example' },
      anonymousId: '{{anonymous_id}}',
    });
    const [first, again] = await receipts(strange, strange);

    const warnings = [
      { code: 'placeholder-ignored', path: 'anonymousId' },
      { code: 'email-invalid', path: 'traits.email' },
      { code: 'time-replaced', path: 'occurredAt' },
    ];
    expect(first).toMatchObject({ status: 'accepted', warnings });
    expect(again).toMatchObject({ status: 'duplicate', warnings });
    expect(first?.warnings?.[2]?.message).toMatch(/^"2026-02-30T09:30:00Z" is no time/);
  });
});

describe('GET /api/warnings', () => {
  test('needs an API key; a write key is none', async () => {
    expect((await fetch(`${server.url}/api/warnings`)).status).toBe(401);
    expect((await get('', server.keys.writeKey)).status).toBe(401);
  });

  test('lists the warnings of Segment calls, whose answers hold none', async () => {
    const track = { messageId: 's-1', event: 'T', userId: '${user.id}', anonymousId: 'a-1' };
    expect(await post('/v1/track', { ...track, timestamp: '01/02/2026' })).toEqual({ success: true });

    const { items, next } = await list();
    expect(items).toMatchObject([
      { messageId: 's-1', code: 'time-replaced', path: 'timestamp', format: 'segment', call: 'track' },
      { messageId: 's-1', code: 'placeholder-ignored', path: 'userId' },
    ]);
    expect(next).toBeNull();
    const [event] = await server.store.readAll((await server.store.head()) - 1n, 1);
    expect(items[0]?.eventId).toBe(event?.id);
  });

  test('holds each warning once, however often the message is sent', async () => {
    const late = touch('late', { occurredAt: 'yesterday' });
    await receipts(late);
    await receipts(late, late);
    expect((await list()).items).toHaveLength(1);
  });

  test('is paged, newest first, and filtered by code', async () => {
    for (const nr of [1, 2, 3])
      await receipts(touch(`p-${nr}`, { occurredAt: 'soon', traits: { email: 'none such' } }));
    const first = await list('?limit=2&code=time-replaced');
    expect(first.items.map(({ messageId }) => messageId)).toEqual(['p-3', 'p-2']);
    const second = await list(`?limit=2&code=time-replaced&cursor=${first.next}`);
    expect(second.items.map(({ messageId }) => messageId)).toEqual(['p-1']);
    expect(second.next).toBeNull();
    expect((await list()).items).toHaveLength(6);
  });

  test('shows a workspace its own alone', async () => {
    const { apiKey } = await server.workspaces.add('other');
    await receipts(touch('mine', { occurredAt: 'soon' }));
    expect(await (await get('', apiKey)).json()).toEqual({ items: [], next: null });
  });

  test.each(['?cursor=x', '?limit=0', '?limit=501', '?unknown=1'])('refuses %s', async (query) => {
    expect((await get(query)).status).toBe(400);
  });
});

test('of each workspace the newest warnings are kept', async () => {
  const { pool } = server.database;
  for (const messageId of ['w-1', 'w-2', 'w-3']) await receipts(touch(messageId, { occurredAt: 'soon' }));
  await new WarningLog(pool).removeOld(2);
  expect((await list()).items.map(({ messageId }) => messageId)).toEqual(['w-3', 'w-2']);
  await new WarningLog(pool).removeOld(2);
  expect((await list()).items).toHaveLength(2);
});

test('a message that the log had no room for leaves no warning', async () => {
  const full = Object.assign(new MemoryEventStore(), { record: () => Promise.reject(new QueueFull()) });
  const codes: string[] = [];
  const pipeline = new Pipeline(full, new RejectedLog(server.database.pool), {
    warnings: new WarningLog(server.database.pool),
    onWarning: (code) => codes.push(code),
  });
  const origin = { workspace: 'main', collector: 'web', call: 'touchpoints', receivedAt: new Date() };
  await expect(
    pipeline.ingest(native, origin, { items: [touch('full', { occurredAt: 'soon' })] }),
  ).rejects.toThrow(QueueFull);
  expect((await list()).items).toEqual([]);
  expect(codes).toEqual([]);
});

test('a record of Kafka is warned of and counted like a request, by the placeholders of the setting', async () => {
  const metrics = new Metrics();
  const { pool } = server.database;
  const pipeline = new Pipeline(server.store, new RejectedLog(pool), {
    warnings: new WarningLog(pool),
    onWarning: (code) => metrics.warnings.inc({ code }),
    isPlaceholder: placeholders(['test@example.com']),
  });
  const deps: RecordIntake = {
    pipeline,
    formats: recordFormats(FORMATS.list),
    resolveWriteKey: () => Promise.resolve({ workspace: 'main', collector: 'web' }),
    writeKey: 'wk',
    publishRejected: () => Promise.resolve(),
    now: () => new Date(),
  };
  const value = Buffer.from(
    JSON.stringify(touch('k-1', { email: 'Test@Example.com', occurredAt: '2026-13-01' })),
  );
  const record = { partition: 0, offset: 0, timestamp: Date.now(), key: null, value, headers: {} };

  await writeRecords(deps, await prepareRecords(deps, [record]), { source: 'test', next: 1n });

  expect((await list()).items).toMatchObject([
    { messageId: 'k-1', code: 'time-replaced', path: 'occurredAt', call: 'kafka' },
    { messageId: 'k-1', code: 'placeholder-ignored', path: 'email' },
  ]);
  const { values } = await metrics.warnings.get();
  expect(values.map(({ labels, value }) => [labels.code, value])).toEqual([
    ['placeholder-ignored', 1],
    ['time-replaced', 1],
  ]);
});

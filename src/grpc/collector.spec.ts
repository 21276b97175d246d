import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CollectorService } from '../proto/touchline/v1/collector_pb.js';
import { Receipt_Status } from '../proto/touchline/v1/collector_pb.js';
import { bearer, good, metadataOf, messageOf } from '../../test/grpc.js';
import { type GrpcApp, grpcApp } from '../../test/grpc-app.js';

let app: GrpcApp;
beforeAll(async () => {
  app = await grpcApp({ ROLES: 'collect,query' });
});
afterAll(() => app?.close());

const { record } = CollectorService.method;
const view = (messageId: string, more: object = {}) => ({
  ...{ messageId, kind: 'page_view', anonymousId: 'a-1' },
  ...more,
});
interface Row {
  readonly messageId: string | null;
  readonly payloadBytes: number;
}
/** The open rows of `rejected`, newest first. */
async function rejected(apiKey = app.keys.apiKey): Promise<Row[]> {
  const answer = await app.app.inject({
    url: '/api/rejected',
    headers: { authorization: `Bearer ${apiKey}` },
  });
  return answer.json<{ items: Row[] }>().items;
}

test('a touchpoint carries the scope of the write key it came with', async () => {
  const head = await app.runtime.store.head();
  await good(app.client(app.keys.publicWriteKey).record([view('scope-1')]));
  await good(app.client(app.keys.writeKey).record([view('scope-2')]));
  const events = await app.runtime.store.readAll(head, 10);
  expect(events.map(({ data }) => ('keyScope' in data ? data.keyScope : null))).toEqual(['public', null]);
});

describe('Record', () => {
  test('answers a receipt for each touchpoint, in order', async () => {
    const { receipts } = await good(app.collector.record([view('r-1'), { messageId: 'r-2' }, view('r-1')]));
    expect(receipts).toMatchObject([
      { messageId: 'r-1', status: Receipt_Status.ACCEPTED },
      { messageId: 'r-2', status: Receipt_Status.REJECTED, reason: { code: 'missing-field', path: 'kind' } },
      { messageId: 'r-1', status: Receipt_Status.DUPLICATE },
    ]);
    expect(receipts[0]!.eventId).toMatch(/^[0-9a-f-]{36}$/);
    expect(receipts[0]!.position).toBeGreaterThan(0n);
    expect([receipts[1]!.position, receipts[1]!.eventId]).toEqual([undefined, undefined]);
    expect(receipts[2]).toMatchObject({ position: receipts[0]!.position, eventId: receipts[0]!.eventId });
  });

  test('warns of what was replaced or left out of a touchpoint', async () => {
    const occurredAt = { seconds: 4_102_444_800n, nanos: 0 };
    const strange = view('w-1', { occurredAt, userId: '{{user_id}}', traits: { email: 'none@such' } });
    const { receipts } = await good(app.collector.record([strange, view('w-2')]));
    expect(receipts).toMatchObject([
      {
        status: Receipt_Status.ACCEPTED,
        warnings: [
          { code: 'placeholder-ignored', path: 'userId' },
          { code: 'email-invalid', path: 'traits.email' },
          { code: 'time-replaced', path: 'occurredAt' },
        ],
      },
      { status: Receipt_Status.ACCEPTED, warnings: [] },
    ]);
  });

  test('of what came over HTTP already is a duplicate, and the other way round', async () => {
    const occurredAt = '2026-03-01T09:30:00.250Z';
    const http = (messageId: string) =>
      app.app.inject({
        method: 'POST',
        url: '/touchpoints',
        headers: { authorization: `Bearer ${app.keys.writeKey}` },
        payload: [view(messageId, { occurredAt })],
      });
    const at = { seconds: BigInt(Date.parse(occurredAt)) / 1000n, nanos: 250_000_000 };
    const overHttp = (await http('both-1')).json().receipts[0];
    const { receipts } = await good(
      app.collector.record([view('both-1', { occurredAt: at }), view('both-2', { occurredAt: at })]),
    );
    expect(receipts[0]).toMatchObject({ status: Receipt_Status.DUPLICATE, eventId: overHttp.eventId });
    expect((await http('both-2')).json().receipts[0]).toMatchObject({
      status: 'duplicate',
      position: String(receipts[1]!.position),
    });
  });

  test('keeps what it rejects, whole, to be replayed', async () => {
    await good(app.collector.record([view('k-1', { kind: 'levitation', traits: { title: 'CTO' } })]));
    expect((await rejected())[0]).toMatchObject({
      ...{ messageId: 'k-1', format: 'protobuf', call: 'Record', unit: 'item' },
      reason: { code: 'unknown-kind', path: 'kind' },
      payload: { messageId: 'k-1', kind: 'levitation', anonymousId: 'a-1', traits: { title: 'CTO' } },
    });
    const replayed = await app.app.inject({
      method: 'POST',
      url: '/api/rejected/replay',
      headers: { authorization: `Bearer ${app.keys.apiKey}` },
      payload: { code: 'unknown-kind' },
    });
    expect(replayed.json()).toMatchObject({ rejected: 1 });
  });

  test('an empty request is answered with no receipts', async () => {
    expect((await good(app.collector.record([]))).receipts).toEqual([]);
  });
});

describe('the write key', () => {
  const basic = (key: string) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`;

  test('is taken as Bearer, as user of Basic and as x-write-key', async () => {
    const { writeKey } = app.keys;
    for (const metadata of [
      bearer(writeKey),
      metadataOf({ authorization: basic(writeKey) }),
      metadataOf({ 'x-write-key': writeKey }),
    ])
      expect((await good(app.client().record([view('key')], metadata))).receipts).toHaveLength(1);
  });

  test.each([
    ['none', {}, 'write-key-missing'],
    ['an unknown one', { authorization: 'Bearer wk_nobody' }, 'write-key-unknown'],
    ['an unknown one in the header', { 'x-write-key': 'wk_nobody' }, 'write-key-unknown'],
  ])('%s is UNAUTHENTICATED, for a call and for a stream', async (_, headers, reason) => {
    const client = app.client();
    const failure = { status: 'UNAUTHENTICATED', reason, domain: 'touchline' };
    expect(await client.record([view('no')], metadataOf(headers))).toMatchObject(failure);
    expect(await client.recordStream([[view('no')]], metadataOf(headers))).toMatchObject(failure);
  });

  test('the API key does not write', async () => {
    expect(await app.analyst.record([view('no')])).toMatchObject({ reason: 'write-key-unknown' });
  });

  test('that was revoked stops working when keys are read again', async () => {
    const { writeKey } = await app.workspaces.add('leaving');
    const client = app.client(writeKey);
    await good(client.record([view('last')]));
    await app.database.pool.query(
      `UPDATE touchline.write_key SET revoked_at = now() WHERE workspace = 'leaving'`,
    );
    await app.client('wk_unknown_makes_it_read_again').record([]);
    expect(await client.record([view('late')])).toMatchObject({ reason: 'write-key-unknown' });
  });

  test('writes to its own workspace alone', async () => {
    const other = await app.workspaces.add('other');
    const { receipts } = await good(
      app.client(other.writeKey).record([view('r-1'), view('lost', { kind: 'x' })]),
    );
    expect(receipts.map(({ status }) => status)).toEqual([Receipt_Status.ACCEPTED, Receipt_Status.REJECTED]);
    expect((await rejected(other.apiKey)).map(({ messageId }) => messageId)).toEqual(['lost']);
    expect((await rejected()).map(({ messageId }) => messageId)).not.toContain('lost');
  });
});

describe('a request that cannot be taken', () => {
  test.each([
    ['garbage', Buffer.from('this is no protobuf at all')],
    ['a message that breaks off', messageOf([view('half')]).subarray(0, -3)],
    ['JSON', Buffer.from('{"touchpoints":[]}')],
    ['a group', Buffer.from([0x0b, 0x0c])],
  ])('%s is INVALID_ARGUMENT, and kept as it came', async (_, bytes) => {
    expect(await app.collector.callWith(record, bytes)).toMatchObject({
      ...{ status: 'INVALID_ARGUMENT', reason: 'unreadable-body' },
      message: expect.stringMatching(/^The body is not the Protobuf message of this call: /),
    });
    expect((await rejected())[0]).toMatchObject({
      ...{ unit: 'request', format: 'protobuf', call: 'Record', payloadBytes: bytes.length },
      reason: { code: 'unreadable-body' },
    });
  });

  test('fields of a wrong type are fields that nobody knows', async () => {
    const numberForId = Buffer.from([0x0a, 0x02, 0x08, 0x07]);
    const answer = await good(app.collector.callWith(record, numberForId));
    expect(answer.receipts).toMatchObject([{ reason: { code: 'missing-field', path: 'messageId' } }]);
  });

  test('more than 2,500 touchpoints are RESOURCE_EXHAUSTED, and kept', async () => {
    const many = Array.from({ length: 2501 }, (_, nth) => view(`many-${nth}`));
    expect(await app.collector.record(many)).toMatchObject({
      ...{ status: 'RESOURCE_EXHAUSTED', reason: 'too-large' },
      message: expect.stringContaining('2500'),
    });
    expect((await rejected())[0]).toMatchObject({ unit: 'request', reason: { code: 'too-many-events' } });
  });

  test('an event over 32 KB is rejected alone', async () => {
    const { receipts } = await good(
      app.collector.record([view('big', { properties: { blob: 'x'.repeat(33_000) } }), view('small')]),
    );
    expect(receipts).toMatchObject([
      { messageId: 'big', status: Receipt_Status.REJECTED, reason: { code: 'event-too-large' } },
      { messageId: 'small', status: Receipt_Status.ACCEPTED },
    ]);
  });

  test('a message over 1 MB is RESOURCE_EXHAUSTED, and that it came is kept', async () => {
    const blob = 'x'.repeat(30_000);
    const touchpoints = Array.from({ length: 36 }, (_, nth) => view(`mb-${nth}`, { properties: { blob } }));
    expect(await app.collector.record(touchpoints)).toMatchObject({
      ...{ status: 'RESOURCE_EXHAUSTED', reason: 'too-large' },
      message: 'The request body is over the limit of 1 MB',
    });
    const [row] = await rejected();
    expect(row).toMatchObject({ unit: 'request', reason: { code: 'request-too-large' } });
    expect(row!.payloadBytes).toBeGreaterThan(2 ** 20);
  });

  test('a message over 2 MB is RESOURCE_EXHAUSTED too', async () => {
    expect(await app.collector.callWith(record, Buffer.alloc(2 ** 21 + 1))).toMatchObject({
      status: 'RESOURCE_EXHAUSTED',
    });
  });

  test('fields nested deeper than any event may be reject it, or its request when no reader would follow', async () => {
    const deep = (levels: number) => view(`deep-${levels}`, { properties: nested(levels) });
    const { receipts } = await good(app.collector.record([deep(33), deep(2)]));
    expect(receipts).toMatchObject([{ reason: { code: 'too-deep' } }, { status: Receipt_Status.ACCEPTED }]);
    expect(await app.collector.record([deep(400)])).toMatchObject({ reason: 'unreadable-body' });
  });
});

const nested = (levels: number): object => (levels === 1 ? {} : { in: nested(levels - 1) });

test('a key over its rate is answered RESOURCE_EXHAUSTED with the time to wait, by calls and by streams', async () => {
  const limited = await grpcApp({ ROLES: 'collect', TOUCHLINE_KEY_EVENTS_PER_SECOND: '1' });
  try {
    const touchpoints = Array.from({ length: 100 }, (_, nth) => view(`quota-${nth}`));
    await good(limited.collector.record(touchpoints));
    const refused = {
      status: 'RESOURCE_EXHAUSTED',
      reason: 'quota-exceeded',
      retryAfter: expect.any(Number),
    };
    expect(await limited.collector.record([view('quota-over')])).toMatchObject(refused);
    const { call, answer } = limited.collector.stream();
    call.write(messageOf([view('quota-stream')]));
    call.end();
    expect(await answer).toMatchObject(refused);
    expect(await limited.runtime.store.head()).toBe(101n);
  } finally {
    await limited.close();
  }
});

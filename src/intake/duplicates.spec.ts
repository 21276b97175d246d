import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { decodeItems } from '../../test/decode-body.js';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { TouchpointSchema } from '../proto/touchline/v1/touchpoint_pb.js';
import { cloudevents } from './formats/cloudevents.js';
import { native } from './formats/native.js';
import { protobuf } from './formats/protobuf.js';
import { segment } from './formats/segment.js';
import type { Format } from './format.js';
import { normalise } from './normalise.js';

/** Law 3: workspace, collector and message id decide whether a message is known, and nothing else does. */

const origin = { workspace: 'main', collector: 'web', call: 'batch' };

function idsOf(format: Format, item: unknown, receivedAt: Date, more: object = {}): readonly string[] {
  const step = normalise(format, { ...origin, receivedAt, ...more }, item);
  if ('rejected' in step) throw new Error(step.rejected.message);
  return step.facts.map(({ event }) => event.id);
}

type At = Date | undefined;

/** One message of each format, as it is sent with these times. */
const MESSAGES: Readonly<Record<string, (at: At, sentAt: At) => readonly [Format, unknown]>> = {
  'a native touchpoint': (occurredAt, sentAt) => [
    native,
    { messageId: 'm-1', kind: 'page_view', userId: 'u-1', occurredAt, sentAt },
  ],
  'a Segment track call with timestamp': (timestamp, sentAt) => [
    segment,
    { type: 'track', event: 'T', messageId: 'm-1', userId: 'u-1', timestamp, sentAt },
  ],
  'a Segment group call with originalTimestamp': (originalTimestamp, sentAt) => [
    segment,
    { type: 'group', messageId: 'm-1', userId: 'u-1', groupId: 'g-1', originalTimestamp, sentAt },
  ],
  'a CloudEvent': (time) => [
    cloudevents,
    { specversion: '1.0', id: '1', source: '/s', type: 't', time, data: { kind: 'page_view', userId: 'u' } },
  ],
  'a touchpoint in Protobuf': (at, sentAt) => [
    protobuf,
    protobufItem({
      ...(at && { occurredAt: timestampFromDate(at) }),
      ...(sentAt && { sentAt: timestampFromDate(sentAt) }),
    }),
  ],
};

function protobufItem(times: object): unknown {
  const message = create(TouchpointSchema, { messageId: 'm-1', kind: 'page_view', userId: 'u-1', ...times });
  return decodeItems(protobuf, 'kafka', Buffer.from(toBinary(TouchpointSchema, message)))[0];
}

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const instant = fc.date({ min: new Date('1990-01-02'), max: new Date('2030-01-01'), noInvalidDate: true });

describe.each(Object.entries(MESSAGES))('%s sent twice', (_, message) => {
  test('has the same event ids, whatever its times and whenever it arrives', () => {
    const time = fc.option(instant, { nil: undefined });
    const sending = fc.record({ at: time, sentAt: time, receivedAt: instant });
    fc.assert(
      fc.property(sending, sending, (first, second) => {
        const [one, two] = [first, second].map(({ at, sentAt, receivedAt }) => {
          const [format, item] = message(at, sentAt);
          return idsOf(format, asJson(item), receivedAt);
        });
        expect(one).toEqual(two);
      }),
      { numRuns: 50 },
    );
  });
});

describe('event ids', () => {
  const at = new Date('2026-03-01T12:00:00Z');
  const item = { type: 'group', messageId: 'm-1', userId: 'u-1', groupId: 'g-1' };

  test('differ between the facts of one message', () => {
    expect(new Set(idsOf(segment, item, at)).size).toBe(2);
  });

  test.each([
    ['workspaces', { workspace: 'other' }],
    ['collectors', { collector: 'mail' }],
  ])('differ between %s', (_, more) => {
    expect(idsOf(segment, item, at, more)).not.toEqual(idsOf(segment, item, at));
  });

  test.each([
    ['text and number', 'm-1', segment, { messageId: 7 }, { messageId: '7' }],
    ['space around it', 'm-1', native, { messageId: ' m-1\n' }, { messageId: 'm-1' }],
  ])('are the same for a message id as %s', (_, __, format, one, two) => {
    const base = { type: 'track', event: 'T', kind: 'page_view', userId: 'u-1' };
    expect(idsOf(format, { ...base, ...one }, at)).toEqual(idsOf(format, { ...base, ...two }, at));
  });

  test('differ between long message ids of astral characters that differ at the end', () => {
    const base = { type: 'track', event: 'T', userId: 'u-1' };
    const long = '🚀'.repeat(99);
    expect(idsOf(segment, { ...base, messageId: `${long}a` }, at)).not.toEqual(
      idsOf(segment, { ...base, messageId: `${long}b` }, at),
    );
  });

  test('of messages without id and time differ, since both count; with a time they are one', () => {
    const page = { type: 'page', userId: 'u-1' };
    const timed = { ...page, timestamp: '2026-03-01T10:00:00Z' };
    const later = new Date(+at + 5000);
    expect(idsOf(segment, page, at)).not.toEqual(idsOf(segment, page, later));
    expect(idsOf(segment, timed, at)).toEqual(
      idsOf(segment, { ...timed, sentAt: '2026-03-01T10:00:09Z' }, later),
    );
  });
});

describe('over HTTP', () => {
  let server: IntakeServer;
  beforeAll(async () => {
    server = await intakeServer();
  });
  afterAll(() => server.stop());

  const post = async (
    path: string,
    body: unknown,
  ): Promise<{ receipts: { status: string; position: string }[] }> => {
    const headers = { authorization: `Bearer ${server.keys.writeKey}` };
    const answer = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as { receipts: { status: string; position: string }[] };
  };

  test('a message sent again with another time, or none, answers its first receipt in any format', async () => {
    const touch = { messageId: 'm-1', kind: 'page_view', userId: 'u-1' };
    const first = await post('/touchpoints', { ...touch, occurredAt: '2026-03-01T09:30:00Z' });
    const again = await post('/touchpoints', [touch, { ...touch, occurredAt: '2026-03-02T09:30:00Z' }]);
    await post('/v1/track', {
      messageId: 'm-1',
      event: 'T',
      userId: 'u-1',
      timestamp: '2026-03-03T09:30:00Z',
    });

    const position = first.receipts[0]?.position;
    expect(again.receipts).toMatchObject([
      { status: 'duplicate', position },
      { status: 'duplicate', position },
    ]);
    expect(await server.store.head()).toBe(1n);
  });

  test('a rejected message that is corrected and sent, then replayed, stays one event', async () => {
    const broken = { messageId: 'm-2', kind: 'page_view', userId: 'u-2', content: { url: 'no address' } };
    await post('/touchpoints', { ...broken, occurredAt: '2026-03-01T09:30:00Z' });
    await post('/touchpoints', { ...broken, content: null });
    await server.database.pool.query(
      `UPDATE touchline.rejected SET payload = convert_to(replace(convert_from(payload, 'UTF8'), 'no address', 'https://acme.example/'), 'UTF8')`,
    );
    const head = await server.store.head();

    const answer = await fetch(`${server.url}/api/rejected/replay`, {
      method: 'POST',
      body: '{}',
      headers: { authorization: `Bearer ${server.keys.apiKey}`, 'content-type': 'application/json' },
    });

    expect(await answer.json()).toMatchObject({
      tried: 1,
      accepted: 1,
      results: [{ position: String(head) }],
    });
    expect(await server.store.head()).toBe(head);
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';

interface Receipt {
  messageId: string | null;
  status: 'accepted' | 'duplicate' | 'rejected';
  position?: string;
  eventId?: string;
  reason?: { code: string; message: string; path?: string };
}

let server: IntakeServer;
beforeAll(async () => {
  server = await intakeServer();
});
afterAll(() => server.stop());

const send = (body: string): Promise<Response> =>
  fetch(`${server.url}/touchpoints`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${server.keys.writeKey}`, 'content-type': 'application/json' },
  });
async function receipts(body: unknown): Promise<Receipt[]> {
  const answer = await send(JSON.stringify(body));
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { receipts: Receipt[] }).receipts;
}

describe('POST /touchpoints', () => {
  test('one touchpoint: a receipt that names its event in the log', async () => {
    const [receipt] = await receipts({ messageId: 'm-1', kind: 'page_view', anonymousId: 'a-1' });
    const [event] = await server.store.readAll(0n, 1);
    expect(receipt).toEqual({
      messageId: 'm-1',
      status: 'accepted',
      position: String(event?.position),
      eventId: event?.id,
    });
  });

  test('sent again: a duplicate with the first receipt', async () => {
    const touchpoint = {
      messageId: 'm-2',
      kind: 'page_view',
      userId: 'u-1',
      occurredAt: '2026-03-01T09:30:00Z',
    };
    const [first] = await receipts(touchpoint);
    const [again] = await receipts({ ...touchpoint, sentAt: '2026-03-02T00:00:00Z' });
    expect(again).toEqual({ ...first, status: 'duplicate' });
  });

  test('a list: a receipt each, in order', async () => {
    const good = (messageId: string): object => ({ messageId, kind: 'form_fill', email: 'ada@acme.example' });
    const answer = await receipts([
      good('m-3'),
      { messageId: 'm-4', kind: 'teleport', userId: 'u' },
      7,
      good('m-3'),
      good('m-5'),
    ]);
    expect(answer.map(({ messageId, status }) => [messageId, status])).toEqual([
      ['m-3', 'accepted'],
      ['m-4', 'rejected'],
      [null, 'rejected'],
      ['m-3', 'duplicate'],
      ['m-5', 'accepted'],
    ]);
    expect(answer[1]?.reason).toMatchObject({
      code: 'unknown-kind',
      path: 'kind',
      message: expect.stringContaining('page_view'),
    });
    expect(answer[3]?.position).toBe(answer[0]?.position);
  });

  test('an empty list', async () => expect(await receipts([])).toEqual([]));

  test.each([
    ['', 400, 'unreadable-body'],
    ['{', 400, 'unreadable-body'],
    ['"text"', 400, 'unreadable-body'],
    [
      JSON.stringify({
        messageId: 'big',
        kind: 'custom',
        userId: 'u-1',
        properties: { blob: 'x'.repeat(33_000) },
      }),
      413,
      'too-large',
    ],
    [`[${'1,'.repeat(2500)}1]`, 413, 'too-large'],
    [JSON.stringify([' '.repeat(1024 * 1024 - 3)]), 413, 'too-large'],
  ])('%.20s… is refused with %d', async (body, status, code) => {
    const answer = await send(body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
  });

  test('1 MB of touchpoints fits', async () => {
    const touchpoint = (index: number): object => ({
      messageId: `bulk-${index}`,
      kind: 'custom',
      userId: `u-${index}`,
      properties: { blob: 'x'.repeat(20_000) },
    });
    const answer = await receipts(Array.from({ length: 50 }, (_, index) => touchpoint(index)));
    expect(new Set(answer.map(({ status }) => status))).toEqual(new Set(['accepted']));
  });
});

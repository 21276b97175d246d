import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { problemCode, WebhookServer } from '../../test/webhook-server.js';

let hooks: WebhookServer;
let path: string;
let head: bigint;
beforeAll(async () => {
  hooks = await WebhookServer.start();
  const secrets = ['touchline:first secret', 'second-secret'];
  path = `/webhooks/postmark/${await hooks.addCollector({ name: 'mail', format: 'postmark', secrets })}`;
});
afterAll(() => hooks.stop());
beforeEach(async () => {
  head = await hooks.server.store.head();
});

const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });

const OPEN = {
  ...{ RecordType: 'Open', MessageID: 'm-1', Recipient: 'ada@acme.example', Tag: 'welcome' },
  ReceivedAt: '2026-03-01T09:30:00Z',
};

const deliver = (body: object, headers: Record<string, string>, to = path): Promise<Response> =>
  hooks.post(to, JSON.stringify(body), { 'content-type': 'application/json', ...headers });

async function expectNothingStored(): Promise<void> {
  expect(await hooks.stored(head)).toEqual({ events: [], rejected: 0 });
}

describe("Postmark's webhook", () => {
  test.each<[string, Record<string, string>]>([
    ['user and password of HTTP Basic', basic('touchline:first secret')],
    ['the password of HTTP Basic for any user', basic('anybody:second-secret')],
    ['the usual header', { 'X-Webhook-Secret': 'second-secret' }],
  ])('accepts a secret as %s', async (how, headers) => {
    expect((await deliver({ ...OPEN, MessageID: how }, headers)).status).toBe(200);
    expect((await hooks.stored(head)).events).toMatchObject([
      { data: { kind: 'email_open', campaign: 'welcome' } },
    ]);
  });

  test('accepts a secret in the header that its settings name, and no longer in the usual one', async () => {
    const settings = { secretHeader: 'X-Acme' };
    const collector = { name: 'own', format: 'postmark', settings, secrets: ['third'] };
    const own = `/webhooks/postmark/${await hooks.addCollector(collector)}`;
    expect((await deliver({ ...OPEN, MessageID: 'own' }, { 'x-acme': 'third' }, own)).status).toBe(200);
    expect(
      (await deliver({ ...OPEN, MessageID: 'usual' }, { 'x-webhook-secret': 'third' }, own)).status,
    ).toBe(401);
  });

  test.each<[string, Record<string, string>, string]>([
    ['another password', basic('touchline:other'), 'signature-invalid'],
    ['the secret as user', basic('second-secret:'), 'signature-invalid'],
    ['another header value', { 'x-webhook-secret': 'second-secre' }, 'signature-invalid'],
    ['a bearer token', { authorization: 'Bearer second-secret' }, 'signature-missing'],
    ['no secret', {}, 'signature-missing'],
  ])('refuses %s, and stores nothing', async (_, headers, code) => {
    const answer = await deliver(OPEN, headers);
    expect([answer.status, await problemCode(answer)]).toEqual([401, code]);
    await expectNothingStored();
  });

  test('refuses a collector that is unknown', async () => {
    expect((await deliver(OPEN, basic('a:second-secret'), '/webhooks/postmark/unknown')).status).toBe(404);
    await expectNothingStored();
  });

  test('records an event that is sent again once, and two of different times twice', async () => {
    const event = { ...OPEN, MessageID: 'again' };
    for (const ReceivedAt of [OPEN.ReceivedAt, OPEN.ReceivedAt, '2026-03-01T09:30:01Z'])
      expect((await deliver({ ...event, ReceivedAt }, basic('a:second-secret'))).status).toBe(200);
    expect((await hooks.stored(head)).events).toHaveLength(2);
  });
});

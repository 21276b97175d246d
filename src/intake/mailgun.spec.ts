import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHmac, randomBytes } from 'node:crypto';
import { problemCode, WebhookServer } from '../../test/webhook-server.js';

const SECRETS = ['key-live', 'key-rotated'];

let hooks: WebhookServer;
let path: string;
let head: bigint;
beforeAll(async () => {
  hooks = await WebhookServer.start();
  path = `/webhooks/mailgun/${await hooks.addCollector({ name: 'mail', format: 'mailgun', secrets: SECRETS })}`;
});
afterAll(() => hooks.stop());
beforeEach(async () => {
  head = await hooks.server.store.head();
});

const HOUR = 3_600;
const now = (): number => Math.floor(Date.now() / 1000);

interface Signing {
  readonly secret?: string;
  readonly token?: string;
  readonly timestamp?: string;
}

function signature({
  secret = 'key-live',
  token = randomBytes(25).toString('hex'),
  timestamp = String(now()),
}: Signing) {
  const signed = createHmac('sha256', secret)
    .update(timestamp + token)
    .digest('hex');
  return { timestamp, token, signature: signed };
}

const delivered = (id: string, more: object = {}) => ({
  ...{ event: 'delivered', id, timestamp: 1772357400.5, recipient: 'ada@acme.example' },
  ...more,
});
const hook = (id: string, signing: Signing = {}, more: object = {}) => ({
  signature: signature(signing),
  'event-data': delivered(id, more),
});
const deliver = (body: object, to = path): Promise<Response> => hooks.post(to, JSON.stringify(body));

async function expectNothingStored(): Promise<void> {
  expect(await hooks.stored(head)).toEqual({ events: [], rejected: 0 });
}

describe("Mailgun's webhook", () => {
  test.each(SECRETS)('accepts signatures of the live secret %s', async (secret) => {
    expect((await deliver(hook(`e-${secret}`, { secret }))).status).toBe(200);
    expect((await hooks.stored(head)).events).toMatchObject([{ data: { kind: 'email_delivered' } }]);
  });

  test('accepts the signature of the parent of a subaccount', async () => {
    const { signature: own, ...fields } = signature({ secret: 'key-of-the-subaccount' });
    const { signature: parent } = signature({ ...fields, secret: 'key-live' });
    const body = {
      ...hook('e-parent'),
      signature: { ...fields, signature: own, 'parent-signature': parent },
    };
    expect((await deliver(body)).status).toBe(200);
    expect((await hooks.stored(head)).events).toHaveLength(1);
  });

  test.each<[string, () => object, string]>([
    ['of another key', () => hook('e', { secret: 'other' }), 'signature-invalid'],
    [
      'over another time',
      () => ({ ...hook('e'), signature: { ...signature({}), timestamp: '1' } }),
      'signature-invalid',
    ],
    ['of two days ago', () => hook('e', { timestamp: String(now() - 48 * HOUR) }), 'signature-expired'],
    ['of tomorrow', () => hook('e', { timestamp: String(now() + 24 * HOUR) }), 'signature-expired'],
    ['that is missing', () => ({ 'event-data': delivered('e') }), 'signature-missing'],
    [
      'without a token',
      () => ({ ...hook('e'), signature: { ...signature({}), token: '' } }),
      'signature-missing',
    ],
    ['with an endless token', () => hook('e', { token: 'x'.repeat(1_000) }), 'signature-missing'],
  ])('refuses a signature %s, and stores nothing', async (_, body, code) => {
    const answer = await deliver(body());
    expect([answer.status, await problemCode(answer)]).toEqual([401, code]);
    await expectNothingStored();
  });

  test('refuses the token of one webhook with the event of another, which the signature does not cover', async () => {
    const seen = hook('e-seen');
    expect((await deliver(seen)).status).toBe(200);
    const answer = await deliver({
      ...seen,
      'event-data': delivered('e-forged', { recipient: 'bob@acme.example' }),
    });
    expect([answer.status, await problemCode(answer)]).toEqual([401, 'token-used']);
    expect((await hooks.stored(head)).events).toHaveLength(1);
  });

  test.each([
    ['an exponent', 'e0', (token: string) => [`e${token[1]}`, token.slice(2)]],
    ['a digit', '7a', (token: string) => [token[0] ?? '', token.slice(1)]],
    ['spaces', '7a', (token: string) => [' ', `${token} `]],
  ])('refuses a used token of which the time takes %s', async (_, start, cut) => {
    const timestamp = String(now());
    const token = start + randomBytes(24).toString('hex');
    const seen = hook(`e-${token}`, { token, timestamp });
    expect((await deliver(seen)).status).toBe(200);
    const [taken = '', left] = cut(token);
    const answer = await deliver({
      signature: { ...seen.signature, timestamp: timestamp + taken, token: left },
      'event-data': delivered(`forged-${token}`, { recipient: 'bob@acme.example' }),
    });
    expect(answer.status).toBe(401);
    expect((await hooks.stored(head)).events).toHaveLength(1);
  });

  test('accepts what Mailgun sends again for eight hours with the first signature, and records it once', async () => {
    const body = hook('e-late', { timestamp: String(now() - 8 * HOUR) });
    for (let time = 0; time < 3; time += 1) expect((await deliver(body)).status).toBe(200);
    expect((await hooks.stored(head)).events).toHaveLength(1);
  });

  test('a token of one collector is another at the next', async () => {
    const secrets = ['key-live'];
    const id = await hooks.addCollector({ name: 'second', format: 'mailgun', secrets });
    const signing = { token: 'shared-token' };
    expect((await deliver(hook('e-first', signing))).status).toBe(200);
    expect((await deliver(hook('e-second', signing), `/webhooks/mailgun/${id}`)).status).toBe(200);
    expect((await hooks.stored(head)).events).toHaveLength(2);
  });

  test('refuses a collector that is unknown', async () => {
    expect((await deliver(hook('e'), '/webhooks/mailgun/unknown')).status).toBe(404);
    await expectNothingStored();
  });

  test('records a complaint as an unsubscription, with the consent that it ends', async () => {
    expect((await deliver(hook('e-spam', {}, { event: 'complained' }))).status).toBe(200);
    expect((await hooks.stored(head)).events).toMatchObject([
      {
        type: 'TouchpointRecorded',
        data: { kind: 'email_unsubscribe', properties: { spamComplaint: true } },
      },
      { type: 'ConsentChanged', data: { status: 'unsubscribed', reason: 'spam_complaint' } },
    ]);
  });

  test('keeps a signed body without an event as rejected', async () => {
    expect((await deliver({ signature: signature({}), 'event-data': 7 })).status).toBe(400);
    expect(await hooks.rejectedCodes()).toEqual(['unreadable-body']);
  });
});

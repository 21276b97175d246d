import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { testApp, type TestApp } from '../../test/app.js';
import { until } from '../../test/until.js';
import { type ReceivedMessage, WebhookReceiver } from '../../test/webhook-receiver.js';
import { eventId } from '../domain/event-id.js';
import type { NewEvent } from '../domain/events.js';
import { leadStream } from '../domain/lead-events.js';
import { MESSAGE_SCHEMAS } from './message-schemas.js';
import { checker } from '../intake/schema.js';

const SOON = 20_000;
const LEAD = '7d8c9a52-6f0e-8b1d-9e3a-2f4b5c6d7e8f';
let app: TestApp;
let otherKey: string;
beforeAll(async () => {
  const settings = { TOUCHLINE_WEBHOOK_NETWORKS: '127.0.0.1', TOUCHLINE_WEBHOOK_HTTP: 'true' };
  app = await testApp(settings);
  otherKey = 'ak_other_0123456789abcdef';
  await app.workspaces.add('other', {
    writeKey: 'wk_other_0123456789abcdef',
    serverWriteKey: 'sk_other_0123456789abcdef',
    apiKey: otherKey,
  });
});
afterAll(() => app?.close());

const receivers: WebhookReceiver[] = [];
afterEach(async () => {
  await Promise.all(receivers.splice(0).map((each) => each.stop()));
});
async function receiver(...args: Parameters<typeof WebhookReceiver.start>): Promise<WebhookReceiver> {
  const started = await WebhookReceiver.start(...args);
  receivers.push(started);
  return started;
}

interface Body {
  readonly [name: string]: unknown;
  readonly id: string;
  readonly secret: string;
  readonly code: string;
  readonly items: readonly (Body & { readonly state: string })[];
  readonly next: string | null;
  readonly errors: readonly { readonly path: string }[];
}
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

async function call(method: Method, path: string, payload?: object, key = app.keys.apiKey) {
  const headers = { authorization: `Bearer ${key}` };
  const url = `/api/webhooks${path}`;
  const answer = await app.app.inject({ method, url, headers, ...(payload && { payload }) });
  return {
    status: answer.statusCode,
    body: (answer.body === '' ? {} : answer.json()) as Body,
    text: answer.body,
  };
}
async function add(url: string, more: object = {}): Promise<Body> {
  const { status, body } = await call('POST', '', { url, ...more });
  expect(status).toBe(201);
  return body;
}

const DECISIONS = [
  {
    type: 'LeadQualified',
    data: { modelVersion: 3, persona: 'cto', score: 62.5, grade: 'B', reasons: ['score'] },
  },
  {
    type: 'LeadHandedOff',
    data: {
      modelVersion: 3,
      recipient: { id: 'rep-7', kind: 'rep' },
      rule: 'emea',
      dueBy: '2026-03-02T17:00:00Z',
    },
  },
  { type: 'LeadAccepted', data: { by: 'rep-7' } },
  { type: 'LeadRecycled', data: { by: 'rep-7', reason: 'no budget', wakeAt: '2026-09-01T00:00:00Z' } },
  { type: 'LeadDisqualified', data: { reason: 'competitor' } },
];
let decided = 0;
/** Appends each of the decisions to the stream of a new lead. */
async function decide(workspace = 'main'): Promise<string> {
  const leadId = LEAD.slice(0, -4) + String((decided += 1)).padStart(4, '0');
  const events = DECISIONS.map(({ type, data }) => ({
    ...{ id: eventId(workspace, 'test', leadId, type), type, schemaVersion: 1, occurredAt: new Date() },
    data: { leadId, cycle: 1, ...data },
  })) as NewEvent[];
  await app.runtime.store.append([{ workspace, stream: leadStream(leadId), expected: 'noStream', events }]);
  return leadId;
}
const of = (target: WebhookReceiver, leadId: string): readonly ReceivedMessage[] =>
  target.received.filter(({ data }) => data.leadId === leadId);

test('a webhook gets what is decided on leads after it was added, verified by its secret, in order', async () => {
  const before = await decide();
  const target = await receiver();
  const { id, secret } = await add(target.url);
  const leadId = await decide();
  expect(await until(() => of(target, leadId).length === 5, SOON)).toBe(true);

  expect(of(target, before)).toEqual([]);
  const types = ['qualified', 'handed_off', 'accepted', 'recycled', 'disqualified'].map(
    (name) => `lead.${name}`,
  );
  expect(of(target, leadId).map(({ type }) => type)).toEqual(types);
  for (const { body, headers, type, data } of of(target, leadId)) {
    const message = new Webhook(secret).verify(body, headers as Record<string, string>);
    expect(checker(MESSAGE_SCHEMAS[type]!.schema)(message)).toBeUndefined();
    expect(data).toMatchObject({ cycle: 1, position: expect.stringMatching(/^\d+$/) });
  }
  const delivered = async () => (await call('GET', `/${id}/deliveries?state=delivered`)).body.items;
  // What was answered is recorded right after.
  expect(await until(async () => (await delivered()).length === 5, SOON)).toBe(true);
  expect((await delivered())[0]).toMatchObject({
    type: 'lead.disqualified',
    attempts: 1,
    lastStatus: 204,
    nextAttemptAt: null,
  });
});

test('a webhook gets only the types that it asks for, and nothing of other workspaces', async () => {
  const target = await receiver();
  await add(target.url, { eventTypes: ['lead.handed_off', 'lead.recycled'] });
  await decide('other');
  const leadId = await decide();
  expect(await until(() => of(target, leadId).length === 2, SOON)).toBe(true);
  expect(target.received.map(({ type }) => type)).toEqual(['lead.handed_off', 'lead.recycled']);
});

test('a secret is shown once and stored encrypted', async () => {
  const { id, secret } = await add('https://crm.acme.example/');
  expect(secret).toMatch(/^whsec_[\w+/]{32}$/);
  for (const path of ['', `/${id}`]) expect((await call('GET', path)).text).not.toContain(secret);
  const { rows } = await app.database.pool.query<{ text: string }>(
    `SELECT encode(sealed, 'escape') AS text FROM touchline.webhook_secret WHERE endpoint = $1`,
    [id],
  );
  expect(rows.map(({ text }) => text.includes(secret.slice(6)))).toEqual([false]);
});

test('a rotated secret signs beside the new one until its overlap ends', async () => {
  const { id } = await add('https://crm.acme.example/');
  const { status, body } = await call('POST', `/${id}/rotate-secret`, { overlapHours: 1 });
  expect([status, body.secret]).toEqual([201, expect.stringMatching(/^whsec_/)]);
  const secrets = (await call('GET', `/${id}`)).body['secrets'] as {
    createdAt: string;
    expiresAt: string | null;
  }[];
  for (const { createdAt, expiresAt } of secrets)
    for (const time of [createdAt, expiresAt ?? createdAt]) expect(new Date(time).toISOString()).toBe(time);
  expect(secrets.map(({ expiresAt }) => expiresAt === null)).toEqual([false, true]);
  for (let count = 3; count <= 5; count += 1)
    expect((await call('POST', `/${id}/rotate-secret`)).status).toBe(201);
  expect((await call('POST', `/${id}/rotate-secret`)).body.code).toBe('too-many-secrets');
  expect((await call('POST', `/${id}/rotate-secret`, { overlapHours: 0 })).status).toBe(201);
});

test('a test message is sent at once, and what came of it is shown', async () => {
  const target = await receiver((_, response, nth) =>
    response.writeHead(nth === 1 ? 204 : 401).end('who are you?'),
  );
  const { id, secret } = await add(target.url);
  expect((await call('POST', `/${id}/test`)).body).toMatchObject({
    delivered: true,
    status: 204,
    error: null,
  });
  const [{ body, headers, type }] = target.received as [ReceivedMessage];
  expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
    type: 'webhook.test',
  });
  expect(type).toBe('webhook.test');
  const failed = await call('POST', `/${id}/test`);
  expect(failed.body).toMatchObject({ delivered: false, status: 401, error: 'answered 401' });
  expect(failed.text).not.toContain('who are you');
});

test('a disabled webhook gets nothing until it is enabled, and then all that waited', async () => {
  const target = await receiver();
  const { id } = await add(target.url);
  expect((await call('PATCH', `/${id}`, { enabled: false })).body).toMatchObject({
    enabled: false,
    disabledReason: 'manual',
  });
  const leadId = await decide();
  expect(
    await until(async () => (await call('GET', `/${id}/deliveries`)).body.items.length === 5, SOON),
  ).toBe(true);
  expect(target.received).toEqual([]);
  expect((await call('PATCH', `/${id}`, { enabled: true })).body).toMatchObject({
    enabled: true,
    disabledReason: null,
  });
  expect(await until(() => of(target, leadId).length === 5, SOON)).toBe(true);
});

test('deliveries are paged, the newest first, and are replayed one by one or since a time', async () => {
  const target = await receiver();
  const { id } = await add(target.url);
  const leadId = await decide();
  expect(
    await until(
      async () => (await call('GET', `/${id}/deliveries?state=delivered`)).body.items.length === 5,
      SOON,
    ),
  ).toBe(true);
  const first = (await call('GET', `/${id}/deliveries?limit=3`)).body;
  const second = (await call('GET', `/${id}/deliveries?limit=3&cursor=${first.next}`)).body;
  expect([...first.items, ...second.items].map(({ id: each }) => each)).toEqual(target.ids().reverse());
  expect(second.next).toBeNull();

  const [delivery = ''] = target.ids();
  expect((await call('POST', `/${id}/replay`, { delivery })).body).toEqual({ replayed: 1 });
  expect(await until(() => target.received.length === 6, SOON)).toBe(true);
  expect(target.ids().at(-1)).toBe(delivery);
  const since = new Date(Date.now() - 60_000).toISOString();
  expect((await call('POST', `/${id}/replay`, { since })).body).toEqual({ replayed: 0 });
  expect(
    await until(
      async () => (await call('GET', `/${id}/deliveries?state=delivered`)).body.items.length === 5,
      SOON,
    ),
  ).toBe(true);
  expect((await call('POST', `/${id}/replay`, { since, states: ['delivered'] })).body).toEqual({
    replayed: 5,
  });
  expect(await until(() => of(target, leadId).length === 11, SOON)).toBe(true);
});

test('a removed webhook is gone with its deliveries', async () => {
  const { id } = await add('https://crm.acme.example/');
  await decide();
  expect((await call('DELETE', `/${id}`)).body.id).toBe(id);
  expect((await call('GET', `/${id}`)).body.code).toBe('webhook-not-found');
  const { rowCount } = await app.database.pool.query(
    'SELECT FROM touchline.webhook_delivery WHERE endpoint = $1',
    [id],
  );
  expect(rowCount).toBe(0);
});

describe('a URL is refused', () => {
  test.each([
    ['that is none', 'crm.acme.example'],
    ['of another protocol', 'ftp://crm.acme.example/'],
    ['with a user name', 'https://user@crm.acme.example/'],
    ['with a password', 'https://user:secret@crm.acme.example/'],
    ['with a fragment', 'https://crm.acme.example/#hook'],
    ['at an internal address', 'https://10.0.0.1/'],
    ['at the metadata service', 'http://169.254.169.254/latest/meta-data'],
    ['at a loopback address in IPv6', 'https://[::1]/'],
    ['at a mapped address', 'https://[::ffff:10.0.0.1]/'],
    ['at an address as a number', 'https://167772161/'],
  ])('%s', async (_, url) => {
    const { status, body } = await call('POST', '', { url });
    expect([status, body.code, body.errors[0]?.path]).toEqual([422, 'webhook-url-invalid', 'url']);
  });
});

test.each([
  ['POST', '', {}],
  ['POST', '', { url: 1 }],
  ['POST', '', { url: 'https://a.example/', eventTypes: ['lead.sold'] }],
  ['POST', '', { url: 'https://a.example/', secret: 'mine' }],
  ['PATCH', '/ID', {}],
  ['PATCH', '/ID', { enabled: 'yes' }],
  ['POST', '/ID/replay', {}],
  ['POST', '/ID/replay', { since: 'yesterday' }],
  ['POST', '/ID/replay', { delivery: 'msg_1', since: '2026-03-01T00:00:00Z' }],
  ['POST', '/ID/replay', { since: '2026-03-01T00:00:00Z', states: ['pending'] }],
  ['POST', '/ID/rotate-secret', { overlapHours: -1 }],
  ['GET', '/ID/deliveries?state=lost', undefined],
  ['GET', '/ID/deliveries?cursor=x', undefined],
  ['GET', '/ID/deliveries?limit=0', undefined],
] as const)('%s %s with %j is answered 400', async (method, path, payload) => {
  const { body } = await call('GET', '');
  const id = body.items[0]?.id ?? '';
  expect((await call(method, path.replace('ID', id), payload)).status).toBe(400);
});

test('a webhook of another workspace does not exist', async () => {
  const { id } = await add('https://crm.acme.example/');
  for (const [method, path, payload] of [
    ['GET', ''],
    ['PATCH', '', { enabled: false }],
    ['DELETE', ''],
    ['POST', '/rotate-secret'],
    ['POST', '/test'],
    ['GET', '/deliveries'],
    ['POST', '/replay', { since: '2026-03-01T00:00:00Z' }],
  ] as const)
    expect((await call(method, `/${id}${path}`, payload, otherKey)).body.code).toBe('webhook-not-found');
  expect((await call('GET', '', undefined, otherKey)).body.items).toEqual([]);
  expect((await call('GET', `/${id}`)).body).toMatchObject({ enabled: true });
});

test('a workspace has at most 50 webhooks', async () => {
  const added = (): Promise<{ status: number; body: Body }> =>
    call('POST', '', { url: 'https://a.example/' }, otherKey);
  const answers = await Promise.all(Array.from({ length: 55 }, added));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(50);
  expect(new Set(answers.filter(({ status }) => status !== 201).map(({ body }) => body.code))).toEqual(
    new Set(['webhook-limit']),
  );
});

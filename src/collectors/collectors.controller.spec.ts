import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { testApp, type TestApp } from '../../test/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app?.close());

interface Collector {
  readonly id: string;
  readonly name: string;
  readonly mapping: readonly object[];
  readonly settings: object;
  readonly writeKeys: readonly {
    readonly prefix: string;
    readonly scope: string;
    readonly createdAt: string;
    readonly expiresAt: string | null;
  }[];
  readonly secrets: readonly {
    readonly id: string;
    readonly createdAt: string;
    readonly expiresAt: string | null;
  }[];
  readonly keys: Readonly<Record<string, string>>;
  readonly createdAt: string;
}
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** Any response of these routes. */
type Body = Collector & {
  readonly key: string;
  readonly secret: string;
  readonly changed: number;
  readonly items: readonly { readonly after: object }[];
  readonly errors: readonly { readonly path: string }[];
};

async function call(method: Method, url: string, payload?: object): Promise<{ status: number; body: Body }> {
  const headers = { authorization: `Bearer ${app.keys.apiKey}` };
  const answer = await app.app.inject({ method, url, headers, ...(payload && { payload }) });
  return { status: answer.statusCode, body: answer.json<Body>() };
}

const create = async (name: string, more: object = {}): Promise<Collector> => {
  const { status, body } = await call('POST', '/api/collectors', { name, ...more });
  expect([status, body.name]).toEqual([201, name]);
  return body;
};

async function track(key: string, event: string, properties: object = {}): Promise<number> {
  const messageId = `m-${Math.random()}`;
  const payload = { messageId, event, anonymousId: 'a-1', properties };
  const authorization = `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
  return (await app.app.inject({ method: 'POST', url: '/v1/track', headers: { authorization }, payload }))
    .statusCode;
}

const lastTouchpoint = async (): Promise<{ collector?: string; data: object } | undefined> => {
  const head = await app.runtime.store.head();
  const [event] = await app.runtime.store.readAll(head - 1n, 1);
  return event;
};

test('a new collector has write keys that open it, shown once', async () => {
  const { id, keys } = await create('site', { settings: { eventsPerSecond: 500 } });
  expect(await track(keys.writeKey ?? '', 'Demo Requested')).toBe(200);
  expect(await lastTouchpoint()).toMatchObject({
    collector: 'site',
    data: { kind: 'demo_request', keyScope: 'public' },
  });
  const { body } = await call('GET', `/api/collectors/${id}`);
  expect(body).toMatchObject({ name: 'site', settings: { eventsPerSecond: 500 } });
  expect(JSON.stringify(body)).not.toContain(keys.writeKey);
  expect(body.writeKeys.map(({ scope }) => scope).sort()).toEqual(['public', 'server']);
});

test('a write key that is rotated stays valid for the overlap, and one that is revoked does not', async () => {
  const { id, keys } = await create('rotated', { keys: ['server'] });
  const old = keys.serverWriteKey ?? '';
  const rotated = await call('POST', `/api/collectors/${id}/keys`, {
    scope: 'server',
    overlapHours: 1,
  });
  expect(rotated.status).toBe(201);
  expect([await track(old, 'x'), await track(rotated.body.key, 'x')]).toEqual([200, 200]);
  const { body } = await call('GET', `/api/collectors/${id}`);
  expect(body.writeKeys.map(({ expiresAt }) => expiresAt === null)).toEqual([false, true]);

  const revoked = await call('DELETE', `/api/collectors/${id}/keys/${old.slice(0, 8)}`);
  expect([revoked.status, revoked.body.writeKeys.length]).toEqual([200, 1]);
  await call('POST', `/api/collectors/${id}/keys`, { scope: 'server', overlapHours: 0 });
  const after = await call('GET', `/api/collectors/${id}`);
  expect(after.body.writeKeys).toHaveLength(1);
});

test('a collector of a provider with keys of its own is given no other secret, and none is made for it', async () => {
  const { id } = await create('sendgrid-mail', { format: 'sendgrid' });
  for (const body of [{}, { secret: 'any-other-text' }]) {
    const added = await call('POST', `/api/collectors/${id}/secrets`, body);
    expect([added.status, added.body.errors[0]?.path]).toEqual([400, 'secret']);
  }
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  expect((await call('POST', `/api/collectors/${id}/secrets`, { secret })).status).toBe(201);
});

test('times of a collector, its keys and secrets have one form', async () => {
  const { writeKeys, secrets, createdAt } = await create('timed', { secrets: ['any-secret'] });
  for (const time of [createdAt, ...[...writeKeys, ...secrets].map((each) => each.createdAt)])
    expect(time).toBe(new Date(time).toISOString());
});

test('secrets of a collector are encrypted in the database and never shown', async () => {
  const secret = 'the-signing-secret-of-a-provider';
  const { id } = await create('signed', { secrets: [secret], keys: [] });
  const added = await call('POST', `/api/collectors/${id}/secrets`, {});
  expect([added.status, added.body.secrets.length]).toEqual([201, 2]);
  expect(added.body.secret).toMatch(/^whsec_/);
  const { body } = await call('GET', `/api/collectors/${id}`);
  expect(JSON.stringify(body)).not.toContain(secret);
  const { rows } = await app.database.pool.query<{ sealed: Buffer }>(
    "SELECT sealed FROM touchline.collector_secret WHERE collector = 'signed'",
  );
  expect(rows).toHaveLength(2);
  for (const { sealed } of rows) expect(sealed.includes(secret)).toBe(false);
  const removed = await call('DELETE', `/api/collectors/${id}/secrets/${body.secrets[0]?.id}`);
  expect(removed.body.secrets).toHaveLength(1);
});

test('a mapping decides kind, content, campaign and account of what a collector receives from then on', async () => {
  const { id, keys } = await create('mapped', { keys: ['server'] });
  const key = keys.serverWriteKey ?? '';
  const properties = { report_id: 'r-7', region: 'EMEA', company: 'acme', drive: 'Spring' };
  await track(key, 'Report Opened', properties);
  expect(await lastTouchpoint()).toMatchObject({ data: { kind: 'custom' } });
  const mapping = [
    {
      when: { event: 'report *', fields: { 'properties.region': { is: 'emea' } } },
      set: { kind: 'content_download', content: { id: { path: 'properties.report_id' }, type: 'report' } },
    },
    {
      set: {
        campaign: { path: 'properties.drive' },
        accountId: { path: 'properties.company' },
        kind: 'chat',
      },
    },
  ];
  const tried = await call('POST', `/api/collectors/${id}/try`, { mapping });
  expect(tried.body).toMatchObject({ tried: 1, changed: 1, rejected: 0 });
  expect(tried.body.items[0]?.after).toMatchObject({ events: [{ data: { kind: 'content_download' } }] });
  expect(await lastTouchpoint()).toMatchObject({ data: { kind: 'custom' } });

  expect((await call('PATCH', `/api/collectors/${id}`, { mapping })).status).toBe(200);
  await track(key, 'Report Opened', properties);
  expect(await lastTouchpoint()).toMatchObject({
    data: {
      ...{ kind: 'content_download', name: 'Report Opened', campaign: 'Spring', accountId: 'acme' },
      content: { id: 'r-7', type: 'report' },
    },
  });
});

test('a mapping makes the person of an item a contact of an opportunity, unless the key is public', async () => {
  const mapping = [{ set: { opportunityId: { path: 'properties.deal' } } }];
  const { keys } = await create('deals', { mapping, settings: { currency: 'EUR' } });
  await track(keys.serverWriteKey ?? '', 'Demo Requested', { deal: 'opp-7' });
  const stream = await app.runtime.store.readStream('main', 'opportunity-opp-7');
  expect(stream.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['OpportunityOpened', 'ContactRoleAssigned']),
  );
  expect(await track(keys.writeKey ?? '', 'Demo Requested', { deal: 'opp-8' })).toBe(200);
  expect(await app.runtime.store.readStream('main', 'opportunity-opp-8')).toEqual([]);
});

const rulesWhen = (when: object, count = 1): object[] =>
  Array.from({ length: count }, () => ({ when, set: { kind: 'chat' } }));
const fieldsNamed = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, { known: true }]));
const WORDS = 'mapping.0.when.fields.a.words';

test.each<[object, number, string]>([
  [{ name: 'Site' }, 422, 'name'],
  [{ name: 'x', format: 'nonsense' }, 400, 'format'],
  [{ name: 'x', settings: { allowedOrigins: ['www.acme.example'] } }, 400, 'settings.allowedOrigins.0'],
  [{ name: 'x', settings: { nonsense: 1 } }, 400, 'settings.nonsense'],
  [{ name: 'x', mapping: [{ when: { evnt: 'x' }, set: { kind: 'chat' } }] }, 400, 'mapping.0.when.evnt'],
  [{ name: 'x', format: 'sendgrid', secrets: ['MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE…'] }, 400, 'secrets.0'],
  [{ name: 'x', mapping: [{ set: {} }] }, 400, 'mapping.0.set'],
  [{ name: 'x', mapping: [{ set: { kind: 'nonsense' } }] }, 400, 'mapping.0.set.kind'],
  [{ name: 'x', secrets: ['short'] }, 400, 'secrets.0'],
  [{ name: 'x', unknown: 1 }, 400, 'unknown'],
  [{}, 400, 'name'],
])('a collector %j is refused with %d naming the field', async (payload, status, path) => {
  const { status: got, body } = await call('POST', '/api/collectors', payload);
  expect([got, body.errors[0]?.path]).toEqual([status, path]);
});

test.each<[string, readonly object[], string]>([
  ['16,384 characters of patterns', rulesWhen({ event: '*'.repeat(512) }, 33), 'mapping'],
  ['16,384 characters of words', rulesWhen({ fields: { a: { words: ['w'.repeat(128)] } } }, 129), 'mapping'],
  ['500 patterns', rulesWhen({ url: Array.from({ length: 100 }, () => '/a') }, 6), 'mapping'],
  ['200 rules', rulesWhen({ kind: 'chat' }, 10_000).slice(0, 201), 'mapping'],
  ['20 fields in a rule', rulesWhen({ fields: fieldsNamed(21) }), 'mapping.0.when.fields'],
  ['128 characters of a word', rulesWhen({ fields: { a: { words: ['w'.repeat(129)] } } }), `${WORDS}.0`],
  ['no word in its words', rulesWhen({ fields: { a: { words: [' '] } } }), `${WORDS}.0`],
])('a mapping with more than %s is refused, as every item would pay for it', async (_, mapping, path) => {
  const { status, body } = await call('POST', '/api/collectors', { name: 'costly', mapping });
  expect([status, body.errors[0]?.path]).toEqual([400, path]);
});

test('a collector of another workspace is not found, and an app id belongs to one collector alone', async () => {
  const other = await app.workspaces.add('other');
  const { id } = await create('trackers', { settings: { appIds: ['acme-site'] } });
  const headers = { authorization: `Bearer ${other.apiKey}` };
  expect((await app.app.inject({ url: `/api/collectors/${id}`, headers })).statusCode).toBe(404);
  const payload = { name: 'theirs', settings: { appIds: ['acme-site'] } };
  const answer = await app.app.inject({ method: 'POST', url: '/api/collectors', headers, payload });
  expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([422, 'app-id-in-use']);
  const list = await app.app.inject({ url: '/api/collectors', headers });
  expect(list.json<{ items: Collector[] }>().items.map(({ name }) => name)).toEqual(['web']);
});

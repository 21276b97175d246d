import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type IntakeServer, intakeServer } from '../../test/intake-server.js';
import { TEST_SECRET_KEY } from '../../test/key-store.js';
import { KeyStore } from '../http/keys.js';
import { Collectors } from '../workspaces/collectors.js';
import { SecretBox, SecretUnreadable } from '../workspaces/secret-box.js';
import { COLLECTOR_ID } from './credentials.js';
import { decodeOneOrMore } from './decode.js';
import type { Endpoint, Format, SignedRequest } from './format.js';
import { FORMATS, Formats } from './formats/all.js';
import { native } from './formats/native.js';
import type { Refusal } from './outcome.js';
import { tokenClaim } from './signatures.js';

const WRONG: Refusal = { status: 401, code: 'signature-invalid', detail: 'The signature is wrong' };

/** HMAC of method, address and body, and a token that may be used once, as providers of webhooks sign. */
const signed: Endpoint = {
  method: 'POST',
  path: '/webhooks/signed/:collector',
  call: 'signed',
  credential: COLLECTOR_ID,
  verify({ head, body, receivedAt }: SignedRequest) {
    const { 'x-signature': sent = '', 'x-token': token } = head.headers;
    const isGenuine = head.collector?.secrets.some((secret) => {
      const made = createHmac('sha256', secret).update(`${head.method}${head.url}`).update(body.raw).digest();
      const given = Buffer.from(String(sent), 'hex');
      return given.length === made.length && timingSafeEqual(given, made);
    });
    if (!isGenuine || !head.collector) return WRONG;
    return token === undefined
      ? undefined
      : tokenClaim(head.collector, String(token), body, +receivedAt, 3_600_000);
  },
  decode: (_, body) => decodeOneOrMore(body, 'an event'),
  reply: (outcomes) => ({ body: outcomes.map(({ status }) => status).join() }),
  operation: { operationId: 'signed', summary: 'Signed', responses: {} },
};
const format: Format = { ...native, name: 'signed', endpoints: [signed], schemas: {}, tags: [] };

let server: IntakeServer;
let id: string;
beforeAll(async () => {
  server = await intakeServer({
    environment: { TOUCHLINE_SECRET_KEY: TEST_SECRET_KEY },
    formats: new Formats([...FORMATS.list, format]),
  });
  const collectors = server.get(Collectors);
  ({ id } = await collectors.add('main', 'mail', { format: 'signed' }));
  await collectors.addSecret('main', 'mail', 'old-secret');
  await collectors.addSecret('main', 'mail', 'new-secret', 3_600_000);
});
afterAll(() => server?.stop());

const body = (messageId: string): string =>
  JSON.stringify({ messageId, kind: 'email_open', email: 'ada@acme.example' });

async function send(
  payload: string,
  {
    secret = 'new-secret',
    to = id,
    token,
    origin,
  }: { secret?: string; to?: string; token?: string; origin?: string } = {},
): Promise<{ status: number; text: string }> {
  const url = `${server.url}/webhooks/signed/${to}`;
  const signature = createHmac('sha256', secret).update(`POST${url}`).update(payload).digest('hex');
  const headers = {
    'x-signature': signature,
    ...(token !== undefined && { 'x-token': token }),
    ...(origin !== undefined && { origin }),
  };
  const answer = await fetch(url, { method: 'POST', body: payload, headers });
  return { status: answer.status, text: await answer.text() };
}

const kept = async (): Promise<number> => {
  const { rows } = await server.database.pool.query('SELECT FROM touchline.rejected');
  return rows.length;
};

test('a signed request is accepted with any secret of its collector that is valid', async () => {
  expect(await send(body('s-1'))).toEqual({ status: 200, text: 'accepted' });
  expect(await send(body('s-2'), { secret: 'old-secret' })).toEqual({ status: 200, text: 'accepted' });
  const [event] = await server.store.readAll(0n, 1);
  expect(event).toMatchObject({ collector: 'mail', data: { kind: 'email_open' } });
  expect(event?.data).not.toHaveProperty('keyScope');
});

test('a request with a wrong signature is refused and nothing of it is stored', async () => {
  const [head, before] = [await server.store.head(), await kept()];
  expect(await send(body('s-3'), { secret: 'guessed' })).toMatchObject({ status: 401 });
  expect(await send('not even JSON', { secret: 'guessed' })).toMatchObject({ status: 401 });
  expect(
    await send('x'.repeat(2_000_000), { secret: 'guessed' }).catch(() => ({ status: 413 })),
  ).toMatchObject({
    status: 413,
  });
  expect([await server.store.head(), await kept()]).toEqual([head, before]);
});

test('a genuine request that cannot be read is kept', async () => {
  const before = await kept();
  expect(await send('not JSON')).toMatchObject({ status: 400 });
  expect(await kept()).toBe(before + 1);
});

test('an unknown collector, and one of another format, are not found', async () => {
  const { id: other } = await server.get(Collectors).add('main', 'segment-site', { format: 'segment' });
  for (const to of ['nobody', other]) {
    const { status, text } = await send(body('s-4'), { to });
    expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([404, 'collector-unknown']);
  }
});

test('a token that may be used once is accepted again with the same body alone', async () => {
  expect((await send(body('s-5'), { token: 't-1' })).text).toBe('accepted');
  expect((await send(body('s-5'), { token: 't-1' })).text).toBe('duplicate');
  expect(await send(body('s-6'), { token: 't-1' })).toMatchObject({ status: 401 });
});

test('of requests with one token at the same time, those with one body are accepted', async () => {
  const first = await send(body('s-7'), { token: 't-2' });
  const others = await Promise.all(
    ['s-7', 's-8', 's-7', 's-9', 's-10', 's-10'].map((item, nth) =>
      send(body(item), { token: nth < 4 ? 't-2' : 't-3' }),
    ),
  );
  expect([first, ...others].map(({ status }) => status)).toEqual([200, 200, 401, 200, 401, 200, 200]);
});

test('a page whose origin its collector does not allow is refused', async () => {
  const settings = { allowedOrigins: ['https://*.acme.example'] };
  const collectors = server.get(Collectors);
  const { name } = await collectors.add('main', 'site', { settings });
  const key = await collectors.addKey('main', name, 'public');
  const track = async (origin: string, inBody: boolean): Promise<number> => {
    const item = { event: 'x', anonymousId: 'a', ...(inBody && { writeKey: key }) };
    const headers = { origin, ...(!inBody && { authorization: `Bearer ${key}` }) };
    return (await fetch(`${server.url}/v1/track`, { method: 'POST', headers, body: JSON.stringify(item) }))
      .status;
  };
  expect([
    await track('https://www.acme.example', false),
    await track('https://www.acme.example', true),
  ]).toEqual([200, 200]);
  expect([await track('https://evil.example', false), await track('https://evil.example', true)]).toEqual([
    403, 403,
  ]);
  expect([
    await track('https://acme.example.evil.example', false),
    await track('http://www.acme.example', false),
  ]).toEqual([403, 403]);
});

test('secrets that cannot be decrypted make requests wait instead of being refused for good', async () => {
  const box = new SecretBox(['cd'.repeat(32)], '');
  const collectors = server.get(Collectors);
  const { id: to } = await collectors.add('main', 'sealed-elsewhere', { format: 'signed' });
  await server.database.pool.query(
    "INSERT INTO touchline.collector_secret (workspace, collector, sealed) VALUES ('main', 'sealed-elsewhere', $1)",
    [await box.seal('new-secret', 'main/sealed-elsewhere')],
  );
  await server.get(KeyStore).reload();
  expect(await send(body('s-7'), { to })).toMatchObject({ status: 503 });
});

test('a sealed secret opens for its collector alone, unchanged', async () => {
  const box = new SecretBox([TEST_SECRET_KEY], '');
  const sealed = await box.seal('s', 'main/mail');
  expect(await box.open(sealed, 'main/mail')).toBe('s');
  await expect(box.open(sealed, 'other/mail')).rejects.toThrow(SecretUnreadable);
  const changed = Buffer.from(sealed);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  await expect(box.open(changed, 'main/mail')).rejects.toThrow(SecretUnreadable);
  await expect(box.open(Buffer.alloc(3), 'main/mail')).rejects.toThrow(SecretUnreadable);
});

test('a sealed secret still opens after its key was rotated, and none without any key', async () => {
  const sealed = await new SecretBox([TEST_SECRET_KEY], '').seal('s', 'main/mail');
  const rotated = new SecretBox(['cd'.repeat(32), TEST_SECRET_KEY], '');
  expect(await rotated.open(sealed, 'main/mail')).toBe('s');
  const again = await rotated.seal('s', 'main/mail');
  await expect(new SecretBox([TEST_SECRET_KEY], '').open(again, 'main/mail')).rejects.toThrow(
    SecretUnreadable,
  );
  await expect(new SecretBox([], '/nonexistent').open(sealed, 'main/mail')).rejects.toThrow(SecretUnreadable);
});

test('the limits of a collector hold for all of its keys together', async () => {
  const collectors = server.get(Collectors);
  const { name } = await collectors.add('main', 'limited', { settings: { eventsPerSecond: 1 } });
  const keys = [
    await collectors.addKey('main', name, 'public'),
    await collectors.addKey('main', name, 'server'),
  ];
  const batch = {
    batch: Array.from({ length: 30 }, (_, nth) => ({ type: 'track', event: 'x', anonymousId: `a-${nth}` })),
  };
  const send = async (key = '', body: object = batch): Promise<number> => {
    const headers = { authorization: `Bearer ${key}` };
    return (await fetch(`${server.url}/v1/batch`, { method: 'POST', headers, body: JSON.stringify(body) }))
      .status;
  };
  expect(await send(keys[0])).toBe(200);
  expect([await send(keys[1]), await send(keys[0])]).toEqual([429, 429]);
  expect(await send(server.keys.writeKey)).toBe(200);
});

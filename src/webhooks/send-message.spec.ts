import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { Webhook } from 'standardwebhooks';
import { DnsServer } from '../../test/dns-server.js';
import { WebhookReceiver } from '../../test/webhook-receiver.js';
import { guardedAgents } from './guarded-agents.js';
import { type Attempt, MessageSender } from './send-message.js';
import { makeSecret } from './signature.js';
import { addressTest } from './target-url.js';

const SECRETS = [makeSecret(), makeSecret()];
const BODY = JSON.stringify({ type: 'lead.qualified', timestamp: 't', data: { leadId: 'l-1', name: 'Zoë' } });
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function receiver(...args: Parameters<typeof WebhookReceiver.start>): Promise<WebhookReceiver> {
  const started = await WebhookReceiver.start(...args);
  cleanups.push(() => started.stop());
  return started;
}

interface Options {
  readonly allowedNetworks?: readonly string[];
  readonly dns?: DnsServer;
  readonly timeoutMs?: number;
}

function sender({ allowedNetworks = ['127.0.0.1'], dns, timeoutMs = 2_000 }: Options = {}): MessageSender {
  const isAllowed = addressTest({ allowedNetworks });
  const agents = guardedAgents(isAllowed, dns && [dns.address]);
  const made = new MessageSender({ agents, isAllowed, timeoutMs });
  cleanups.push(() => made.close());
  return made;
}

const send = (url: string, options?: Options): Promise<Attempt> =>
  sender(options).send({ url, id: 'msg_1', body: BODY, secrets: SECRETS });

test('a message is verified by the library of Standard Webhooks with either secret of a rotation', async () => {
  const target = await receiver();
  expect(await send(target.url)).toMatchObject({ delivered: true, status: 204 });
  const { body, headers } = target.received[0]!;
  expect(body).toBe(BODY);
  for (const secret of SECRETS)
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(JSON.parse(BODY));
  expect(() => new Webhook(makeSecret()).verify(body, headers as Record<string, string>)).toThrow();
  expect(() => new Webhook(SECRETS[0] ?? '').verify(`${body} `, headers as Record<string, string>)).toThrow();
  expect(headers).toMatchObject({ 'webhook-id': 'msg_1', 'content-type': 'application/json' });
});

test.each([400, 401, 404, 409, 410, 422, 500, 503])('the status %i is a failed attempt', async (status) => {
  const target = await receiver((_, response) => response.writeHead(status).end());
  expect(await send(target.url)).toMatchObject({ delivered: false, status, error: `answered ${status}` });
});

test.each([200, 201, 202, 204])('the status %i is a delivery', async (status) => {
  const target = await receiver((_, response) => response.writeHead(status).end());
  expect(await send(target.url)).toMatchObject({ delivered: true, status });
});

test.each([
  ['seconds', '7', 7_000],
  ['a date', new Date(Date.now() + 3_600_000).toUTCString(), 3_600_000],
  ['a date in the past', 'Wed, 21 Oct 2015 07:28:00 GMT', 0],
  ['nonsense', 'soon', undefined],
  ['a negative number', '-5', undefined],
])('Retry-After as %s is read', async (_, header, expected) => {
  const target = await receiver((__, response) => response.writeHead(429, { 'retry-after': header }).end());
  const { retryAfterMs } = await send(target.url);
  if (expected === undefined) expect(retryAfterMs).toBeUndefined();
  else expect(Math.abs((retryAfterMs ?? NaN) - expected)).toBeLessThan(10_000);
});

test.each([301, 302, 303, 307, 308])(
  'a redirect by %i to an internal service is not followed',
  async (status) => {
    const internal = await receiver();
    const target = await receiver((_, response) =>
      response.writeHead(status, { location: internal.url }).end(),
    );
    expect(await send(target.url)).toMatchObject({ delivered: false, status });
    expect(internal.received).toEqual([]);
  },
);

test('a receiver that does not answer in time fails the attempt', async () => {
  const target = await receiver(() => undefined);
  expect(await send(target.url, { timeoutMs: 100 })).toMatchObject({
    delivered: false,
    error: 'no response in time',
  });
});

test('a receiver that goes on answering bit by bit fails the attempt in time', async () => {
  const target = await receiver((_, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write('.'), 10);
    response.on('close', () => clearInterval(drip));
  });
  expect(await send(target.url, { timeoutMs: 200 })).toMatchObject({ error: 'no response in time' });
});

test('an endless response is cut, and what its status says counts', async () => {
  let written = 0;
  const target = await receiver((_, response) => {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384))) written += 16_384;
    };
    response.on('drain', more);
    more();
  });
  expect(await send(target.url)).toMatchObject({ delivered: true, status: 200 });
  expect(written).toBeLessThan(32 * 1024 * 1024);
});

test('a receiver that closes the connection, or speaks no HTTP, fails the attempt', async () => {
  for (const answer of ['', 'SSH-2.0-OpenSSH\r\n']) {
    const server = createServer((socket) => socket.end(answer));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    const { port } = server.address() as { port: number };
    const attempt = await send(`http://127.0.0.1:${port}/`);
    expect(attempt).toMatchObject({ delivered: false });
    expect(attempt.error).not.toContain('OpenSSH');
  }
});

test('a connection that the receiver closed while it was idle is replaced without a failed attempt', async () => {
  const target = await receiver();
  const own = sender();
  const message = { url: target.url, id: 'msg_1', body: BODY, secrets: SECRETS };
  expect(await own.send(message)).toMatchObject({ delivered: true });
  target.closeIdle();
  expect(await own.send(message)).toMatchObject({ delivered: true });
});

describe('no connection is made', () => {
  const refused = { delivered: false, error: expect.stringContaining('internal address') };

  test.each([
    'http://127.0.0.1',
    'http://[::1]',
    'http://[::ffff:127.0.0.1]',
    'http://2130706433',
    'http://0x7f.1',
    'http://0',
    'http://[64:ff9b::7f00:1]',
  ])('to %s where no internal network is allowed', async (origin) => {
    const target = await receiver();
    expect(await send(`${origin}:${target.port}/`, { allowedNetworks: [] })).toMatchObject(refused);
    expect(target.received).toEqual([]);
  });

  test('to a name that stands for internal addresses', async () => {
    const target = await receiver();
    const dns = await DnsServer.start(() => ['127.0.0.1', '169.254.169.254']);
    cleanups.push(() => dns.stop());
    const url = `http://hooks.acme.example:${target.port}/`;
    expect(await send(url, { allowedNetworks: [], dns })).toMatchObject(refused);
    expect(target.received).toEqual([]);
  });

  test('to a name that is rebound to an internal address after it was checked', async () => {
    const target = await receiver();
    // A documentation address is allowed here in place of a public one, and nobody answers there.
    const dns = await DnsServer.start((_, nth) => [nth === 1 ? '127.0.0.2' : '127.0.0.1']);
    cleanups.push(() => dns.stop());
    const url = `http://hooks.acme.example:${target.port}/`;
    const own = sender({ allowedNetworks: ['127.0.0.2'], dns });
    const message = { url, id: 'msg_1', body: BODY, secrets: SECRETS };
    for (let attempt = 1; attempt <= 3; attempt += 1)
      expect(await own.send(message)).toMatchObject({ delivered: false });
    expect(target.received).toEqual([]);
  });
});

test('of the addresses of a name only the allowed one is connected to', async () => {
  const target = await receiver();
  const dns = await DnsServer.start(() => ['169.254.169.254', '127.0.0.1']);
  cleanups.push(() => dns.stop());
  const url = `http://hooks.acme.example:${target.port}/`;
  expect(await send(url, { dns })).toMatchObject({ delivered: true });
});

test('a name that does not exist fails the attempt', async () => {
  const dns = await DnsServer.start(() => []);
  cleanups.push(() => dns.stop());
  expect(await send('http://nowhere.acme.example/', { dns })).toMatchObject({
    delivered: false,
    error: expect.stringContaining('nowhere.acme.example'),
  });
});

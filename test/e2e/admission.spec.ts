import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { CollectorService } from '../../src/proto/touchline/v1/collector_pb.js';
import { bearer, GrpcClient, messageOf } from '../grpc.js';
import { until } from '../until.js';
import { GoodClient, RawRequest, type Request } from './attacks.js';
import { API_KEY, freePort, ServerProcess, WRITE_KEY } from './server-process.js';

/** What docs/operations.md says, and some slack: collections come when they come. */
const MOST_MEMORY = 800e6;

let dataDir: string;
let server: ServerProcess;
let port: number;
let grpcPort: number;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-admission-'));
  [port, grpcPort] = [await freePort(), await freePort()];
  server = await ServerProcess.start({ dataDir, port, env: { GRPC_PORT: String(grpcPort) } });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  await rm(dataDir, { recursive: true });
});

let goodClient: GoodClient;
let peak: number;
let watch: NodeJS.Timeout;
beforeEach(() => {
  peak = 0;
  watch = setInterval(() => void server.memory().then((bytes) => (peak = Math.max(peak, bytes))), 50);
  goodClient = new GoodClient(port);
});
afterEach(async () => {
  const before = goodClient.answered;
  expect(await until(() => goodClient.answered >= before + 30, 30_000)).toBe(true);
  await goodClient.stop();
  clearInterval(watch);
  expect(server.running).toBe(true);
  expect(goodClient.failures).toEqual([]);
  expect(peak).toBeLessThan(MOST_MEMORY);
});

const atOnce = async (count: number, request: (nth: number) => Request): Promise<(number | undefined)[]> => {
  const sent = await Promise.all(
    Array.from({ length: count }, (_, nth) => RawRequest.send(port, request(nth))),
  );
  return Promise.all(sent.map((one) => one.answered()));
};
const statusesOf = (answers: readonly (number | undefined)[]): number[] =>
  [...new Set(answers)].flatMap((status) => status ?? []).toSorted();

/** Other requests are answered while the connections are open. */
async function whileOpen(connections: readonly RawRequest[], work = 30): Promise<void> {
  const before = goodClient.answered;
  expect(await until(() => goodClient.answered >= before + work, 60_000)).toBe(true);
  for (const { socket } of connections) socket.destroy();
}

const json = { 'content-type': 'application/json' };
const withApiKey = { ...json, authorization: `Bearer ${API_KEY}` };
const withInventedApiKey = { ...json, authorization: 'Bearer ak_invented' };
const withWriteKey = { 'x-write-key': WRITE_KEY };
const withInventedWriteKey = { 'x-write-key': 'wk_invented' };
const EMPTY_OBJECTS = `[${'{},'.repeat(349_000)}{}]`;
const UNKNOWN_FIELDS = `{${Array.from({ length: 90_000 }, (_, nth) => `"k${nth}":1`).join(',')}}`;
const DEEP = '['.repeat(400_000) + ']'.repeat(400_000);

describe('30 concurrent requests of 1 MB', () => {
  test.each([
    [
      'empty objects to the API with an invented key',
      '/api/opportunities',
      withInventedApiKey,
      EMPTY_OBJECTS,
      [401, 429],
    ],
    ['empty objects to the API', '/api/opportunities', withApiKey, EMPTY_OBJECTS, [413, 429, 503]],
    ['unknown fields to the API', '/api/opportunities', withApiKey, UNKNOWN_FIELDS, [413, 429, 503]],
    ['nested lists to the API', '/api/opportunities', withApiKey, DEEP, [400, 429, 503]],
    ['empty objects to a path that is not there', '/nowhere', json, EMPTY_OBJECTS, [404, 429]],
    [
      'empty objects to a collector with an invented key',
      '/touchpoints',
      withInventedWriteKey,
      EMPTY_OBJECTS,
      [401, 429],
    ],
    ['empty objects to a collector without a key', '/touchpoints', {}, EMPTY_OBJECTS, [401, 429, 503]],
    ['empty objects to a collector', '/touchpoints', withWriteKey, EMPTY_OBJECTS, [413, 429, 503]],
    ['nested lists to a collector', '/v1/batch', withWriteKey, DEEP, [400, 413, 429, 503]],
    [
      'empty events with an invented key in the body',
      '/v1/batch',
      {},
      `{"batch":${EMPTY_OBJECTS},"writeKey":"wk_invented"}`,
      [401, 429, 503],
    ],
  ] as const)(
    'with %s are refused, and other requests are answered',
    async (_, path, headers, body, allowed) => {
      const statuses = statusesOf(await atOnce(30, () => ({ path, headers, body })));
      expect(statuses.length).toBeGreaterThan(0);
      expect(allowed).toEqual(expect.arrayContaining(statuses));
    },
    120_000,
  );

  test('nested 400,000 levels deep are refused with 400', async () => {
    for (const body of [DEEP, '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)])
      expect(await atOnce(1, () => ({ path: '/api/opportunities', headers: withApiKey, body }))).toEqual([
        400,
      ]);
  }, 60_000);
});

test('30 concurrent batches of 5 MB that Mandrill signed are recorded or sent again later, and other requests are answered', async () => {
  const made = await fetch(`http://127.0.0.1:${port}/api/collectors`, {
    method: 'POST',
    headers: withApiKey,
    body: JSON.stringify({ name: 'mandrill', format: 'mandrill', secrets: ['mandrill-webhook-key'] }),
  });
  expect(made.status).toBe(201);
  const path = `/webhooks/mandrill/${((await made.json()) as { id: string }).id}`;
  const batch = (nth: number): Request => {
    const events = Array.from({ length: 1_000 }, (_, at) => ({
      ...{ event: 'open', ts: 1_772_357_400, user_agent: 'x'.repeat(2_500) },
      ...{ location: Array(40).fill({}), msg: { _id: `m-${nth}-${at}`, email: `a${at}@acme.example` } },
    }));
    const value = JSON.stringify(events);
    const body = new URLSearchParams({ mandrill_events: value }).toString();
    const signed = `http://x${path}mandrill_events${value}`;
    return {
      path,
      body,
      headers: {
        'x-mandrill-signature': createHmac('sha1', 'mandrill-webhook-key').update(signed).digest('base64'),
      },
    };
  };
  expect(await atOnce(1, () => batch(0))).toEqual([200]);
  expect([200, 429, 503]).toEqual(expect.arrayContaining(statusesOf(await atOnce(30, batch))));
}, 120_000);

describe('compressed bodies', () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20));
  const large = gzipSync(`[${'{"a":1},'.repeat(120_000)}1]`);
  test.each([
    ['without a key', {}, bomb],
    ['with an invented key', withInventedWriteKey, bomb],
    ['with a key', withWriteKey, bomb],
    ['of a megabyte of JSON without a key', {}, large],
    ['of a megabyte of JSON with a key', withWriteKey, large],
  ] as const)(
    'are refused, and other requests are answered: 64 concurrent ones %s',
    async (_, headers, body) => {
      const statuses = statusesOf(
        await atOnce(64, () => ({
          path: '/v1/batch',
          headers: { 'content-encoding': 'gzip', ...headers },
          body,
        })),
      );
      expect([400, 401, 413, 429, 503]).toEqual(expect.arrayContaining(statuses));
    },
    120_000,
  );
});

describe('incomplete requests', () => {
  const half = 'x'.repeat(440_000);
  const stalled = (count: number, request: (nth: number) => Request) =>
    Promise.all(
      Array.from({ length: count }, (_, nth) =>
        RawRequest.send(port, { declaredBytes: 500_000, ...request(nth) }),
      ),
    );

  test.each([
    ['36 bodies with a key', 36, withWriteKey],
    ['36 bodies without a key', 36, {}],
    ['36 bodies with an invented key', 36, withInventedWriteKey],
    ['500 bodies with a key', 500, withWriteKey],
    ['1,500 bodies with a key', 1_500, withWriteKey],
    ['1,500 bodies without a key', 1_500, {}],
    ['1,500 bodies with an invented key', 1_500, withInventedWriteKey],
  ] as const)(
    'with %s do not keep other requests from being answered',
    async (_, count, headers) => {
      await whileOpen(await stalled(count, () => ({ path: '/v1/batch', headers, body: half })));
    },
    120_000,
  );

  test('with 1,500 bodies to the API do not keep other requests from being answered', async () => {
    const requests = (nth: number): Request => ({
      ...{ path: '/api/opportunities', headers: nth % 2 ? withApiKey : withInventedApiKey, body: half },
    });
    await whileOpen(await stalled(1_500, requests));
  }, 120_000);

  test.each([
    ['nothing', ''],
    ['a part of the headers', 'POST /v1/batch HTTP/1.1\r\nHost: x\r\nX-Write-Key: '],
    ['headers of 15 KB', `POST /v1/batch HTTP/1.1\r\nCookie: ${'c'.repeat(15_000)}`],
  ])(
    'on 2,500 connections that have sent %s do not lock others out',
    async (_, bytes) => {
      const connections = Array.from({ length: 2_500 }, (_, nth) =>
        RawRequest.open(port, Buffer.from(bytes), `127.0.${1 + (nth % 9)}.66`),
      );
      await whileOpen(await Promise.all(connections));
    },
    120_000,
  );

  test('time out during the body and during the headers', async () => {
    const body = await RawRequest.send(port, {
      path: '/v1/batch',
      headers: withWriteKey,
      body: half,
      declaredBytes: 500_000,
    });
    const head = await RawRequest.open(port, Buffer.from('POST /v1/batch HTTP/1.1\r\nHost: x\r\n'));
    expect(await Promise.all([body.answered(), head.answered()])).toEqual([408, 408]);
  }, 120_000);

  test('whose bodies arrive byte by byte are refused', async () => {
    const head =
      'POST /v1/batch HTTP/1.1\r\nHost: x\r\nX-Write-Key: ' +
      `${WRITE_KEY}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const bytes = Buffer.from(head + '1\r\nx\r\n'.repeat(300_000));
    const sent = await Promise.all(Array.from({ length: 20 }, () => RawRequest.open(port, bytes)));
    for (const status of statusesOf(await Promise.all(sent.map((one) => one.answered()))))
      expect([400, 429]).toContain(status);
  }, 120_000);
});

describe('a request with an invalid or too large head', () => {
  test.each([
    ['headers', { path: '/v1/batch', headers: { cookie: 'c'.repeat(20_000) } }, 431],
    ['a query', { method: 'GET', path: `/api/log/head?q=${'q'.repeat(20_000)}`, headers: withApiKey }, 431],
    [
      'a thousand parameters',
      { method: 'GET', path: `/api/leads?${'a=&'.repeat(4_000)}`, headers: withApiKey },
      400,
    ],
    [
      'a parameter each',
      {
        method: 'GET',
        path: `/api/leads?${Array.from({ length: 2_000 }, (_, nth) => `k${nth}=`).join('&')}`,
        headers: withApiKey,
      },
      400,
    ],
    ['a path', { method: 'GET', path: `/api/leads/${'x'.repeat(10_000)}`, headers: withApiKey }, 414],
    ['a path that is not encoded', { method: 'GET', path: '/api/leads/%E0%A4%A', headers: withApiKey }, 400],
    ['slashes', { method: 'GET', path: `/${'/'.repeat(10_000)}` }, 404],
    ['no HTTP', { method: '\u0000\u0001', path: '/' }, 400],
  ] as [string, Request, number][])(
    'is refused because of %s',
    async (_, request, status) => {
      const answers = await atOnce(20, () => request);
      expect(statusesOf(answers)).toEqual([status]);
    },
    60_000,
  );
});

describe('gRPC admission', () => {
  const clients: GrpcClient[] = [];
  const client = (key: string): GrpcClient => {
    // A connection of its own each.
    const made = new GrpcClient(grpcPort, bearer(key), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc-node.max_session_memory': 100,
    });
    clients.push(made);
    return made;
  };
  afterEach(() => {
    for (const one of clients.splice(0)) one.close();
  });
  /** All these clients have one address: it may have to send again until its share is free. */
  const stillAnswers = async (): Promise<void> => {
    const touchpoint = { messageId: `grpc-${Date.now()}`, kind: 'page_view', anonymousId: 'a-1' };
    const record = async (): Promise<boolean> => 'receipts' in (await client(WRITE_KEY).record([touchpoint]));
    expect(await until(record, 60_000)).toBe(true);
  };
  /** The most that a message of 1 MB can hold. */
  const EMPTY_TOUCHPOINTS = Buffer.from('0a00'.repeat(500_000), 'hex');

  test.each([
    ['an invented key', 'wk_invented', ['UNAUTHENTICATED', 'UNAVAILABLE']],
    ['a key', WRITE_KEY, ['RESOURCE_EXHAUSTED', 'UNAVAILABLE']],
  ])(
    'refuses 60 concurrent messages of 1 MB with %s',
    async (_, key, allowed) => {
      const calls = Array.from({ length: 60 }, () =>
        client(key).callWith(CollectorService.method.record, EMPTY_TOUCHPOINTS),
      );
      for (const answer of await Promise.all(calls))
        expect(allowed).toContain((answer as { status: string }).status);
      await stillAnswers();
    },
    120_000,
  );

  test.each([
    ['an invented key', 'wk_invented'],
    ['a key', WRITE_KEY],
  ])(
    'answers other calls while 400 streams with %s stall in the middle of a message',
    async (_, key) => {
      const from = Array.from({ length: 20 }, () => client(key));
      const streams = Array.from({ length: 400 }, (_, nth) => from[nth % 20]!.stream());
      const blob = 'x'.repeat(30_000);
      const views = Array.from({ length: 60 }, (_, nth) => ({
        ...{ messageId: `m-${nth}`, kind: 'page_view', anonymousId: 'a-1', properties: { blob } },
      }));
      const message = messageOf(views);
      for (const { call } of streams) call.write(message);
      await stillAnswers();
      await sleep(3_000);
      await stillAnswers();
      for (const { call } of streams) call.cancel();
      await Promise.all(streams.map(({ answer }) => answer));
    },
    120_000,
  );

  test('is not locked by 2,500 connections that send nothing', async () => {
    const connections = await Promise.all(
      Array.from({ length: 2_500 }, (_, nth) =>
        RawRequest.open(grpcPort, Buffer.alloc(0), `127.0.${1 + (nth % 9)}.66`),
      ),
    );
    await stillAnswers();
    await whileOpen(connections);
  }, 120_000);
});

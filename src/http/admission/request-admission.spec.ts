import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect, type Socket } from 'node:net';
import { type IntakeServer, intakeServer } from '../../../test/intake-server.js';
import { until } from '../../../test/until.js';

let server: IntakeServer;
let port: number;
beforeAll(async () => {
  server = await intakeServer();
  port = Number(new URL(server.url).port);
});
afterAll(() => server.stop());

const sockets: Socket[] = [];
afterAll(() => {
  for (const socket of sockets) socket.destroy();
});

/** Sends bytes and waits until all of an answer is here. */
async function answerTo(head: readonly string[], body = ''): Promise<string> {
  let received = '';
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  sockets.push(socket);
  socket.on('data', (chunk) => (received += chunk.toString()));
  socket.write(`${head.join('\r\n')}\r\nHost: x\r\n\r\n${body}`);
  expect(await until(() => /^HTTP\/1\.1 \d{3}/.test(received), 30_000)).toBe(true);
  return received;
}
const post = (path: string, ...headers: string[]): string[] => [`POST ${path} HTTP/1.1`, ...headers];
const HALF = 'Content-Length: 1000000';
const JSON_TYPE = 'Content-Type: application/json';

describe('a request is answered before its body has come', () => {
  test.each([
    ['to the API without a key', post('/api/rejected/replay', JSON_TYPE, HALF), 401],
    [
      'to the API with an invented key',
      post('/api/rejected/replay', 'Authorization: Bearer ak_x', JSON_TYPE, HALF),
      401,
    ],
    ['to the API with a write key', post('/api/rejected/replay', 'X-Write-Key: wk', JSON_TYPE, HALF), 401],
    ['to a collector with an invented key', post('/v1/batch', 'X-Write-Key: wk_invented', HALF), 401],
    ['to a collector with an invented key in the query', post('/v1/batch?writeKey=wk_invented', HALF), 401],
    ['to a path that is not there', post('/nowhere', JSON_TYPE, HALF), 404],
    ['to the health of the server', post('/health/live', JSON_TYPE, HALF), 405],
    ['that asks what it may send', ['OPTIONS /v1/batch HTTP/1.1', HALF], 204],
    ['that says it is larger than any may be', post('/v1/batch', 'Content-Length: 20000000'), 413],
  ] as const)('%s', async (_, head, status) => {
    expect(await answerTo(head, 'x'.repeat(1000))).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
  });
});

test('a client that was refused may end its body, and goes on with the same connection', async () => {
  let received = '';
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  sockets.push(socket);
  socket.on('data', (chunk) => (received += chunk.toString()));
  socket.write(`POST /v1/batch HTTP/1.1\r\nHost: x\r\nX-Write-Key: wk_invented\r\n${HALF}\r\n\r\n`);
  expect(await until(() => received.includes('write-key-unknown'), 30_000)).toBe(true);
  socket.write('x'.repeat(1_000_000));
  socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await until(() => received.includes('{"status":"live"}'), 30_000)).toBe(true);
});

test('a body that stalls is 408', async () => {
  const head = post('/v1/batch', `X-Write-Key: ${server.keys.writeKey}`, HALF);
  expect(await answerTo(head, 'x'.repeat(100_000))).toMatch(/^HTTP\/1.1 408 .*"code":"request-timeout"/s);
});

test('a body in pieces of one byte is 400', async () => {
  const head = post('/v1/batch', `X-Write-Key: ${server.keys.writeKey}`, 'Transfer-Encoding: chunked');
  expect(await answerTo(head, '1\r\nx\r\n'.repeat(5_000))).toMatch(/^HTTP\/1.1 400 .*pieces/s);
});

test('headers over the limit are 431, as a problem document', async () => {
  expect(await answerTo(post('/v1/batch', `Cookie: ${'c'.repeat(20_000)}`))).toMatch(
    /^HTTP\/1.1 431 .*application\/problem\+json.*"code":"headers-too-large"/s,
  );
});

describe('a body of the API', () => {
  const replay = (body: string): Promise<Response> =>
    fetch(`${server.url}/api/rejected/replay`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${server.keys.apiKey}`, 'content-type': 'application/json' },
    });

  test.each([
    ['is nested 400,000 deep', '['.repeat(400_000) + ']'.repeat(400_000), 400, 'too-deep'],
    ['has objects 100,000 deep', '{"ids":'.repeat(100_000) + '1' + '}'.repeat(100_000), 400, 'too-deep'],
    ['has a field 65 deep', `{"ids":${'['.repeat(64)}1${']'.repeat(64)}}`, 400, 'too-deep'],
    ['is a list of many empty objects', `[${'{},'.repeat(3_000)}{}]`, 413, 'too-large'],
    [
      'has many unknown fields',
      `{${Array.from({ length: 3_000 }, (_, nth) => `"k${nth}":1`).join(',')}}`,
      413,
      'too-large',
    ],
    ['has many values', `[${`[${'1,'.repeat(2_000)}1],`.repeat(20)}1]`, 413, 'too-large'],
    ['names the prototype', '{"__proto__":{"limit":1}}', 400, 'unreadable-body'],
    ['is empty', '', 400, 'unreadable-body'],
    ['is no JSON', '{"ids"', 400, 'unreadable-body'],
  ])('that %s is refused', async (_, body, status, code) => {
    const answer = await replay(body);
    expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining({ code })]);
  });

  test('with more faults than anybody reads names the first hundred', async () => {
    const answer = await replay(`{${Array.from({ length: 2_000 }, (_, nth) => `"k${nth}":1`).join(',')}}`);
    const { errors } = (await answer.json()) as { errors: unknown[] };
    expect([answer.status, errors.length]).toEqual([400, 100]);
  });
});

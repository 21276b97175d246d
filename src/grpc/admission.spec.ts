import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { Admission } from '../http/admission/admission.js';
import { ByteBudget } from '../http/admission/byte-budget.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { Pipeline } from '../intake/pipeline.js';
import { Metrics } from '../metrics.js';
import { until } from '../../test/until.js';
import { messageOf } from '../../test/grpc.js';
import { type GrpcServer, serveGrpc } from './server.js';

const LIMITS = {
  ...{ total: 20_000_000, perKey: 10_000_000, perAddress: 6_000_000 },
  ...{ unauthenticated: 200_000, unauthenticatedPerAddress: 100_000 },
};
let budget: ByteBudget;
let server: GrpcServer;
let client: ClientHttp2Session;

beforeEach(async () => {
  budget = new ByteBudget(LIMITS);
  const opened = { workspace: 'main', collector: 'web' };
  server = await serveGrpc(0, {
    roles: new Set(['collect']),
    pipeline: new Pipeline(new MemoryEventStore(), { keep: async () => undefined }),
    keys: {
      resolveWriteKey: async (key) => (key === 'wk' ? opened : undefined),
      resolveApiKey: async () => undefined,
    },
    ...{ metrics: new Metrics(), log: pino({ level: 'silent' }), admission: new Admission({ budget }) },
    serving: async () => ({ whole: true, roles: new Set(['collect'] as const) }),
  });
  client = connect(`http://127.0.0.1:${server.port}`).on('error', () => undefined);
});
afterEach(async () => {
  client.destroy();
  await server.stop();
});

/** A call that is open, and the status it was answered with, by its number. */
function open(method: string, headers: Record<string, string> = {}): ClientHttp2Stream & { status?: string } {
  const stream: ClientHttp2Stream & { status?: string } = client.request({
    ':method': 'POST',
    ':path': `/touchline.v1.CollectorService/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization: 'Bearer wk',
    ...headers,
  });
  const read = ({ 'grpc-status': status }: { 'grpc-status'?: string | string[] }): void => {
    if (typeof status === 'string') stream.status = status;
  };
  return stream
    .on('response', read)
    .on('trailers', read)
    .on('error', () => undefined)
    .resume();
}

/** A message as it goes over the wire, or only its beginning. */
function framed(message: Uint8Array, flags = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flags);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
const soon = (condition: () => boolean): Promise<boolean> => until(condition, 20_000);

describe('a call', () => {
  test('with an invented key is answered before any message has come', async () => {
    const call = open('RecordStream', { authorization: 'Bearer wk_invented' });
    expect(await soon(() => call.status === '16')).toBe(true);
    expect(await soon(() => budget.bytes === 0)).toBe(true);
  });

  test('holds the bytes received of a message, and releases them when its client disconnects', async () => {
    const calls = ['Record', 'RecordStream'].map((method) => open(method));
    for (const call of calls) call.write(framed(Buffer.alloc(1_000_000)).subarray(0, 500_000));
    expect(await soon(() => budget.bytes > 1_000_000)).toBe(true);
    for (const call of calls) call.close(constants.NGHTTP2_CANCEL);
    expect(await soon(() => budget.bytes === 0)).toBe(true);
  });

  test('that finds no room in its share waits, and goes on when there is some', async () => {
    const calls = Array.from({ length: 5 }, () => open('RecordStream'));
    const message = framed(messageOf([{ messageId: 'm-1', kind: 'custom', anonymousId: 'a' }]));
    for (const call of calls) call.write(framed(Buffer.alloc(1_000_000)).subarray(0, 900_000));
    expect(await soon(() => budget.bytes > 3_900_000)).toBe(true);
    expect(budget.bytes).toBeLessThanOrEqual(LIMITS.perAddress);
    for (const call of calls) call.close(constants.NGHTTP2_CANCEL);
    expect(await soon(() => budget.bytes === 0)).toBe(true);
    const last = open('RecordStream');
    last.end(message);
    expect(await soon(() => last.status === '0')).toBe(true);
  });

  test('whose message stalls in the middle is ended, and another one is not', async () => {
    const [stalled, idle] = [open('RecordStream'), open('RecordStream')];
    idle.write(framed(messageOf([{ messageId: 'm-1', kind: 'custom', anonymousId: 'a' }])));
    stalled.write(framed(Buffer.alloc(1_000)).subarray(0, 500));
    expect(await soon(() => stalled.status === '14')).toBe(true);
    expect(idle.status).toBeUndefined();
    idle.end();
    expect(await soon(() => idle.status === '0')).toBe(true);
  });

  test('whose compressed messages inflate beyond the limit is ended, and releases all its bytes', async () => {
    const bomb = framed(gzipSync(Buffer.alloc(1_500_000)), 1);
    const calls = Array.from({ length: 8 }, () => open('RecordStream', { 'grpc-encoding': 'gzip' }));
    for (const call of calls) call.write(Buffer.concat([bomb, bomb, bomb, bomb]));
    // RESOURCE_EXHAUSTED where one was looked at, UNAVAILABLE where there was no room for it.
    expect(await soon(() => calls.every(({ status }) => status === '8' || status === '14'))).toBe(true);
    expect(await soon(() => budget.bytes === 0)).toBe(true);
  });

  test('takes a compressed message', async () => {
    const call = open('Record', { 'grpc-encoding': 'gzip' });
    call.end(framed(gzipSync(messageOf([{ messageId: 'm-1', kind: 'custom', anonymousId: 'a' }])), 1));
    expect(await soon(() => call.status === '0')).toBe(true);
    expect(await soon(() => budget.bytes === 0)).toBe(true);
  });
});

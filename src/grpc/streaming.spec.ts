import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { type NewFact, StoreUnavailable } from '../event-store/event-store.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { Admission } from '../http/admission/admission.js';
import { ByteBudget } from '../http/admission/byte-budget.js';
import { Pipeline } from '../intake/pipeline.js';
import type { RejectedInput } from '../intake/rejected.js';
import { Metrics } from '../metrics.js';
import { Receipt_Status } from '../proto/touchline/v1/collector_pb.js';
import { bearer, good, GrpcClient, messageOf } from '../../test/grpc.js';
import { type GrpcServer, serveGrpc } from './server.js';

/** Takes the time of a disk; holds appends while it is slow. */
class SlowStore extends MemoryEventStore {
  readonly waiting: (() => void)[] = [];
  slow = false;
  appends = 0;
  override async record(facts: readonly NewFact[]): ReturnType<MemoryEventStore['record']> {
    this.appends += 1;
    if (this.slow) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else await sleep(2);
    return super.record(facts);
  }
  letGo(): void {
    this.slow = false;
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/** Receipts of the longest stream take 2.5 MB of it. */
const ROOM = 4_000_000;
const LIMITS = {
  ...{ total: ROOM, perKey: 2 * ROOM, perAddress: 2 * ROOM },
  ...{ unauthenticated: 200_000, unauthenticatedPerAddress: 100_000 },
};
const DEADLINE_MS = 1_000;
let store: SlowStore;
let kept: RejectedInput[];
let server: GrpcServer;
let client: GrpcClient;
let metrics: Metrics;
let budget: ByteBudget;

beforeEach(async () => {
  store = new SlowStore();
  kept = [];
  metrics = new Metrics();
  const keep = async (rows: readonly RejectedInput[]): Promise<void> => void kept.push(...rows);
  budget = new ByteBudget(LIMITS);
  const opened = { workspace: 'main', collector: 'web' };
  server = await serveGrpc(0, {
    roles: new Set(['collect']),
    pipeline: new Pipeline(store, { keep }),
    keys: {
      resolveWriteKey: async (key) => (key === 'wk' ? opened : undefined),
      resolveApiKey: async () => undefined,
    },
    ...{
      metrics,
      admission: new Admission({ budget }),
      log: pino({ level: 'silent' }),
      serving: async () => ({ whole: true, roles: new Set(['collect', 'query'] as const) }),
    },
  });
  client = new GrpcClient(server.port, bearer('wk'));
});
afterEach(async () => {
  store.letGo();
  client.close();
  await server.stop();
});

const view = (nth: number, more: object = {}) => ({
  ...{ messageId: `m-${nth}`, kind: 'page_view', anonymousId: `a-${nth % 100}` },
  ...more,
});
function* views(count: number, perMessage: number, more: object = {}) {
  for (let nth = 0; nth < count; nth += perMessage)
    yield Array.from({ length: Math.min(perMessage, count - nth) }, (_, index) => view(nth + index, more));
}
const until = async (condition: () => boolean): Promise<void> => {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 3_000) throw new Error('it does not come to be');
    await sleep(10);
  }
};
const nothingHeld = (): Promise<void> => until(() => budget.bytes === 0);

describe('a stream', () => {
  test.each([1, 40])('of 20,000 touchpoints, %d in a message, has 20,000 receipts in order', async (size) => {
    const { receipts } = await good(client.recordStream(views(20_000, size)));
    expect(receipts.map(({ messageId }) => messageId)).toEqual(
      Array.from({ length: 20_000 }, (_, nth) => `m-${nth}`),
    );
    expect(receipts.every(({ status }) => status === Receipt_Status.ACCEPTED)).toBe(true);
    expect(receipts.map(({ position }) => position)).toEqual(receipts.map((_, nth) => BigInt(nth + 1)));
    expect(await store.head()).toBe(20_000n);
    // Gathered: an append each would be as many commits.
    expect(store.appends).toBeLessThan(20_000 / 10);
    await nothingHeld();
  });

  test('without a message is answered with no receipts', async () => {
    expect((await good(client.recordStream([]))).receipts).toEqual([]);
  });

  test('sent again is a stream of duplicates', async () => {
    const first = await good(client.recordStream(views(500, 7)));
    const again = await good(client.recordStream(views(500, 100)));
    expect(again.receipts.map(({ position }) => position)).toEqual(
      first.receipts.map(({ position }) => position),
    );
    expect(again.receipts.every(({ status }) => status === Receipt_Status.DUPLICATE)).toBe(true);
    expect(await store.head()).toBe(500n);
  });

  test('with a bad message is INVALID_ARGUMENT; what came before stays, and the message is kept', async () => {
    const { call, answer } = client.stream();
    call.write(messageOf([view(1), view(2)]));
    call.write(Buffer.from('no protobuf'));
    call.write(messageOf([view(3)]));
    expect(await answer).toMatchObject({ status: 'INVALID_ARGUMENT', reason: 'unreadable-body' });
    expect(await store.head()).toBe(2n);
    expect(kept).toMatchObject([
      { unit: 'request', format: 'protobuf', reason: { code: 'unreadable-body' } },
    ]);
    expect(kept[0]!.payload.toString()).toBe('no protobuf');
    await nothingHeld();
  });

  test('of more than 25,000 is RESOURCE_EXHAUSTED', async () => {
    expect(await client.recordStream(views(25_100, 100))).toMatchObject({
      ...{ status: 'RESOURCE_EXHAUSTED', reason: 'too-large' },
      message: 'The stream holds more than the limit of 25000 touchpoints',
    });
    expect(await store.head()).toBeLessThanOrEqual(25_000n);
    await nothingHeld();
  });
});

describe('a log that is slow', () => {
  test('stops the clients: what they send waits with them, in bounded room, and all is well afterwards', async () => {
    store.slow = true;
    const sent = [0, 0, 0];
    const answers = sent.map((_, who) => {
      const { call, answer } = client.stream();
      const messages = [...views(20_000, 25, { rep: `${who}`, source: 'x'.repeat(200) })].map((some) =>
        messageOf(some.map((one) => ({ ...one, messageId: `${who}-${one.messageId}` }))),
      );
      void (async () => {
        for (const message of messages) {
          if (!call.write(message)) await new Promise((resolve) => call.once('drain', resolve));
          sent[who]! += message.length;
        }
        call.end();
      })();
      return answer;
    });
    await until(() => store.waiting.length === 3 && budget.bytes > ROOM / 2);
    let before = -1;
    while (before !== sent[0]! + sent[1]! + sent[2]!) {
      before = sent[0]! + sent[1]! + sent[2]!;
      await sleep(300);
    }
    // Each wants to send 5 MB. Beyond the room only the windows of HTTP/2 and the buffers of the sockets fill.
    expect(budget.bytes).toBeLessThanOrEqual(ROOM);
    for (const bytes of sent) expect(bytes).toBeLessThan(2_500_000);

    store.letGo();
    for (const answer of answers) expect((await good(answer)).receipts).toHaveLength(20_000);
    expect(await store.head()).toBe(60_000n);
    await nothingHeld();
  });

  test('meanwhile a unary call is UNAVAILABLE with RetryInfo when there is no room for it', async () => {
    store.slow = true;
    const blob = 'x'.repeat(20_000);
    const half = (who: number) =>
      Array.from({ length: 20 }, (_, nth) => view(who * 100 + nth, { properties: { blob } }));
    // It holds five times its 400 KB, and so would another.
    const call = client.record(half(0));
    await until(() => store.waiting.length === 1);
    const refused = await client.record(half(1));
    expect(refused).toMatchObject({ status: 'UNAVAILABLE', reason: 'overloaded', retryAfter: 1 });
    store.letGo();
    expect((await good(call)).receipts).toHaveLength(20);
    await nothingHeld();
  });
});

describe('a log that is away', () => {
  test('is UNAVAILABLE with the wait that it asks for, for a call and for a stream', async () => {
    store.record = () => Promise.reject(new StoreUnavailable('the queue is full', 7));
    const failure = {
      status: 'UNAVAILABLE',
      reason: 'unavailable',
      retryAfter: 7,
      message: 'the queue is full',
    };
    expect(await client.record([view(1)])).toEqual({ ...failure, domain: 'touchline' });
    expect(await client.recordStream(views(300, 3))).toEqual({ ...failure, domain: 'touchline' });
    await nothingHeld();
  });

  test('an error that nobody foresaw is INTERNAL and tells nothing of the inside', async () => {
    store.record = () => Promise.reject(new Error('relation "touchline.event" does not exist'));
    const failure = await client.record([view(1)]);
    expect(failure).toMatchObject({ status: 'INTERNAL', reason: 'internal' });
    expect(JSON.stringify(failure)).not.toContain('touchline.event');
  });
});

describe('a client that leaves', () => {
  test('in the middle of a stream leaves in the log what was taken, and nothing behind', async () => {
    const { call, answer } = client.stream();
    call.write(messageOf([view(1), view(2)]));
    await until(() => store.appends === 1);
    store.slow = true;
    for (const some of views(9_000, 30)) call.write(messageOf(some));
    await until(() => store.waiting.length === 1);
    call.cancel();
    expect(await answer).toMatchObject({ status: 'CANCELLED' });
    store.letGo();
    await nothingHeld();
    expect(await store.head()).toBeGreaterThanOrEqual(2n);
    expect((await good(client.recordStream(views(9_000, 1000)))).receipts).toHaveLength(9_000);
    expect(await store.head()).toBe(9_000n);
  });

  test('by closing its connection is noticed as well', async () => {
    store.slow = true;
    const other = new GrpcClient(server.port, bearer('wk'));
    const { call, answer } = other.stream();
    for (const some of views(9_000, 30)) call.write(messageOf(some));
    await until(() => store.waiting.length === 1);
    other.close();
    call.cancel();
    await answer;
    store.letGo();
    await nothingHeld();
  });

  test('whose deadline passes is DEADLINE_EXCEEDED, and counted so', async () => {
    await good(client.recordStream([])); // Connected: the next is heard of in time.
    store.slow = true;
    const { call, answer } = client.stream(undefined, { deadline: Date.now() + DEADLINE_MS });
    call.write(messageOf([view(1)]));
    expect(await answer).toMatchObject({ status: 'DEADLINE_EXCEEDED' });
    // The server counts the time from when it heard of it.
    await sleep(DEADLINE_MS);
    store.letGo();
    await nothingHeld();
    const { values } = await metrics.grpcSeconds.get();
    const counts = values.filter(({ metricName }) => metricName?.endsWith('_count'));
    const method = 'CollectorService/RecordStream';
    expect(counts.map(({ labels, value }) => [labels, value])).toEqual([
      [{ method, status: 'OK' }, 1],
      [{ method, status: 'DEADLINE_EXCEEDED' }, 1],
    ]);
  });
});

describe('a server that stops', () => {
  test('lets the streams under way end', async () => {
    const { call, answer } = client.stream();
    call.write(messageOf([view(1)]));
    await until(() => store.appends === 1);
    const stopped = server.stop();
    await sleep(100);
    call.write(messageOf([view(2)]));
    call.end();
    expect((await good(answer)).receipts).toHaveLength(2);
    await stopped;
    expect(await store.head()).toBe(2n);
    expect(await client.record([view(3)])).toMatchObject({ status: 'UNAVAILABLE' });
  });

  test('tells a stream that does not end to come again', async () => {
    const { call, answer } = client.stream();
    call.write(messageOf([view(1)]));
    await until(() => store.appends === 1);
    await server.stop();
    expect(await answer).toMatchObject({ status: 'UNAVAILABLE', reason: 'stopping', retryAfter: 1 });
    expect(await store.head()).toBe(1n);
  });
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { noVerification } from '../../test/key-store.js';
import { Logger } from '@nestjs/common';
import Fastify, { type FastifyInstance } from 'fastify';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type NewFact, StoreUnavailable } from '../event-store/event-store.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { Admission } from '../http/admission/admission.js';
import { ByteBudget } from '../http/admission/byte-budget.js';
import { admitRequests } from '../http/admission/request-admission.js';
import { collectorRoutes } from './collector-routes.js';
import { FORMATS } from './formats/all.js';
import { Pipeline } from './pipeline.js';
import type { RejectedInput } from './rejected.js';

/** A batch of 50 KB holds some 180 KB with what it is parsed to. */
const ROOM = 1_000_000;
const LIMITS = {
  ...{ total: ROOM, perKey: 2 * ROOM, perAddress: 2 * ROOM },
  ...{ unauthenticated: 400_000, unauthenticatedPerAddress: 400_000 },
};

/** Holds every append until it is let go. */
class SlowStore extends MemoryEventStore {
  readonly waiting: (() => void)[] = [];
  slow = true;
  override async record(facts: readonly NewFact[]): ReturnType<MemoryEventStore['record']> {
    if (this.slow) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return super.record(facts);
  }
  letGo(): void {
    this.slow = false;
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

let store: SlowStore;
let budget: ByteBudget;
let app: FastifyInstance;
let url: string;
let kept: RejectedInput[];
let away: boolean;

beforeEach(async () => {
  store = new SlowStore();
  budget = new ByteBudget(LIMITS);
  kept = [];
  away = false;
  const keep = (rows: readonly RejectedInput[]): Promise<void> => {
    if (away)
      return Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    kept.push(...rows);
    return Promise.resolve();
  };
  app = Fastify();
  admitRequests(app, new Admission({ budget }), async () => 'api');
  const resolveWriteKey = (key: string) =>
    Promise.resolve(key === 'wk' ? { workspace: 'main', collector: 'web' } : undefined);
  await app.register(
    collectorRoutes({
      pipeline: new Pipeline(store, { keep }),
      formats: FORMATS.list,
      resolveWriteKey,
      resolveCollector: ({ value }) => resolveWriteKey(value),
      verification: noVerification,
      publicUrl: undefined,
      now: () => new Date(),
    }),
  );
  url = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(async () => {
  store.letGo();
  await app.close();
});

const batch = (bytes: number): string =>
  JSON.stringify({ batch: Array.from({ length: Math.ceil(bytes / 1000) }, (_, nth) => event(nth)) });
const event = (nth: number): object => ({
  type: 'track',
  event: 'T',
  userId: `u-${nth}`,
  properties: { blob: 'x'.repeat(900) },
});
const post = (body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/v1/batch`, { method: 'POST', body, headers: { 'x-write-key': 'wk', ...headers } });
const settled = async (): Promise<void> => {
  for (let tries = 0; budget.bytes > 0 && tries < 100; tries += 1) await sleep(20);
};

describe('more than there is room for', () => {
  test('is turned away with 503 and Retry-After while the rest waits, and all is well afterwards', async () => {
    let refused = 0;
    const answers = Array.from({ length: 12 }, async () => {
      const { status, headers } = await post(batch(50_000));
      if (status === 503) refused += 1;
      return [status, headers.get('retry-after')];
    });
    while (refused + store.waiting.length < 12) await sleep(10);
    expect(budget.bytes).toBeLessThanOrEqual(ROOM);
    store.letGo();

    const statuses = await Promise.all(answers);
    const turnedAway = statuses.filter(([status]) => status === 503);
    expect(turnedAway.length).toBeGreaterThanOrEqual(7);
    expect(turnedAway).toContainEqual([503, '1']);
    expect(statuses.filter(([status]) => status === 200)).toHaveLength(12 - turnedAway.length);
    await settled();
    expect(budget.bytes).toBe(0);
    expect((await post(batch(50_000))).status).toBe(200);
  });

  test('without a key does not keep out a request with one', async () => {
    const half = `POST /v1/batch HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n{"batch":[`;
    const stalled = Array.from({ length: 12 }, () => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
      socket.write(half);
      return socket;
    });
    const left = LIMITS.unauthenticated - 65536;
    for (let tries = 0; budget.bytes < left && tries < 200; tries += 1) await sleep(10);
    expect(budget.bytes).toBeGreaterThanOrEqual(left);
    store.letGo();
    expect((await post(batch(50_000))).status).toBe(200);
    for (const socket of stalled) socket.destroy();
  });

  test('is readable by browsers of other sites', async () => {
    const held = budget.open('another');
    held.authenticate('key');
    held.grow(ROOM);
    const answer = await post(batch(1000), { origin: 'https://acme.example' });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
      503,
      'https://acme.example',
    ]);
    held.release();
  });

  test('counts what a body inflates to', async () => {
    let refused = 0;
    const bodies = Array.from({ length: 4 }, async () => {
      const { status } = await post(gzipSync(batch(200_000)), { 'content-encoding': 'gzip' });
      if (status === 503) refused += 1;
      return status;
    });
    while (refused + store.waiting.length < 4) await sleep(10);
    store.letGo();
    expect((await Promise.all(bodies)).filter((status) => status === 503)).toHaveLength(3);
    await settled();
    expect(budget.bytes).toBe(0);
  });

  test('gives back the room of clients that go away in the middle of a body', async () => {
    const { port } = new URL(url);
    const sockets = Array.from({ length: 5 }, () => connect(Number(port), '127.0.0.1'));
    const head = 'POST /v1/batch HTTP/1.1\r\nHost: x\r\nX-Write-Key: wk\r\nContent-Length: 400000\r\n\r\n';
    for (const socket of sockets) socket.on('error', () => undefined).write(head + 'x'.repeat(30_000));
    while (budget.bytes < 150_000) await sleep(10);
    for (const socket of sockets) socket.destroy();
    await settled();
    expect(budget.bytes).toBe(0);
  });
});

describe('a database that is away', () => {
  test('answers 503, never a loss: neither events nor rejected input are said to be kept', async () => {
    store.slow = false;
    away = true;
    const bad = JSON.stringify({ batch: [{ type: 'page' }] });
    for (const body of [bad, '{"batch":']) {
      const answer = await post(body);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    }
    await settled();
    expect([budget.bytes, kept.length]).toEqual([0, 0]);
  });

  test('a store that says when to come back is passed on', async () => {
    store.record = () => Promise.reject(new StoreUnavailable('the queue is full', 7));
    const answer = await post(batch(1000));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7']);
  });

  test('an error that nobody foresaw tells nothing of the inside', async () => {
    Logger.overrideLogger(false);
    store.record = () => Promise.reject(new Error('relation "touchline.event" does not exist'));
    const answer = await post(batch(1000));
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('touchline.event');
  });
});

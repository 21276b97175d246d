import { expect, test } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { until } from '../../../test/until.js';
import { type EventStore, StoreUnavailable } from '../../event-store/event-store.js';
import { MemoryEventStore } from '../../event-store/memory.js';
import { FORMATS } from '../formats/all.js';
import { Pipeline } from '../pipeline.js';
import { KeyQuotas, type QuotaLimit } from '../key-quotas.js';
import { Partition, type PartitionOptions } from './partition.js';
import { recordFormats } from './read-record.js';
import { collectGarbage } from '../../../test/collect-garbage.js';
import { BufferLimit } from './buffer-limit.js';

test('what fails once the partition is closed makes nobody wait', async () => {
  let fail: (error: Error) => void = () => undefined;
  let asked: () => void = () => undefined;
  const asking = new Promise<void>((resolve) => (asked = resolve));
  const blocked: unknown[] = [];
  const never = (): never => {
    throw new Error('not to be called');
  };
  const partition = new Partition(
    {
      source: 'kafka:touchline:touchpoints:0',
      store: {
        progressOf: () =>
          new Promise((_, reject) => {
            fail = reject;
            asked();
          }),
      },
      intake: {} as PartitionOptions['intake'],
      limit: new BufferLimit(1, 0, never),
      ...{ readFrom: never, bounds: never, written: never, unblocked: never },
      blocked: (why) => blocked.push(why),
    },
    Promise.resolve(),
  );
  await asking;
  const closed = partition.close();
  fail(new StoreUnavailable('away', 0));
  await closed;

  expect(blocked).toEqual([]);
});

test('a key over its rate slows its partition down, and every record is written in the end', async () => {
  const store = new MemoryEventStore();
  const exceeded: QuotaLimit[] = [];
  const most = { requestsPerSecond: 1, concurrentRequests: 1, concurrentEvents: 1 };
  const quotas = new KeyQuotas({ ...most, eventsPerSecond: 100 }, (limit) => exceeded.push(limit));
  const quota = { id: 'k', prefix: 'wk_', workspace: 'main', limits: {} };
  const key = { workspace: 'main', collector: 'web', quota };
  let begun: () => void = () => undefined;
  const beginning = new Promise<void>((resolve) => (begun = resolve));
  let left = 2_100;
  let allWritten: () => void = () => undefined;
  const end = new Promise<void>((resolve) => (allWritten = resolve));
  const held: string[] = [];
  const partition = new Partition(
    {
      ...{ source: 'kafka:touchline:touchpoints:0', store, readFrom: () => begun() },
      intake: {
        ...{
          formats: recordFormats(FORMATS.list),
          pipeline: new Pipeline(store, { keep: () => Promise.resolve() }),
          quotas,
          writeKey: 'wk',
        },
        resolveWriteKey: () => Promise.resolve(key),
        publishRejected: () => Promise.resolve(),
        now: () => new Date(),
      },
      limit: new BufferLimit(1e9, 0, () => undefined),
      bounds: () => Promise.resolve({ first: 0, end: left }),
      written: ({ accepted }) => {
        if ((left -= accepted) === 0) allWritten();
      },
      // Else what it goes on reading fills the room of the other partitions.
      blocked: (why) => held.push(String(why)),
      unblocked: () => held.push('released'),
    },
    Promise.resolve(),
  );
  await beginning;
  // The burst is 1,000 events; a slice as large leaves the next to wait for one more, and that leaves a debt.
  const records = Array.from({ length: left }, (_, offset) => ({
    ...{ key: null, headers: {}, partition: 0, offset, timestamp: Date.now() },
    value: Buffer.from(JSON.stringify({ messageId: `m-${offset}`, kind: 'page_view', anonymousId: 'a' })),
  }));
  partition.add(records);
  await end;
  await partition.close();
  expect(exceeded.length).toBeGreaterThan(0);
  expect(held[0]).toMatch(/write key wk_ of workspace "main" is over its limit of events/);
  expect(held.at(-1)).toBe('released');
  expect(await store.head()).toBe(2_100n);
}, 60_000);

test('records written one by one, as one cannot be stored, count for their keys once', async () => {
  const log = new MemoryEventStore();
  const store = {
    ...{ head: () => log.head(), progressOf: (source: string) => log.progressOf(source) },
    record: (...[facts, progress]: Parameters<EventStore['record']>) =>
      facts.some(({ stream }) => stream.includes('broken'))
        ? Promise.reject(new Error('invalid byte sequence'))
        : log.record(facts, progress),
  } as EventStore;
  let counted = 0;
  const quotas = { delayOf: (_: unknown, events: number) => (counted += events) * 0 };
  const quota = { id: 'k', prefix: 'wk_', workspace: 'main', limits: {} };
  let begun: () => void = () => undefined;
  const beginning = new Promise<void>((resolve) => (begun = resolve));
  let left = 3;
  let allWritten: () => void = () => undefined;
  const end = new Promise<void>((resolve) => (allWritten = resolve));
  const partition = new Partition(
    {
      ...{ source: 'kafka:touchline:touchpoints:0', store, readFrom: () => begun() },
      intake: {
        formats: recordFormats(FORMATS.list),
        pipeline: new Pipeline(store, { keep: () => Promise.resolve() }),
        ...{ quotas: quotas as unknown as KeyQuotas, writeKey: 'wk' },
        resolveWriteKey: () => Promise.resolve({ workspace: 'main', collector: 'web', quota }),
        publishRejected: () => Promise.resolve(),
        now: () => new Date(),
      },
      limit: new BufferLimit(1e9, 0, () => undefined),
      bounds: () => Promise.resolve({ first: 0, end: left }),
      written: ({ accepted, rejected }) => {
        if ((left -= accepted + rejected) === 0) allWritten();
      },
      ...{ blocked: () => undefined, unblocked: () => undefined },
    },
    Promise.resolve(),
  );
  await beginning;
  partition.add(
    ['ada', 'broken', 'kate'].map((anonymousId, offset) => ({
      ...{ key: null, headers: {}, partition: 0, offset, timestamp: Date.now() },
      value: Buffer.from(JSON.stringify({ messageId: `m-${offset}`, kind: 'page_view', anonymousId })),
    })),
  );
  await end;
  await partition.close();
  expect(counted).toBe(3);
  expect(await store.head()).toBe(2n);
});

test('the facts of records are let go of while they are written, and made again when that has to be tried again', async () => {
  const log = new MemoryEventStore();
  const offered: WeakRef<object>[] = [];
  let answer: (outcome: 'append' | 'refuse') => void = () => undefined;
  const store = {
    ...{ head: () => log.head(), progressOf: (source: string) => log.progressOf(source) },
    record: (...[facts, progress]: Parameters<EventStore['record']>) => {
      const [first] = facts;
      if (first) offered.push(new WeakRef(first));
      const encoded = structuredClone(facts);
      return new Promise<'append' | 'refuse'>((resolve) => (answer = resolve)).then((outcome) => {
        if (outcome === 'refuse') throw new StoreUnavailable('away', 0);
        return log.record(encoded, progress);
      });
    },
  } as EventStore;
  let begun: () => void = () => undefined;
  const beginning = new Promise<void>((resolve) => (begun = resolve));
  let written: (accepted: number) => void = () => undefined;
  const end = new Promise<number>((resolve) => (written = resolve));
  const partition = new Partition(
    {
      ...{ source: 'kafka:touchline:touchpoints:0', store, readFrom: () => begun() },
      intake: {
        formats: recordFormats(FORMATS.list),
        pipeline: new Pipeline(store, { keep: () => Promise.resolve() }),
        writeKey: 'wk',
        resolveWriteKey: () => Promise.resolve({ workspace: 'main', collector: 'web' }),
        publishRejected: () => Promise.resolve(),
        now: () => new Date(),
      },
      limit: new BufferLimit(1e9, 0, () => undefined),
      bounds: () => Promise.resolve({ first: 0, end: 3 }),
      written: ({ accepted }) => written(accepted),
      ...{ blocked: () => undefined, unblocked: () => undefined },
    },
    Promise.resolve(),
  );
  await beginning;
  partition.add(
    ['ada', 'grace', 'kate'].map((anonymousId, offset) => ({
      ...{ key: null, headers: {}, partition: 0, offset, timestamp: Date.now() },
      value: Buffer.from(JSON.stringify({ messageId: `m-${offset}`, kind: 'page_view', anonymousId })),
    })),
  );
  for (const [tries, outcome] of (['refuse', 'append'] as const).entries()) {
    expect(await until(() => offered.length > tries, 5_000, 5)).toBe(true);
    await setImmediate();
    collectGarbage();
    expect(offered.map((fact) => fact.deref())).toEqual(offered.map(() => undefined));
    answer(outcome);
  }
  expect(await end).toBe(3);
  expect(await log.head()).toBe(3n);
  await partition.close();
});

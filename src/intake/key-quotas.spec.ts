import { beforeEach, describe, expect, test } from '@jest/globals';
import { KeyQuotas, QuotaExceeded, type QuotaLimit } from './key-quotas.js';

const LIMITS = { eventsPerSecond: 100, requestsPerSecond: 10, concurrentRequests: 3, concurrentEvents: 500 };
const key = (id: string, limits = {}) => ({ id, prefix: id, workspace: 'main', limits });
const [busy, calm] = [key('busy'), key('calm')];

let now: number;
let exceeded: QuotaLimit[];
let quotas: KeyQuotas;
beforeEach(() => {
  now = 0;
  exceeded = [];
  quotas = new KeyQuotas(
    LIMITS,
    (limit) => exceeded.push(limit),
    () => now,
  );
});

/** What a call throws, as its client sees it. */
function refusalOf(call: () => unknown): object | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (!(error instanceof QuotaExceeded)) throw error;
    return { status: error.getStatus(), code: error.code, ...error.headers };
  }
}

describe('requests', () => {
  test('over the rate are refused with the time to wait, and taken when that is over', () => {
    for (let nth = 0; nth < 100; nth += 1) quotas.countRequest(busy);
    expect(refusalOf(() => quotas.countRequest(busy))).toEqual({
      ...{ status: 429, code: 'quota-exceeded', 'retry-after': '1' },
    });
    expect(exceeded).toEqual(['requests']);
    now += 1_000;
    expect(refusalOf(() => quotas.countRequest(busy))).toBeUndefined();
  });

  test('of one key leave those of another alone', () => {
    for (let nth = 0; nth < 100; nth += 1) quotas.countRequest(busy);
    expect(refusalOf(() => quotas.countRequest(busy))).toBeDefined();
    for (let nth = 0; nth < 100; nth += 1) quotas.countRequest(calm);
  });

  test('without a quota, as those of a replay, are not counted', () => {
    for (let nth = 0; nth < 1_000; nth += 1) quotas.begin(undefined, 2_500);
  });
});

describe('events', () => {
  test('over the rate are refused before the next body is read, as long as the debt takes', () => {
    quotas.begin(busy, 2_500)();
    expect(refusalOf(() => quotas.countRequest(busy))).toMatchObject({ 'retry-after': '16' });
    now += 15_100;
    expect(refusalOf(() => quotas.countRequest(busy))).toBeUndefined();
  });

  test('that wait for the log at the same time are bounded, but for a request that is alone', () => {
    const end = quotas.begin(busy, 501);
    expect(refusalOf(() => quotas.begin(busy, 1))).toMatchObject({ status: 429, 'retry-after': '1' });
    expect(exceeded).toEqual(['concurrency']);
    quotas.begin(calm, 1)();
    end();
    quotas.begin(busy, 1)();
  });

  test('of a source that can wait are delayed instead', () => {
    expect(quotas.delayOf(busy, 1_500)).toBe(0);
    expect(quotas.delayOf(busy, 1)).toBe(5_010);
    now += 5_011;
    expect(quotas.delayOf(busy, 1)).toBe(0);
  });
});

test('requests that wait for the log at the same time are bounded, and their places given back', () => {
  const ends = [1, 2, 3].map(() => quotas.begin(busy, 1));
  expect(refusalOf(() => quotas.begin(busy, 1))).toMatchObject({ status: 429 });
  ends[0]?.();
  expect(refusalOf(() => quotas.begin(busy, 1))).toBeUndefined();
});

test('a key with limits of its own keeps to them, also when they change', () => {
  for (let nth = 0; nth < 10; nth += 1) quotas.countRequest(key('own', { requestsPerSecond: 1 }));
  expect(refusalOf(() => quotas.countRequest(key('own', { requestsPerSecond: 1 })))).toBeDefined();
  now += 100;
  expect(refusalOf(() => quotas.countRequest(key('own', { requestsPerSecond: 1_000 })))).toBeUndefined();
});

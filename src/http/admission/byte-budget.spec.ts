import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { ByteBudget, limitsOfHeap, OverBudget, type Reservation } from './byte-budget.js';

const LIMITS = {
  ...{ total: 1000, perKey: 500, perAddress: 600, unauthenticated: 200, unauthenticatedPerAddress: 100 },
};
const refusal = (grow: () => void): { status: number; code: string } | undefined => {
  try {
    grow();
    return undefined;
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error;
    return { status: error.getStatus(), code: error.code };
  }
};
const OVERLOADED = { status: 503, code: 'overloaded' };
const SHARE_EXCEEDED = { status: 429, code: 'share-exceeded' };

function opened(budget: ByteBudget, address: string, key?: string): Reservation {
  const reservation = budget.open(address);
  if (key !== undefined) reservation.authenticate(key);
  return reservation;
}

describe('a byte budget', () => {
  test('refuses with 429 what exceeds the share of a key, whatever address it comes from', () => {
    const budget = new ByteBudget(LIMITS);
    opened(budget, 'a', 'k').grow(300);
    expect(refusal(() => opened(budget, 'b', 'k').grow(201))).toEqual(SHARE_EXCEEDED);
    expect(refusal(() => opened(budget, 'b', 'k').grow(200))).toBeUndefined();
    expect(refusal(() => opened(budget, 'b', 'other').grow(300))).toBeUndefined();
  });

  test('refuses with 429 what exceeds the share of an address, whatever key it carries', () => {
    const budget = new ByteBudget(LIMITS);
    opened(budget, 'a', 'k').grow(400);
    expect(refusal(() => opened(budget, 'a', 'other').grow(201))).toEqual(SHARE_EXCEEDED);
    expect(refusal(() => opened(budget, 'b', 'other').grow(201))).toBeUndefined();
  });

  test('refuses with 503 what exceeds the whole budget', () => {
    const budget = new ByteBudget(LIMITS);
    opened(budget, 'a', 'k').grow(500);
    opened(budget, 'b', 'l').grow(450);
    expect(refusal(() => opened(budget, 'c', 'm').grow(51))).toEqual(OVERLOADED);
  });

  test('lets requests without a known key hold a small part only', () => {
    const budget = new ByteBudget(LIMITS);
    opened(budget, 'a').grow(100);
    expect(refusal(() => opened(budget, 'a').grow(1))).toEqual(SHARE_EXCEEDED);
    opened(budget, 'b').grow(100);
    expect(refusal(() => opened(budget, 'c').grow(1))).toEqual(OVERLOADED);
    expect(refusal(() => opened(budget, 'a', 'k').grow(400))).toBeUndefined();
  });

  test('counts for the key what a request held before its key was known', () => {
    const budget = new ByteBudget(LIMITS);
    const request = opened(budget, 'a');
    request.grow(100);
    request.authenticate('k');
    expect(refusal(() => opened(budget, 'b').grow(100))).toBeUndefined();
    expect(refusal(() => opened(budget, 'b', 'k').grow(401))).toEqual(SHARE_EXCEEDED);
    expect(budget.bytes).toBe(200);
  });

  test('admits who waits in turn, and not behind one whose own share is full', async () => {
    const budget = new ByteBudget(LIMITS);
    const [first, second] = [opened(budget, 'a', 'k'), opened(budget, 'b', 'l')];
    first.grow(500);
    second.grow(500);
    const admitted: string[] = [];
    const wait = (name: string, key: string, bytes: number): Reservation => {
      const reservation = opened(budget, name, key);
      void reservation.growWhenPossible(bytes).then(() => admitted.push(name));
      return reservation;
    };
    const waiting = [wait('c', 'k', 300), wait('d', 'm', 200), wait('e', 'm', 100)];
    second.shrink(250);
    await setImmediate();
    expect(admitted).toEqual(['d']);
    first.shrink(400);
    await setImmediate();
    expect(admitted.toSorted()).toEqual(['c', 'd', 'e']);
    for (const one of [first, second, ...waiting]) one.release();
    expect(budget.bytes).toBe(0);
  });

  test('forgets who waits once its request has ended', async () => {
    const budget = new ByteBudget(LIMITS);
    const holder = opened(budget, 'a', 'k');
    holder.grow(500);
    const gone = opened(budget, 'b', 'k');
    const waited = gone.growWhenPossible(400);
    gone.release();
    await waited;
    holder.release();
    expect(budget.bytes).toBe(0);
  });

  test('counts what a request waits for as of its key, once that is known', async () => {
    const budget = new ByteBudget(LIMITS);
    const holder = opened(budget, 'a');
    holder.grow(100);
    const waiting = opened(budget, 'a');
    const waited = Promise.all([waiting.growWhenPossible(60), waiting.growWhenPossible(70)]);
    waiting.authenticate('k');
    await waited;
    expect(waiting.bytes).toBe(130);
    waiting.release();
    holder.release();
    expect(budget.bytes).toBe(0);
    expect(refusal(() => opened(budget, 'a').grow(100))).toBeUndefined();
  });

  test('refuses at once what could never fit', async () => {
    const budget = new ByteBudget(LIMITS);
    await expect(opened(budget, 'a', 'k').growWhenPossible(501)).rejects.toThrow(OverBudget);
  });

  test('keeps every limit and ends at nothing, whatever requests do', () => {
    const step = fc.record({
      request: fc.nat(7),
      act: fc.constantFrom('grow', 'shrink', 'authenticate', 'release', 'wait'),
      bytes: fc.integer({ min: 1, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const budget = new ByteBudget(LIMITS);
        const requests = Array.from({ length: 8 }, (_, nth) => budget.open(`a${nth % 3}`));
        for (const { request: nth, act, bytes } of steps) {
          const request = requests[nth]!;
          if (act === 'grow') refusal(() => request.grow(bytes));
          else if (act === 'shrink') request.shrink(Math.min(bytes, request.bytes));
          else if (act === 'authenticate') refusal(() => request.authenticate(`k${nth % 2}`));
          else if (act === 'release') request.release();
          else void request.growWhenPossible(bytes).catch(() => undefined);
          expect(budget.bytes).toBeLessThanOrEqual(LIMITS.total);
          expect(budget.bytes).toBe(requests.reduce((sum, one) => sum + one.bytes, 0));
        }
        for (const request of requests) request.release();
        expect(budget.bytes).toBe(0);
        for (const address of ['a0', 'a1']) budget.open(address).grow(LIMITS.unauthenticatedPerAddress);
      }),
    );
  });
});

test('of a heap of 512 MB a fifth is for requests, of it a half for one key and a third for one address', () => {
  const { total, perKey, perAddress, unauthenticated } = limitsOfHeap(512 * 2 ** 20);
  expect([total, perKey, perAddress, unauthenticated].map((bytes) => Math.round(bytes / 2 ** 20))).toEqual([
    102, 51, 34, 13,
  ]);
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Backoff } from './backoff.js';

const ranges = fc
  .tuple(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 1_000 }))
  .map(([first, factor]) => ({ first, longest: first * factor }));

describe('Backoff', () => {
  test('doubles the delay up to the longest one, with a jitter of a quarter', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 0, max: 20 }), (range, failures) => {
        const backoff = new Backoff(range);
        for (let failed = 0; failed < failures; failed++) backoff.next();
        const delay = backoff.next() / Math.min(range.first * 2 ** failures, range.longest);
        expect(delay).toBeGreaterThanOrEqual(0.75);
        expect(delay).toBeLessThanOrEqual(1.25);
      }),
    );
  });

  test('starts with the first delay again after a reset', () => {
    const backoff = new Backoff({ first: 8, longest: 8_000 });
    for (let failed = 0; failed < 5; failed++) backoff.next();
    backoff.reset();
    expect(backoff.next()).toBeLessThanOrEqual(10);
  });

  test('waits at least as long as requested, up to the longest delay', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 0, max: 2_000_000 }), (range, least) => {
        const backoff = new Backoff(range);
        expect(backoff.isRetrying).toBe(false);
        const delay = backoff.next(least) / Math.min(Math.max(range.first, least), range.longest);
        expect(delay).toBeGreaterThanOrEqual(0.75);
        expect(delay).toBeLessThanOrEqual(1.25);
        expect(backoff.isRetrying).toBe(true);
        backoff.reset();
        expect(backoff.isRetrying).toBe(false);
      }),
    );
  });

  test('stops waiting when the signal is aborted', async () => {
    const stopping = new AbortController();
    const waiting = new Backoff({ first: 3_600_000, longest: 3_600_000 }).wait(stopping.signal);
    stopping.abort();
    await expect(waiting).resolves.toBeUndefined();
  });
});

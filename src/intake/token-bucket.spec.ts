import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TokenBucket } from './token-bucket.js';

test('takes a burst at once, then as much as comes with time', () => {
  const bucket = new TokenBucket(10, 2, 0);
  expect(bucket.take(20, 0)).toBe(0);
  expect(bucket.take(1, 0)).toBe(100);
  expect(bucket.take(1, 99)).toBeCloseTo(1);
  expect(bucket.take(1, 101)).toBe(0);
});

test('takes more than its burst at once, and is in debt until that is paid', () => {
  const bucket = new TokenBucket(10, 2, 0);
  expect(bucket.take(120, 0)).toBe(0);
  expect(bucket.wait(0)).toBe(10_100);
  expect(bucket.take(1, 10_000)).toBeGreaterThan(0);
  expect(bucket.take(1, 10_101)).toBe(0);
});

test('grants no more than the burst, the rate times the time and one last request, in whatever portions', () => {
  const steps = fc.array(fc.record({ tokens: fc.integer({ min: 1, max: 50 }), ms: fc.nat(500) }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 1, max: 20 }),
      steps,
      (rate, burst, all) => {
        const bucket = new TokenBucket(rate, burst, 0);
        let [now, taken] = [0, 0];
        for (const { tokens, ms } of all) {
          now += ms;
          if (bucket.take(tokens, now) === 0) taken += tokens;
        }
        expect(taken).toBeLessThan(rate * burst + (rate * now) / 1_000 + 50 + 1e-6);
      },
    ),
  );
});

test('who waits as long as it says is served', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.array(fc.integer({ min: 1, max: 2_500 }), { minLength: 1, maxLength: 50 }),
      (rate, requests) => {
        const bucket = new TokenBucket(rate, 10, 0);
        let now = 0;
        for (const tokens of requests) {
          // A rounding error of the sum is not a second try for the client, who waits whole seconds.
          now += bucket.wait(now) + 1e-3;
          expect(bucket.take(tokens, now)).toBe(0);
        }
      },
    ),
  );
});

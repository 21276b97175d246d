import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { proportion } from './calibration.js';
import { compareProportions, type Estimate } from './proportion-comparison.js';

type Counts = readonly [successes: number, trials: number];
const compare = (a: Counts, b: Counts) => compareProportions(proportion(...a), proportion(...b));
const digits = (estimate: Estimate | null, places: number) =>
  estimate && [estimate.low, estimate.high].map((bound) => bound?.toFixed(places));

// Table II of Newcombe (1998), method 10.
test.each<[Counts, Counts, string[]]>([
  [
    [56, 70],
    [48, 80],
    ['0.0524', '0.3339'],
  ],
  [
    [9, 10],
    [3, 10],
    ['0.1705', '0.8090'],
  ],
  [
    [5, 56],
    [0, 29],
    ['-0.0381', '0.1926'],
  ],
  [
    [0, 10],
    [0, 20],
    ['-0.1611', '0.2775'],
  ],
  [
    [10, 10],
    [0, 20],
    ['0.6791', '1.0000'],
  ],
])('the difference of %j and %j has the interval that Newcombe published', (a, b, published) =>
  expect(digits(compare(a, b).difference, 4)).toEqual(published),
);

test('the ratio of 15 in 150 to 100 in 250 is 0.25, with an interval from 0.15 to 0.41', () => {
  const { ratio } = compare([15, 150], [100, 250]);
  expect(ratio?.value).toBeCloseTo(0.25, 12);
  expect(digits(ratio, 2)).toEqual(['0.15', '0.41']);
});

test.each<[string, Counts, Counts, ReturnType<typeof compare>['ratio']]>([
  ['the first group is empty', [0, 0], [1, 2], null],
  ['the second group is empty', [1, 2], [0, 0], null],
  ['the second group has no successes', [1, 2], [0, 5], null],
  ['the first group has no successes', [0, 5], [1, 2], { value: 0, low: null, high: null }],
])('where %s the ratio has no interval', (_title, a, b, expected) =>
  expect(compare(a, b).ratio).toEqual(expected),
);

const counts = fc
  .tuple(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([trials, share]): Counts => [Math.round(trials * share), trials]);

test('intervals hold their estimate, and turning the groups round turns them round', () => {
  fc.assert(
    fc.property(counts, counts, (a, b) => {
      const there = compare(a, b);
      const back = compare(b, a);
      const { value, low, high } = there.difference ?? { value: NaN, low: NaN, high: NaN };
      expect(low).toBeLessThanOrEqual(value + 1e-12);
      expect(high).toBeGreaterThanOrEqual(value - 1e-12);
      expect(low).toBeGreaterThanOrEqual(-1 - 1e-9);
      expect(high).toBeLessThanOrEqual(1 + 1e-9);
      expect(back.difference?.value).toBeCloseTo(-value, 9);
      expect(back.difference?.low).toBeCloseTo(-(high ?? NaN), 9);
      if (there.ratio?.low == null || back.ratio?.high == null) return;
      expect(there.ratio.low * back.ratio.high).toBeCloseTo(1, 6);
    }),
  );
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { areaUnderCurve, proportion, scoreDeciles, scoreGroups, type ScoredOutcome } from './calibration.js';

// R. G. Newcombe, "Two-sided confidence intervals for the single proportion: comparison of seven methods", Statistics in Medicine
// 17 (1998), table I, method 3.
test.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])('the Wilson interval of %i successes in %i trials is %f to %f', (successes, trials, low, high) => {
  const interval = proportion(successes, trials);
  expect(interval.rate).toBeCloseTo(successes / trials, 10);
  expect(interval.low).toBeCloseTo(low, 4);
  expect(interval.high).toBeCloseTo(high, 4);
});

test('a proportion without trials has no rate', () => {
  expect(proportion(0, 0)).toEqual({ successes: 0, trials: 0, rate: null, low: null, high: null });
});

const outcomes = (score: number, failures: number, successes: number): ScoredOutcome[] => [
  ...Array.from({ length: failures }, () => ({ score, success: false })),
  ...Array.from({ length: successes }, () => ({ score, success: true })),
];

// J. A. Hanley and B. J. McNeil (1982), table I: 109 images rated from 1, surely normal, to 5, surely abnormal.
const HANLEY_MCNEIL = [
  ...outcomes(1, 33, 3),
  ...outcomes(2, 6, 2),
  ...outcomes(3, 6, 2),
  ...outcomes(4, 11, 11),
  ...outcomes(5, 2, 33),
];

describe('area under the curve', () => {
  test('the published ratings of 109 images have an area of 0.893', () => {
    expect(areaUnderCurve(scoreGroups(HANLEY_MCNEIL))).toBeCloseTo(0.893, 3);
  });

  test('it is 1 when every success has the higher score, 0 when the lower, and a half when all scores are one', () => {
    const area = (all: ScoredOutcome[]) => areaUnderCurve(scoreGroups(all));
    expect(area([...outcomes(2, 0, 3), ...outcomes(1, 4, 0)])).toBe(1);
    expect(area([...outcomes(1, 0, 3), ...outcomes(2, 4, 0)])).toBe(0);
    expect(area(outcomes(1, 4, 3))).toBe(0.5);
    expect(area(outcomes(1, 4, 0))).toBeNull();
  });

  test('it is the share of pairs in which the success has the higher score', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ score: fc.nat(5), success: fc.boolean() })), (all) => {
        const [won, lost] = [true, false].map((success) => all.filter((each) => each.success === success));
        const pairs = (won ?? []).flatMap((one) =>
          (lost ?? []).map((other) => (Math.sign(one.score - other.score) + 1) / 2),
        );
        const wanted = pairs.length === 0 ? null : pairs.reduce((sum, each) => sum + each, 0) / pairs.length;
        const area = areaUnderCurve(scoreGroups(all));
        if (wanted === null) expect(area).toBeNull();
        else expect(area).toBeCloseTo(wanted, 10);
      }),
    );
  });
});

describe('deciles', () => {
  test('twenty leads of which the best four won have two full deciles with a lift of 5', () => {
    const all = Array.from({ length: 20 }, (_, nth) => ({ score: nth, success: nth >= 16 }));
    const deciles = scoreDeciles(scoreGroups(all));
    expect(deciles.map(({ rate }) => rate)).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(deciles[0]).toEqual({
      ...{ decile: 1, count: 2, successes: 2, rate: 1, lift: 5, lowestScore: 18, highestScore: 19 },
    });
  });

  test('leads with one score are divided in proportion', () => {
    const deciles = scoreDeciles(scoreGroups(outcomes(7, 5, 5)));
    for (const { count, rate, lift } of deciles) {
      expect(count).toBeCloseTo(1, 10);
      expect(rate).toBeCloseTo(0.5, 10);
      expect(lift).toBeCloseTo(1, 10);
    }
  });

  test('they contain every outcome once, in whichever order they come', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ score: fc.nat(9), success: fc.boolean() })), (all) => {
        const deciles = scoreDeciles(scoreGroups(all));
        const sum = (of: (each: (typeof deciles)[number]) => number) =>
          deciles.reduce((total, each) => total + of(each), 0);
        expect(sum(({ count }) => count)).toBeCloseTo(all.length, 8);
        expect(sum(({ successes }) => successes)).toBeCloseTo(all.filter(({ success }) => success).length, 8);
        expect(scoreDeciles(scoreGroups(all.toReversed()))).toEqual(deciles);
      }),
    );
  });
});

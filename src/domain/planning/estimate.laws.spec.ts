import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { proportion } from '../calibration.js';
import { chanceOfAtLeast, intervalOf, meanEstimate, productOf, shareEstimate } from './estimate.js';
import { gammaCdf, gammaQuantile, logGamma } from './gamma.js';
import { chanceAmongOpen, chanceWithin, Lags } from './lags.js';

describe('the gamma distribution', () => {
  test.each([
    [0.5, Math.log(Math.sqrt(Math.PI))],
    [1, 0],
    [5, Math.log(24)],
    [0.1, 2.252712651734206],
    [100, 359.1342053695754],
  ])('the logarithm of the gamma function of %s is %s', (x, expected) =>
    expect(logGamma(x)).toBeCloseTo(expected, 10),
  );

  // Half of the chi-square quantiles of Pearson and Hartley, Biometrika Tables for Statisticians, vol. 1, table 8.
  test.each([
    [0.025, 0.5, 0.00098207 / 2],
    [0.975, 0.5, 5.02389 / 2],
    [0.025, 1.5, 0.215795 / 2],
    [0.975, 1.5, 9.3484 / 2],
    [0.5, 5, 9.34182 / 2],
    [0.025, 15, 16.7908 / 2],
    [0.975, 15, 46.9792 / 2],
    [0.975, 50, 129.561 / 2],
  ])('has a share of %s of shape %s below the value in the tables', (share, shape, quantile) =>
    expect(gammaQuantile(share, shape) / quantile).toBeCloseTo(1, 4),
  );

  test('of any shape has each share below its quantile', () =>
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 1e6, noNaN: true }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (shape, share) => expect(gammaCdf(gammaQuantile(share, shape), shape)).toBeCloseTo(share, 6),
      ),
      { numRuns: 50 },
    ));
});

/** Numbers between 0 and 1 that are the same on every run. */
function* uniform(): Generator<number> {
  for (let state = 1; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield (state + 0.5) / 2 ** 32;
  }
}

/** A gamma variate by its quantile. */
const gammas = (shape: number) => {
  const table = Array.from({ length: 400 }, (_, index) => gammaQuantile((index + 0.5) / 400, shape));
  return (share: number) => table[Math.floor(share * 400)] ?? 0;
};

describe('the interval of a product of shares and a mean', () => {
  // Simulated with 20,000 draws from the distributions themselves.
  test.each([
    [
      [
        [125, 3205],
        [8, 125],
      ],
      8,
    ],
    [
      [
        [40, 1000],
        [30, 40],
        [20, 30],
      ],
      20,
    ],
    [
      [
        [900, 1000],
        [300, 900],
        [150, 300],
        [100, 150],
      ],
      100,
    ],
  ])('is within an eighth of that of simulated draws for conversions %j and %s sales', (counts, sales) => {
    const random = uniform();
    const next = (): number => random.next().value as number;
    const betas = counts.map(([s = 0, n = 0]) => [gammas(s + 0.5), gammas(n - s + 0.5)] as const);
    const sale = gammas(sales ** 2);
    const draws = Array.from({ length: 20_000 }, () => {
      const shares = betas.map(([a, b]) => {
        const [x, y] = [a(next()), b(next())];
        return x / (x + y);
      });
      return (shares.reduce((product, share) => product * share, 1) * sale(next())) / sales ** 2;
    }).sort((a, b) => a - b);
    const { low, high } = intervalOf(
      productOf(
        ...counts.map(([s = 0, n = 0]) => shareEstimate(s, n)),
        meanEstimate(Array.from({ length: sales }, () => 1)),
      ),
    );
    expect(Math.abs(low / (draws[500] ?? 0) - 1)).toBeLessThan(0.125);
    expect(Math.abs(high / (draws[19_500] ?? 0) - 1)).toBeLessThan(0.125);
  });
});

test('the interval of a share is near that of Wilson, and narrows with the number of trials', () => {
  for (const [successes, trials] of [
    [8, 125],
    [125, 3205],
    [30, 1000],
  ] as const) {
    const { low, high } = intervalOf(shareEstimate(successes, trials));
    const wilson = proportion(successes, trials);
    expect(Math.abs(low / (wilson.low ?? 0) - 1)).toBeLessThan(0.15);
    expect(Math.abs(high / (wilson.high ?? 0) - 1)).toBeLessThan(0.15);
  }
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 2, max: 20 }), (successes, more) => {
      const few = shareEstimate(successes, successes * 3);
      const many = shareEstimate(successes * more, successes * 3 * more);
      expect(many.squaredCv).toBeLessThan(few.squaredCv);
      const { low, high } = intervalOf(few);
      expect(low).toBeLessThan(few.value);
      expect(high).toBeGreaterThan(few.value);
    }),
  );
});

test('the chance of at least an amount falls from 1 to 0, and is one half near the mean of many', () => {
  const outcome = { mean: 1_000, squaredCv: 0.01 };
  const chances = [0, 500, 900, 1_000, 1_100, 2_000].map((least) => chanceOfAtLeast(least, outcome));
  expect(chances).toEqual([...chances].sort((a, b) => b - a));
  expect(chances[0]).toBe(1);
  expect(chances[3]).toBeCloseTo(0.487, 2);
  expect(chances[5]).toBeLessThan(1e-6);
});

const days = fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { minLength: 1, maxLength: 30 });
const rate = fc.double({ min: 0, max: 1, noNaN: true });
const span = fc.double({ min: 0, max: 500, noNaN: true });

test('the chance of what is open is a chance, grows with the days that are left, and ends with the oldest success', () =>
  fc.assert(
    fc.property(days, days, rate, span, span, (won, lost, share, age, left) => {
      const lags = { won: new Lags(won), lost: new Lags(lost) };
      for (const chance of [
        (within: number) => chanceWithin(share, lags.won, age, within),
        (within: number) => chanceAmongOpen(share, lags, age, within),
      ]) {
        expect(chance(left)).toBeGreaterThanOrEqual(0);
        expect(chance(left)).toBeLessThanOrEqual(1 + 1e-12);
        expect(chance(left + 10)).toBeGreaterThanOrEqual(chance(left));
        expect(age >= Math.max(...won) ? chance(left) : 0).toBe(0);
      }
    }),
  ));

test('what has just begun is won within any time at the observed rate', () => {
  const lags = new Lags([10, 20, 30, 40]);
  expect(chanceWithin(0.2, lags, 0, 400)).toBeCloseTo(0.2, 12);
  expect(chanceWithin(0.2, lags, 0, 25)).toBeCloseTo(0.1, 12);
  expect(chanceWithin(0.2, lags, 25, 400)).toBeCloseTo(0.1 / 0.9, 12);
  expect(chanceAmongOpen(0.5, { won: lags, lost: new Lags([5, 5]) }, 10, 400)).toBe(1);
  expect([0.25, 0.5, 0.75].map((share) => lags.percentile(share))).toEqual([17.5, 25, 32.5]);
});

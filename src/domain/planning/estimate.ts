import { gammaCdf, gammaQuantile } from './gamma.js';

/**
 * What is known of a quantity that cannot be negative: its value as observed, and the mean and the squared coefficient of variation
 * (variance / mean²) of what it may be. ADR 0052 has the method.
 */
export interface Estimate {
  readonly value: number;
  readonly mean: number;
  readonly squaredCv: number;
}

/** Ends of a 95 % interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * A share, with Jeffreys' prior: Beta(successes + ½, failures + ½). L. D. Brown, T. T. Cai and A. DasGupta, "Interval estimation for a
 * binomial proportion", Statistical Science 16 (2001), 101–133. Without trials the value is 0.
 */
export function shareEstimate(successes: number, trials: number): Estimate {
  const [a, b] = [successes + 0.5, trials - successes + 0.5];
  return {
    value: trials === 0 ? 0 : successes / trials,
    mean: a / (a + b),
    squaredCv: b / (a * (a + b + 1)),
  };
}

/**
 * The mean of amounts. Its relative variance is that of the amounts ÷ their number; one more amount as spread as an exponential
 * distribution, whose coefficient of variation is 1, is assumed, so that a single sale is no certainty.
 */
export function meanEstimate(amounts: readonly number[]): Estimate {
  const count = amounts.length;
  if (count === 0) return { value: 0, mean: 0, squaredCv: 0 };
  const value = amounts.reduce((sum, amount) => sum + amount, 0) / count;
  const squares = amounts.reduce((sum, amount) => sum + (amount - value) ** 2, 0);
  const spread = value === 0 ? 0 : squares / value ** 2;
  return { value, mean: value, squaredCv: (spread + 1) / count ** 2 };
}

/** The product of independent quantities; mean and variance are exact. */
export const productOf = (...factors: readonly Estimate[]): Estimate => ({
  value: factors.reduce((product, { value }) => product * value, 1),
  mean: factors.reduce((product, { mean }) => product * mean, 1),
  squaredCv: factors.reduce((product, { squaredCv }) => product * (1 + squaredCv), 1) - 1,
});

/** Of `gammaCdf`, beyond which a distribution is a point. */
const MOST_SHAPE = 1e6;
const shapeOf = ({ squaredCv }: Pick<Estimate, 'squaredCv'>): number => Math.min(1 / squaredCv, MOST_SHAPE);

/** By the gamma distribution that has this mean and variance. */
export function intervalOf({ mean, squaredCv }: Pick<Estimate, 'mean' | 'squaredCv'>): Interval {
  if (mean === 0 || squaredCv === 0) return { low: mean, high: mean };
  const shape = shapeOf({ squaredCv });
  const at = (share: number): number => (gammaQuantile(share, shape) * mean) / shape;
  return { low: at(0.025), high: at(0.975) };
}

/** The chance that it is at least so much, by the same distribution. */
export function chanceOfAtLeast(
  least: number,
  { mean, squaredCv }: Pick<Estimate, 'mean' | 'squaredCv'>,
): number {
  if (least <= 0) return 1;
  if (mean === 0 || squaredCv === 0) return mean >= least ? 1 : 0;
  const shape = shapeOf({ squaredCv });
  return 1 - gammaCdf((least * shape) / mean, shape);
}

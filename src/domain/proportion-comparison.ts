import { type Proportion, Z } from './calibration.js';

/** An estimate with its 95 % confidence interval. */
export interface Estimate {
  readonly value: number;
  /** Null: it cannot be computed. */
  readonly low: number | null;
  readonly high: number | null;
}

/** How much more often something came about in one group than in another one. */
export interface ProportionComparison {
  /** a / b; null: one of the groups is empty, or there are no successes in b. */
  readonly ratio: Estimate | null;
  /** a − b; null: one of the groups is empty. */
  readonly difference: Estimate | null;
}

/** Two independent shares. */
export const compareProportions = (a: Proportion, b: Proportion): ProportionComparison => ({
  ratio: ratioOf(a, b),
  difference: differenceOf(a, b),
});

/**
 * The ratio, with the log interval ln(a / b) ± z √((1 − a) / successes(a) + (1 − b) / successes(b)), which needs successes in both: D. Katz,
 * J. Baptista, S. P. Azen and M. C. Pike, "Obtaining confidence intervals for the risk ratio in cohort studies", Biometrics 34
 * (1978), 469–474.
 */
function ratioOf(a: Proportion, b: Proportion): Estimate | null {
  if (a.rate === null || b.rate === null || b.successes === 0) return null;
  const value = a.rate / b.rate;
  if (a.successes === 0) return { value, low: null, high: null };
  const margin = Z * Math.sqrt((1 - a.rate) / a.successes + (1 - b.rate) / b.successes);
  return { value, low: value * Math.exp(-margin), high: value * Math.exp(margin) };
}

/**
 * The difference, with the interval made of the Wilson intervals of both: R. G. Newcombe, "Interval estimation for the difference between
 * independent proportions: comparison of eleven methods", Statistics in Medicine 17 (1998), 873–890, method 10.
 */
function differenceOf(a: Proportion, b: Proportion): Estimate | null {
  if (!hasInterval(a) || !hasInterval(b)) return null;
  const value = a.rate - b.rate;
  return {
    value,
    low: value - Math.hypot(a.rate - a.low, b.high - b.rate),
    high: value + Math.hypot(a.high - a.rate, b.rate - b.low),
  };
}

type WithInterval = Proportion & { readonly rate: number; readonly low: number; readonly high: number };
const hasInterval = (share: Proportion): share is WithInterval => share.rate !== null;

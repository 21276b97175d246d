import { logGamma } from '../planning/gamma.js';

/** Fewer in a day are not worth a look, however few there were before. */
const LEAST = 10;
/** Of all days without a change, one in a thousand is taken for one. */
const LEVEL = 0.001;

/**
 * Whether more came in the last day than the days before let expect. If both are Poisson with one rate, the last day has each of all
 * that came with a chance of one in `days + 1`: the exact conditional test of J. Przyborowski and H. Wilenski, "Homogeneity of results
 * in testing samples from Poisson series", Biometrika 31 (1940), 313–323, at a level of 0.001, from ten in the last day on.
 *
 * @param before in the `days` before the last
 */
export const isRising = (lastDay: number, { before, days }: { before: number; days: number }): boolean =>
  lastDay >= LEAST && binomialTail(lastDay, lastDay + before, 1 / (days + 1)) < LEVEL;

/** The chance of at least so many successes. */
export function binomialTail(least: number, trials: number, chance: number): number {
  if (least <= trials * chance) return 1;
  const logTerm =
    logGamma(trials + 1) -
    logGamma(least + 1) -
    logGamma(trials - least + 1) +
    least * Math.log(chance) +
    (trials - least) * Math.log1p(-chance);
  let term = Math.exp(logTerm);
  let sum = term;
  // Beyond the mean terms fall faster than a geometric series.
  for (let count = least; count < trials && term > sum * 1e-12; count += 1) {
    term *= ((trials - count) / (count + 1)) * (chance / (1 - chance));
    sum += term;
  }
  return sum;
}

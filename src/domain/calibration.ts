/**
 * How well a score or a decision told beforehand what came of it. Each function depends on the set of outcomes alone, not on their
 * order: what has one score is one group.
 */

/** A score that was given, and whether what it was to foretell came true. */
export interface ScoredOutcome {
  readonly score: number;
  readonly success: boolean;
}

/** A share with its 95 % confidence interval. */
export interface Proportion {
  readonly successes: number;
  readonly trials: number;
  /** Null: there were no trials. */
  readonly rate: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** The 97.5th percentile of the standard normal distribution. */
export const Z = 1.959963984540054;

/**
 * A share with its Wilson score interval, without continuity correction: E. B. Wilson, "Probable inference, the law of succession,
 * and statistical inference", Journal of the American Statistical Association 22 (1927), 209–212.
 */
export function proportion(successes: number, trials: number): Proportion {
  if (trials === 0) return { successes, trials, rate: null, low: null, high: null };
  const rate = successes / trials;
  const square = Z * Z;
  const centre = rate + square / (2 * trials);
  const margin = Z * Math.sqrt((rate * (1 - rate)) / trials + square / (4 * trials * trials));
  const bound = (value: number): number => Math.min(1, Math.max(0, value / (1 + square / trials)));
  return { successes, trials, rate, low: bound(centre - margin), high: bound(centre + margin) };
}

/** Outcomes with one score. */
export interface ScoreGroup {
  readonly score: number;
  readonly count: number;
  readonly successes: number;
}

/** Counts outcomes by their score. */
export class ScoreCounts {
  readonly #groups = new Map<number, { count: number; successes: number }>();

  add({ score, success }: ScoredOutcome): void {
    let group = this.#groups.get(score);
    if (!group) this.#groups.set(score, (group = { count: 0, successes: 0 }));
    group.count += 1;
    if (success) group.successes += 1;
  }

  /** The highest score first. */
  groups(): ScoreGroup[] {
    return [...this.#groups].map(([score, group]) => ({ score, ...group })).sort((a, b) => b.score - a.score);
  }
}

/** Outcomes by score, the highest first. */
export function scoreGroups(outcomes: Iterable<ScoredOutcome>): ScoreGroup[] {
  const counts = new ScoreCounts();
  for (const outcome of outcomes) counts.add(outcome);
  return counts.groups();
}

/**
 * The area under the receiver operating characteristic curve: the chance that a success has a higher score than a failure, ties
 * counted half. It is the Mann–Whitney statistic divided by the number of pairs: J. A. Hanley and B. J. McNeil, "The meaning and use
 * of the area under a receiver operating characteristic (ROC) curve", Radiology 143 (1982), 29–36. Null: all came out alike.
 */
export function areaUnderCurve(groups: readonly ScoreGroup[]): number | null {
  let higher = 0;
  let pairs = 0;
  let failures = 0;
  for (const { count, successes } of groups) {
    const failed = count - successes;
    pairs += failed * (higher + successes / 2);
    higher += successes;
    failures += failed;
  }
  return higher === 0 || failures === 0 ? null : pairs / (higher * failures);
}

/** A tenth of all outcomes by score. */
export interface ScoreDecile {
  /** 1: the highest scores. */
  readonly decile: number;
  /** Expected, where a group of one score is divided between deciles. */
  readonly count: number;
  readonly successes: number;
  readonly rate: number | null;
  /** The rate divided by that of all outcomes; null: none was a success. */
  readonly lift: number | null;
  readonly lowestScore: number | null;
  readonly highestScore: number | null;
}

const DECILES = 10;

/**
 * Success rate and lift by tenths of the outcomes, the highest scores first. Where a tenth ends within a group of one score, the
 * group's successes are divided in proportion, as nothing puts its members in an order.
 */
export function scoreDeciles(groups: readonly ScoreGroup[]): ScoreDecile[] {
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  const overall = groups.reduce((sum, { successes }) => sum + successes, 0) / total;
  return Array.from({ length: DECILES }, (_, nth) => {
    const part = between(groups, (nth * total) / DECILES, ((nth + 1) * total) / DECILES);
    const rate = part.count > 0 ? part.successes / part.count : null;
    return { decile: nth + 1, ...part, rate, lift: rate === null || overall === 0 ? null : rate / overall };
  });
}

/** The outcomes of ranks in [from, to). */
function between(groups: readonly ScoreGroup[], from: number, to: number) {
  let before = 0;
  const part = { count: 0, successes: 0 };
  const scores: number[] = [];
  for (const { score, count, successes } of groups) {
    const taken = Math.min(before + count, to) - Math.max(before, from);
    before += count;
    if (taken <= 0) continue;
    part.count += taken;
    part.successes += (taken * successes) / count;
    scores.push(score);
  }
  return { ...part, lowestScore: scores.at(-1) ?? null, highestScore: scores[0] ?? null };
}

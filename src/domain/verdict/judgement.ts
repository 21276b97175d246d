import type { Verdict } from '../touchpoint.js';
import type { VerdictReason } from './reasons.js';

/** Who or what is taken to have acted, and why; no reasons: nothing speaks for a machine. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly reasons: readonly VerdictReason[];
}

export const sameJudgement = (a: Judgement, b: Judgement): boolean =>
  a.verdict === b.verdict &&
  a.reasons.length === b.reasons.length &&
  a.reasons.every((reason, nth) => reason === b.reasons[nth]);

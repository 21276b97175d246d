import type { IdentityKey, Stamp } from '../identity/keys.js';
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

/** A touchpoint whose judgement is another one than before, with the keys that it is found by. */
export interface Rejudged extends Stamp {
  readonly keys: readonly IdentityKey[];
  readonly judgement: Judgement;
}

/** What an event changes about judgements. */
export interface JudgementChange {
  /** On itself; undefined: it is what the event says. */
  readonly own: Judgement | undefined;
  /** On touchpoints before it. */
  readonly others: readonly Rejudged[];
}

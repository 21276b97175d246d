import type { IdentityKey } from './keys.js';

/** Whom the moves of a decision concern, by lead id. */
export class AffectedLeads {
  /** Some of their facts may belong to another lead now. */
  readonly openToMoves = new Set<string>();
  /** Of these the ones that lose facts by claims alone, with the anonymous keys claimed by other leads. */
  readonly claimedFrom = new Map<string, Set<IdentityKey>>();
  /** They have other keys than before, new and empty ones among them. */
  readonly withOtherKeys = new Set<string>();
  /** Some of their keys are another lead's now: of anonymous keys they share it is open whose they were when. */
  readonly divided = new Set<string>();
  /** Anonymous keys whose claims have to be read again from the facts. */
  readonly unclearKeys = new Set<IdentityKey>();
}

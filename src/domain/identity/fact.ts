import type { IdentityKey } from './keys.js';
import type { ClaimRank } from '../lead-names.js';
import type { ProfileFact } from '../profile.js';
import type { KeyScope } from '../touchpoint.js';

/** What one event says about who is who: keys named together (a touchpoint, a claim), or a decision about two keys. */
export interface IdentityFact extends ProfileFact {
  /** Each once. */
  readonly keys: readonly IdentityKey[];
  readonly decision?: 'merged' | 'split';
  readonly keyScope?: KeyScope | undefined;
  /** What the addresses and user ids it names count for; undefined: it claims none. */
  readonly claimRank?: ClaimRank | undefined;
}

import type { IdentityKey, Stamp } from './keys.js';
import type { PersistentMap } from './persistent-map.js';
import type { PublicClaim } from './public-claims.js';

/** A claim of an anonymous key: from then on the key belongs to the claimer, until the next claim. */
export interface Claim extends Stamp {
  readonly key: IdentityKey;
}

/** A public claim about a pair of known keys, and whether it joins them. */
export interface PublicLink extends PublicClaim {
  readonly joins: boolean;
}

/** What a person decided about a pair of keys. */
export interface PairDecision extends Stamp {
  readonly kind: 'merged' | 'split';
}

/** What is known of one key. Everything in it follows from the set of facts, not from their order. */
export interface KeyState {
  readonly key: IdentityKey;
  /** The lead of the key while it is not joined with others. */
  readonly ownLeadId: string;
  /** Undefined: no fact has named it. */
  readonly firstSeen: Stamp | undefined;
  /** The lead it belongs to; an anonymous key belongs to the lead that claimed it last. */
  readonly leadId: string | undefined;
  /** By the main key of the facts that name both: the first of them; of a known key without public claims. */
  readonly links: PersistentMap<IdentityKey, Stamp>;
  /** Of a known key, by the main key of the public claims that name both: the first of them. */
  readonly publicLinks: PersistentMap<IdentityKey, PublicLink>;
  /** Known keys with a public link to this one. */
  readonly publicOthers: PersistentMap<IdentityKey, true>;
  /** By the other key of a pair: the last decision. */
  readonly decisions: PersistentMap<IdentityKey, PairDecision>;
  /** Claims of an anonymous key in order, without those that change nothing. */
  readonly claims: readonly Claim[];
}

const NO_ENTRIES: PersistentMap<IdentityKey, never> = new Map<IdentityKey, never>();
const NO_CLAIMS: KeyState['claims'] = [];

/** A key that no fact has named. Most keys never have links or decisions, so they share the empty ones. */
export const unseenKey = (key: IdentityKey, ownLeadId: string): KeyState => ({
  key,
  ownLeadId,
  firstSeen: undefined,
  leadId: undefined,
  links: NO_ENTRIES,
  publicLinks: NO_ENTRIES,
  publicOthers: NO_ENTRIES,
  decisions: NO_ENTRIES,
  claims: NO_CLAIMS,
});

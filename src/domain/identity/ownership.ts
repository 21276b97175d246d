import { isAnonymous, mainKey, type IdentityKey } from './keys.js';
import type { Draft } from './draft.js';
import type { Claim, KeyState } from './key-state.js';

/** Keys by which a lead is found. */
export type Keys = Pick<Draft, 'key'>;

/** The lead that a known key belongs to. */
export function leadOf(keys: Keys, key: IdentityKey): string {
  const { leadId } = keys.key(key);
  if (leadId === undefined) throw new Error(`${key} was loaded without its lead`);
  return leadId;
}

/** The lead of an anonymous key without claims. */
export const unclaimedLeadOf = ({ leadId, ownLeadId }: KeyState): string => leadId ?? ownLeadId;

/** The lead that a fact with these keys at that time belongs to. */
export function ownerOf(keys: Keys, named: readonly IdentityKey[], at: number): string {
  const main = mainKey(named);
  if (main === undefined) throw new Error('a fact without keys');
  if (!isAnonymous(main)) return leadOf(keys, main);
  const state = keys.key(main);
  const claim = claimAt(state.claims, at);
  return claim ? leadOf(keys, claim.key) : unclaimedLeadOf(state);
}

/** All leads that ever claimed an anonymous key. */
export const claimersOf = (keys: Keys, { links }: KeyState): string[] =>
  [...links.keys()].filter((key) => !isAnonymous(key)).map((key) => leadOf(keys, key));

export const areOfOneLead = (keys: Keys, a: IdentityKey, b: IdentityKey): boolean =>
  a === b || leadOf(keys, a) === leadOf(keys, b);

/** Whose the anonymous key was at a time: the last claimer's at or before it, else the first claimer's. */
export function claimAt(claims: readonly Claim[], at: number): Claim | undefined {
  let [low, high] = [0, claims.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((claims[middle]?.at ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return claims[low - 1] ?? claims[0];
}

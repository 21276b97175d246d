import { earlier, isAnonymous, mainKey, type IdentityKey, type Stamp } from './keys.js';
import type { AffectedLeads } from './affected-leads.js';
import type { Draft } from './draft.js';
import type { IdentityFact } from './fact.js';
import type { NamedFact } from './identity-index.js';
import type { Claim } from './key-state.js';
import { areOfOneLead, claimersOf, leadOf, unclaimedLeadOf } from './ownership.js';

/** Gives an anonymous key of a fact to whom it belongs now, and says whose facts may move with it. */
export function claimKey(draft: Draft, fact: IdentityFact, key: IdentityKey, affected: AffectedLeads): void {
  const main = mainKey(fact.keys);
  const before = draft.key(key);
  if (fact.decision || main === undefined || isAnonymous(main)) {
    if (before.leadId === undefined) assign(draft, key, unclaimedLeadOf(before), affected);
    return;
  }
  const claimer = leadOf(draft, main);
  switch (recordClaim(draft, key, { key: main, at: fact.at, id: fact.id })) {
    case 'none':
      return;
    case 'first':
      if (before.leadId !== undefined) loseFacts(draft, key, before.leadId, claimer, affected);
      assign(draft, key, claimer, affected);
      return;
    case 'last':
      assign(draft, key, claimer, affected);
      return;
    case 'before-all':
      loseFacts(draft, key, leadOf(draft, before.claims[0]?.key ?? main), claimer, affected);
      return;
    case 'unclear':
      affected.unclearKeys.add(key);
      openLeads(draft, [claimer, ...claimersOf(draft, draft.key(key))], affected);
  }
}

/**
 * What a claim does to an anonymous key.
 * - `none`: the key was the claimer's already at that time
 * - `first`: the key had no claim
 * - `last`: the claimer owns it from now on; nothing that is known happened since
 * - `before-all`: the claimer was first; what the key did before is the claimer's
 * - `unclear`: the claim falls among others; they have to be read again
 */
type Effect = 'none' | 'first' | 'last' | 'before-all' | 'unclear';

/** The claims of the key are right afterwards, unless the effect is `unclear`. */
function recordClaim(draft: Draft, key: IdentityKey, claim: Claim): Effect {
  const { claims } = draft.key(key);
  const change = (after: readonly Claim[]): void =>
    draft.move({ type: 'claims-changed', key, claims: after });
  const [first] = claims;
  if (!first) {
    change([claim]);
    return 'first';
  }
  if (earlier(claim, first)) {
    const isSame = areOfOneLead(draft, first.key, claim.key);
    change(isSame ? [{ ...claim, key: first.key }, ...claims.slice(1)] : [claim, ...claims]);
    return isSame ? 'none' : 'before-all';
  }
  const at = claims.findLastIndex((each) => !earlier(claim, each));
  const standing = claims[at] ?? first;
  if (areOfOneLead(draft, standing.key, claim.key)) return 'none';
  const last = draft.lastFact(leadOf(draft, standing.key));
  const isLast = at === claims.length - 1 && (!last || last.at < claim.at);
  if (!isLast) return 'unclear';
  change([...claims, claim]);
  return 'last';
}

/** The claims of an anonymous key from all facts that name it. */
export function claimsFrom(draft: Draft, key: IdentityKey, facts: readonly NamedFact[]): Claim[] {
  const all = facts
    .filter(({ keys }) => keys.includes(key))
    .map(({ at, id, keys }) => ({ at, id, key: mainKey(keys) }))
    .filter((each): each is Claim => each.key !== undefined && !isAnonymous(each.key))
    .sort(byStamp);
  const claims: Claim[] = [];
  for (const claim of all) {
    const standing = claims.at(-1);
    if (!standing || !areOfOneLead(draft, standing.key, claim.key)) claims.push(claim);
  }
  return claims;
}

const byStamp = (a: Stamp, b: Stamp): number => (earlier(a, b) ? -1 : earlier(b, a) ? 1 : 0);

/** What an anonymous key did may be the claimer's and no longer another lead's. */
function loseFacts(
  draft: Draft,
  key: IdentityKey,
  from: string,
  claimer: string,
  affected: AffectedLeads,
): void {
  if (!draft.hasFacts(from)) return;
  openLeads(draft, [from, claimer], affected);
  const keys = affected.claimedFrom.get(from) ?? new Set();
  affected.claimedFrom.set(from, keys.add(key));
}

/** Facts of these leads may move; a lead without facts has none to move. */
export function openLeads(draft: Draft, leadIds: Iterable<string>, { openToMoves }: AffectedLeads): void {
  for (const leadId of leadIds) if (draft.hasFacts(leadId)) openToMoves.add(leadId);
}

/** Gives a key to a lead. */
export function assign(
  draft: Draft,
  key: IdentityKey,
  leadId: string,
  { withOtherKeys }: AffectedLeads,
): void {
  const before = draft.key(key).leadId;
  if (before !== undefined) withOtherKeys.add(before);
  withOtherKeys.add(leadId);
  if (before !== leadId) draft.move({ type: 'key-assigned', key, leadId });
}

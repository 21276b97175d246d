import { isAnonymous, mainKey, type IdentityKey } from './keys.js';
import type { AffectedLeads } from './affected-leads.js';
import { assign, claimsFrom, openLeads } from './claims.js';
import type { Draft } from './draft.js';
import type { IdentityFact } from './fact.js';
import type { DecisionStep, NamedFact } from './identity-index.js';
import type { LeadMove } from './moves.js';
import { claimersOf, leadOf, ownerOf } from './ownership.js';

/**
 * Puts the facts of the leads that are open to moves, and the new one, together and gives each to the lead that it
 * belongs to by the current keys; every lead that had or has some of them is derived again.
 */
export function* redistribute(
  draft: Draft,
  fact: IdentityFact,
  affected: AffectedLeads,
): DecisionStep<LeadMove[]> {
  const leads = affected.openToMoves;
  if (!fact.decision) openLeads(draft, [ownerOf(draft, fact.keys, fact.at)], affected);
  yield* draft.loadFacts(leads);
  yield* openClaimers(draft, affected);
  yield* draft.loadFacts(leads);
  const pooled = [...leads].flatMap((leadId) => draft.factsOf(leadId));
  const all: readonly NamedFact[] = fact.decision ? pooled : [...pooled, fact];
  yield* draft.loadKeys(all.flatMap(({ keys }) => mainKey(keys) ?? []).filter(isAnonymous));
  for (const key of affected.unclearKeys) readClaims(draft, key, all, affected);
  const moves = [...leads].flatMap((leadId) =>
    departures(leadId, draft.factsOf(leadId), ({ keys, at }) => ownerOf(draft, keys, at)),
  );
  const receivers = moves.map(({ to }) => to);
  const home = fact.decision ? [] : [ownerOf(draft, fact.keys, fact.at)];
  const rederived = new Set([...leads, ...receivers, ...home]);
  return [...moves, ...[...rederived].map((leadId) => ({ type: 'lead-rederived', leadId }) as const)];
}

/**
 * Claims of one lead's keys were taken together. When its keys are of several leads now, the claims of the anonymous
 * keys that they ever claimed are read again, from the facts of all who claimed them.
 */
function* openClaimers(draft: Draft, affected: AffectedLeads): DecisionStep<void> {
  const facts = [...affected.divided].flatMap((leadId) =>
    affected.openToMoves.has(leadId) ? draft.factsOf(leadId) : [],
  );
  const claims = facts.filter(({ keys }) => keys.length > 1);
  const shared = new Set(claims.flatMap(({ keys }) => keys.filter(isAnonymous)));
  yield* draft.loadKeys(shared);
  for (const key of shared) {
    affected.unclearKeys.add(key);
    openLeads(draft, claimersOf(draft, draft.key(key)), affected);
  }
}

function readClaims(
  draft: Draft,
  key: IdentityKey,
  facts: readonly NamedFact[],
  affected: AffectedLeads,
): void {
  const claims = claimsFrom(draft, key, facts);
  draft.move({ type: 'claims-changed', key, claims });
  const last = claims.at(-1);
  if (last) assign(draft, key, leadOf(draft, last.key), affected);
}

/** What anonymous keys did goes from a lead to those that claimed them. */
export function* moveClaimed(draft: Draft, affected: AffectedLeads): DecisionStep<LeadMove[]> {
  const { claimedFrom } = affected;
  yield* draft.loadFacts(claimedFrom.keys());
  return [...claimedFrom].flatMap(([leadId, claimed]) =>
    departures(leadId, draft.factsOf(leadId), ({ keys, at }) => {
      const main = mainKey(keys);
      return main !== undefined && claimed.has(main) ? ownerOf(draft, keys, at) : leadId;
    }),
  );
}

type FactsMoved = Extract<LeadMove, { readonly type: 'facts-moved' }>;

/** The facts of a lead that belong to others now, a move for each of these. */
function departures(
  from: string,
  facts: readonly NamedFact[],
  owner: (fact: NamedFact) => string,
): FactsMoved[] {
  const byOwner = new Map<string, Set<string>>();
  for (const fact of facts) {
    const to = owner(fact);
    if (to === from) continue;
    const eventIds = byOwner.get(to) ?? new Set();
    byOwner.set(to, eventIds.add(fact.id));
  }
  return [...byOwner].map(([to, eventIds]) => ({ type: 'facts-moved', from, to, eventIds }));
}

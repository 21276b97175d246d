import { earlier, isAnonymous, mainKey, type IdentityKey } from './keys.js';
import { AffectedLeads } from './affected-leads.js';
import { claimKey } from './claims.js';
import { Draft } from './draft.js';
import type { IdentityFact } from './fact.js';
import { groupLeads } from './grouping.js';
import type { DecisionStep, IdentityIndex } from './identity-index.js';
import type { KeyState } from './key-state.js';
import { linkKeys } from './links.js';
import type { LeadMove, Move } from './moves.js';
import { ownerOf } from './ownership.js';
import { moveClaimed, redistribute } from './redistribution.js';

/**
 * What a fact changes about who is who (ADR 0008): moves that bring an index of the facts before it to an index of these
 * and the new one, in the order they are to be applied. The keys of the fact have to be loaded; what else is needed is
 * yielded. Nothing is changed here.
 */
export function* decideIdentity(index: IdentityIndex, fact: IdentityFact): DecisionStep<readonly Move[]> {
  const draft = new Draft(index);
  const affected = new AffectedLeads();
  const relinked = yield* linkKeys(draft, fact);
  if (relinked.length > 0) yield* groupLeads(draft, [...fact.keys, ...relinked], affected);
  for (const key of fact.keys) if (isAnonymous(key)) claimKey(draft, fact, key, affected);
  // A claim of anonymous keys alone moves what they did; where known keys are joined or parted, everything is open.
  const isOpen = affected.unclearKeys.size > 0 || (relinked.length > 0 && affected.openToMoves.size > 0);
  const moved = yield* isOpen ? redistribute(draft, fact, affected) : moveClaimed(draft, affected);
  const added: LeadMove[] = fact.decision
    ? []
    : [{ type: 'fact-added', leadId: ownerOf(draft, fact.keys, fact.at) }];
  const changed = [...affected.withOtherKeys].map(
    (leadId) => ({ type: 'lead-keys-changed', leadId }) as const,
  );
  return [...draft.moves, ...moved, ...added, ...changed];
}

/**
 * Whether a fact says nothing of who is who that earlier facts have not said: nearly every touchpoint names keys that were named
 * together before. All that is decided on it is whose it is (`ownerOf`).
 *
 * @param states of its keys
 */
export function changesNothing(fact: IdentityFact, states: readonly KeyState[]): boolean {
  if (fact.decision || !states.every((state) => isKnown(state, fact))) return false;
  const main = mainKey(fact.keys);
  return states.every((state) => state.key === main || main === undefined || isLinked(state, main, fact));
}

const isKnown = ({ leadId, firstSeen }: KeyState, fact: IdentityFact): boolean =>
  leadId !== undefined && firstSeen !== undefined && !earlier(fact, firstSeen);

/** Whether an earlier fact of the same scope names the key beside the main key, and an anonymous one was the main key's already. */
function isLinked(
  { key, links, publicLinks, claims }: KeyState,
  main: IdentityKey,
  fact: IdentityFact,
): boolean {
  const isDevice = isAnonymous(key);
  const link = (fact.keyScope === 'public' && !isDevice ? publicLinks : links).get(main);
  if (!link || earlier(fact, link)) return false;
  return !isDevice || isAnonymous(main) || claims.findLast((claim) => !earlier(fact, claim))?.key === main;
}

import type { IdentityKey, Stamp } from '../../domain/identity/keys.js';
import { addNameClaim, updateNames, sameNames, type Names } from '../../domain/lead-names.js';
import { mergeFact } from '../../domain/profile.js';
import type { Fact } from './facts.js';
import { addTouchpoints, rereadJourney, writeJourney } from './journey-rows.js';
import { factRow } from './lead-facts.js';
import type { Loading } from './loading.js';
import type { Lead } from './records.js';
import { refreshProfile } from './refresh-profile.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Adds a fact to its lead. @param hasOtherKeys the lead has other keys than before, so its profile follows anyway */
export function* addToLead(unit: UnitOfWork, lead: Lead, fact: Fact, hasOtherKeys: boolean): Loading {
  const latest = mergeFact(lead.latest, fact);
  const names = namesAfter(unit, lead, fact);
  const isRenamed = !sameNames(lead.names, names);
  const isChanged = latest !== lead.latest || isRenamed || !lead.alive || hasOtherKeys;
  lead.latest = latest;
  lead.names = names;
  lead.noteFact(fact);
  lead.markChanged(fact.position);
  const row = factRow(fact, lead.id);
  if (row) {
    lead.facts.push(row);
    unit.changes.addFact(row);
  }
  if (isChanged && (yield* refreshProfile(unit, lead, fact.position))) yield* rereadJourney(unit, lead);
  if (fact.touch) yield* addTouchpoints(unit, lead, [{ fact: fact.touch }]);
  writeJourney(unit, lead, fact.position);
}

/** The names of a lead with those that a fact claims; the same object if it claims none later than what is known. */
export function namesAfter(unit: UnitOfWork, lead: Lead, fact: Fact): Names {
  const { claimRank: rank, keys, at, id } = fact;
  const { names, workspace } = lead;
  if (rank === undefined) return names;
  const domainOf = unit.domainOf(lead);
  const isOwn = (key: IdentityKey): boolean => unit.key(workspace, key).lead === lead;
  const claimed = addNameClaim(names.claimed, { keys, at, id, rank }, isOwn, domainOf);
  if (claimed === names.claimed) return names;
  const firstSeen = (key: IdentityKey): Stamp | undefined => unit.key(workspace, key).state.firstSeen;
  return updateNames(names, claimed, firstSeen, domainOf);
}

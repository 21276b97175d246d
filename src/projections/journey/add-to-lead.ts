import type { IdentityKey, Stamp } from '../../domain/identity/keys.js';
import { claimNames, renamed, sameNames } from '../../domain/lead-names.js';
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
  const isRenamed = rename(unit, lead, fact);
  const isChanged = latest !== lead.latest || isRenamed || !lead.alive || hasOtherKeys;
  lead.latest = latest;
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

/** Takes the names that a fact claims. @returns whether the lead goes by another one */
function rename(unit: UnitOfWork, lead: Lead, fact: Fact): boolean {
  const { claimRank: rank, keys, at, id } = fact;
  if (rank === undefined) return false;
  const before = lead.names;
  const domainOf = unit.domainOf(lead.workspace);
  const isOwn = (key: IdentityKey): boolean => unit.key(lead.workspace, key).lead === lead;
  const claimed = claimNames(before.claimed, { keys, at, id, rank }, isOwn, domainOf);
  if (claimed === before.claimed) return false;
  const firstSeen = (key: IdentityKey): Stamp | undefined => unit.key(lead.workspace, key).state.firstSeen;
  lead.names = renamed(before, claimed, firstSeen, domainOf);
  return !sameNames(before, lead.names);
}

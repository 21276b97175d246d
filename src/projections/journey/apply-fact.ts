import { isAnonymous } from '../../domain/identity/keys.js';
import { decideIdentity, saysNothingNew } from '../../domain/identity/decide.js';
import type { Move } from '../../domain/identity/moves.js';
import { claimAt } from '../../domain/identity/ownership.js';
import { applyMoves } from './apply-moves.js';
import type { Fact } from './facts.js';
import { personaOf, writeStep } from './journey-rows.js';
import type { Loading } from './loading.js';
import type { KeyRecord, Lead } from './records.js';
import { version } from './refresh-profile.js';
import type { UnitOfWork } from './unit-of-work.js';

/**
 * Applies one fact to the people it is about, as if it were the only one of its batch: load what a decision about who is
 * who needs, decide, and apply the moves.
 */
export function* applyFact(unit: UnitOfWork, fact: Fact, records: readonly KeyRecord[]): Loading {
  yield* applyMoves(unit, fact, yield* decide(unit, fact));
  for (const record of records) version(unit, record, fact.position);
}

function* decide(unit: UnitOfWork, fact: Fact): Loading<readonly Move[]> {
  const deciding = decideIdentity(unit.identity(fact.workspace), fact);
  for (let step = deciding.next(); ; step = deciding.next()) {
    if (step.done) return step.value;
    yield* unit.load(fact.workspace, step.value);
  }
}

/**
 * Applies a touchpoint of one known key that says nothing else: nearly every one. It needs no decision, and nothing has
 * to be read for it.
 *
 * @returns false: there is more to it, and it was not applied
 */
export function appendTouchpoint(unit: UnitOfWork, fact: Fact, [record]: readonly KeyRecord[]): boolean {
  const { workspace, at, position, touch } = fact;
  if (!touch || !record || fact.traits || fact.accountId !== undefined) return false;
  unit.reachKey(record);
  if (!saysNothingNew(fact, record.state)) return false;
  const lead = ownerOf(unit, record, at);
  if (!lead?.alive || !lead.journey.isAppended(fact)) return false;
  lead.noteFact(fact);
  lead.markChanged(position);
  const entry = { fact: touch };
  const step = lead.journey.append(entry, unit.rules(workspace), personaOf(lead));
  writeStep(unit, lead, entry, step, position);
  return true;
}

/** The lead that a fact with this key alone belongs to at a time. */
function ownerOf(unit: UnitOfWork, record: KeyRecord, at: number): Lead | undefined {
  const claim = isAnonymous(record.key) ? claimAt(record.state.claims, at) : undefined;
  return claim ? unit.key(record.workspace, claim.key).lead : record.lead;
}

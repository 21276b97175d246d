import { decideIdentity, changesNothing } from '../../domain/identity/decide.js';
import type { Move } from '../../domain/identity/moves.js';
import { ownerOf } from '../../domain/identity/ownership.js';
import { sameNames } from '../../domain/lead-names.js';
import { namesAfter } from './add-to-lead.js';
import { applyMoves } from './apply-moves.js';
import type { Fact } from './facts.js';
import { personaOf, writeStep } from './journey-rows.js';
import type { Loading } from './loading.js';
import type { KeyRecord } from './records.js';
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
 * Applies a touchpoint of keys that were named together before, and that says nothing else: nearly every one. It needs no
 * decision, and nothing has to be read for it.
 *
 * @returns false: there is more to it, and it was not applied
 */
export function appendTouchpoint(unit: UnitOfWork, fact: Fact, records: readonly KeyRecord[]): boolean {
  const { workspace, at, keys, position, touch } = fact;
  if (!touch || fact.traits || fact.accountId !== undefined) return false;
  for (const record of records) unit.reachKey(record);
  const states = records.map(({ state }) => state);
  if (states.length === 0 || !changesNothing(fact, states)) return false;
  const lead = unit.lead(workspace, ownerOf({ key: (key) => unit.key(workspace, key).state }, keys, at));
  if (!lead.alive || !lead.journey.isAppended(fact)) return false;
  const names = namesAfter(unit, lead, fact);
  if (!sameNames(lead.names, names)) return false;
  lead.names = names;
  lead.noteFact(fact);
  lead.markChanged(position);
  const entry = { fact: touch };
  const step = lead.journey.append(entry, unit.rules(lead), personaOf(lead));
  writeStep(unit, lead, entry, step, position);
  return true;
}

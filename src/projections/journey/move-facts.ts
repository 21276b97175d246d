import type { Position } from '../../domain/events.js';
import { mergeFact } from '../../domain/profile.js';
import type { Fact } from './facts.js';
import {
  addTouchpoints,
  personaOf,
  replaceTouchpoints,
  rereadJourney,
  writeJourney,
} from './journey-rows.js';
import type { JourneyEntry } from './lead-journey.js';
import { deriveFrom, factRow, type LeadFacts } from './lead-facts.js';
import type { Loading } from './loading.js';
import type { FactRow, Lead } from './records.js';
import { refreshProfile } from './refresh-profile.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Facts of one lead, by event id, that belong to another now. */
export interface MovedFacts {
  readonly from: Lead;
  readonly to: Lead;
  readonly eventIds: ReadonlySet<string>;
}

interface Arrivals {
  readonly entries: JourneyEntry[];
  readonly facts: FactRow[];
}

/**
 * Moves what anonymous keys did to the leads that claimed them. Only the leads that lose something are read; of those that
 * gain it the journey alone, where a touchpoint is not the newest.
 */
export function* moveFacts(unit: UnitOfWork, moved: readonly MovedFacts[], position: Position): Loading {
  const arrivals = arrivalsOf(moved);
  const losing = departuresOf(moved);
  for (const [lead, eventIds] of losing) removeFacts(unit, lead, eventIds);
  for (const [lead, { entries, facts }] of arrivals) {
    for (const row of facts) {
      lead.latest = mergeFact(lead.latest, row);
      lead.noteFact(row);
      lead.facts.push(row);
      unit.changes.moveFact(row, lead.id);
    }
    for (const { fact } of entries) lead.noteFact(fact.touch);
    if (yield* refreshProfile(unit, lead, position)) yield* rereadJourney(unit, lead);
    yield* addTouchpoints(unit, lead, entries);
  }
  for (const lead of losing.keys())
    if (yield* refreshProfile(unit, lead, position)) yield* rereadJourney(unit, lead);
  for (const lead of new Set([...losing.keys(), ...arrivals.keys()])) writeJourney(unit, lead, position);
}

function removeFacts(unit: UnitOfWork, lead: Lead, eventIds: ReadonlySet<string>): void {
  const { journey } = lead;
  const leaving = [...journey.entries.values()].filter(({ fact }) => eventIds.has(fact.touch.id));
  for (const entry of leaving) journey.remove(entry, unit.rules(lead), personaOf(lead));
  const facts = lead.facts.filter(({ id }) => !eventIds.has(id));
  deriveFrom(unit, lead, { entries: [...journey.entries.values()], facts });
}

/**
 * Moves facts, adds the new one, and derives every lead that had or has some of them again from all of its facts: its keys
 * are others than before, or are joined otherwise.
 *
 * @param leads all of these; they were read, or have no facts
 * @param home the lead of the new fact; undefined: the fact is a decision
 */
export function* rederiveLeads(
  unit: UnitOfWork,
  fact: Fact,
  leads: readonly Lead[],
  moved: readonly MovedFacts[],
  home: Lead | undefined,
): Loading {
  yield* unit.loadKeysOf(leads);
  const arrivals = arrivalsOf(moved);
  const row = factRow(fact, '');
  if (home) addArrival(arrivals, home, fact.touch && { fact: fact.touch }, row);
  const departures = departuresOf(moved);
  const all = leads.map((lead) => ({
    lead,
    own: factsAfter(lead, departures.get(lead), arrivals.get(lead)),
  }));
  for (const { lead, own } of all) {
    deriveFrom(unit, lead, own);
    for (const each of own.facts) unit.changes.moveFact(each, lead.id);
    yield* refreshProfile(unit, lead, fact.position);
    yield* replaceTouchpoints(unit, lead, own.entries);
  }
  for (const lead of leads) writeJourney(unit, lead, fact.position);
  if (row) unit.changes.addFact(row);
}

function factsAfter(
  lead: Lead,
  leaving: ReadonlySet<string> | undefined,
  arriving: Arrivals | undefined,
): LeadFacts {
  if (lead.lastFact && !lead.isRead)
    throw new Error(`lead ${lead.id} is derived again without having been read`);
  const entries = [...lead.journey.entries.values()].filter(({ fact }) => !leaving?.has(fact.touch.id));
  const facts = lead.facts.filter(({ id }) => !leaving?.has(id));
  return {
    entries: [...entries, ...(arriving?.entries ?? [])],
    facts: [...facts, ...(arriving?.facts ?? [])],
  };
}

/** What leads get, by lead, as long as it is still with those that lose it. */
function arrivalsOf(moved: readonly MovedFacts[]): Map<Lead, Arrivals> {
  const arrivals = new Map<Lead, Arrivals>();
  const rows = new Map<Lead, ReadonlyMap<string, FactRow>>();
  for (const { from } of moved)
    if (!rows.has(from)) rows.set(from, new Map(from.facts.map((row) => [row.id, row])));
  for (const { from, to, eventIds } of moved)
    for (const id of eventIds)
      addArrival(arrivals, to, from.journey.entries.get(id), rows.get(from)?.get(id));
  return arrivals;
}

function addArrival(
  arrivals: Map<Lead, Arrivals>,
  lead: Lead,
  entry: JourneyEntry | undefined,
  row: FactRow | undefined,
): void {
  const arriving = arrivals.get(lead) ?? { entries: [], facts: [] };
  arrivals.set(lead, arriving);
  if (entry) arriving.entries.push(entry);
  if (row) arriving.facts.push(row);
}

function departuresOf(moved: readonly MovedFacts[]): Map<Lead, Set<string>> {
  const departures = new Map<Lead, Set<string>>();
  for (const { from, eventIds } of moved) {
    const leaving = departures.get(from) ?? new Set();
    departures.set(from, leaving);
    for (const id of eventIds) leaving.add(id);
  }
  return departures;
}

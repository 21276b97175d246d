import { hear, NOTHING_SAID } from '../../domain/profile.js';
import type { Fact } from './facts.js';
import { addTouchpoints, personaOf, rereadJourney, writeJourney } from './journey-rows.js';
import type { JourneyEntry } from './lead-journey.js';
import type { FactRow, Lead } from './records.js';
import { readAll, readHomes } from './redistribute.js';
import { settle } from './settle.js';
import type { Shift } from './shift.js';
import type { UnitOfWork } from './unit-of-work.js';

interface Moved {
  readonly entries: JourneyEntry[];
  readonly facts: FactRow[];
}

/**
 * Gives what anonymous ids did to the leads that claimed them. Only the leads that lose something are read; of those that gain
 * it the journey alone, where a touchpoint is not the newest.
 */
export async function moveClaimed(
  uow: UnitOfWork,
  { workspace, position }: Fact,
  shift: Shift,
): Promise<void> {
  const moved = new Map<Lead, Moved>();
  for (const lead of shift.losing) {
    await readAll(uow, [lead]);
    const touches = [...lead.journey.entries.values()];
    await readHomes(uow, workspace, { touches, facts: lead.facts });
    takeFrom(uow, lead, moved);
  }
  for (const [lead, { entries, facts }] of moved) {
    for (const row of facts) {
      lead.said = hear(lead.said, row);
      lead.heard(row);
      lead.facts.push(row);
      uow.changes.moveFact(row, lead.id);
    }
    for (const { fact } of entries) lead.heard(fact.touch);
    if (await settle(uow, lead, position)) await rereadJourney(uow, lead);
    await addTouchpoints(uow, lead, entries);
  }
  for (const lead of shift.losing) {
    if (await settle(uow, lead, position)) await rereadJourney(uow, lead);
    writeJourney(uow, lead, position);
  }
  for (const lead of moved.keys()) writeJourney(uow, lead, position);
}

/** Takes out of a lead what belongs to others now. */
function takeFrom(uow: UnitOfWork, lead: Lead, moved: Map<Lead, Moved>): void {
  const { workspace, journey } = lead;
  const owners = uow.owners(workspace);
  const to = (owner: Lead): Moved => {
    let share = moved.get(owner);
    if (!share) moved.set(owner, (share = { entries: [], facts: [] }));
    return share;
  };
  for (const entry of [...journey.entries.values()]) {
    const owner = owners.of(entry.fact.identity, entry.fact.touch.at);
    if (owner === lead) continue;
    to(owner).entries.push(entry);
    journey.remove(entry, uow.rules(workspace), personaOf(lead));
  }
  const kept: FactRow[] = [];
  for (const row of lead.facts) {
    const owner = owners.of(row.keys, row.at);
    if (owner === lead) kept.push(row);
    else to(owner).facts.push(row);
  }
  lead.facts = kept;
  lead.said = kept.reduce(hear, NOTHING_SAID);
  lead.lastFact = undefined;
  for (const { fact } of journey.entries.values()) lead.heard(fact.touch);
  for (const row of kept) lead.heard(row);
}

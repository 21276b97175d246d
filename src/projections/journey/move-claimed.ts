import { mainKey, type IdentityKey } from '../../domain/identity.js';
import { mergeFact, NO_VALUES } from '../../domain/profile.js';
import type { Fact } from './facts.js';
import { addTouchpoints, personaOf, rereadJourney, writeJourney } from './journey-rows.js';
import type { JourneyEntry } from './lead-journey.js';
import type { FactRow, Lead } from './records.js';
import { readAll } from './redistribute.js';
import { refreshProfile } from './refresh-profile.js';
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
export async function moveClaimed(uow: UnitOfWork, { position }: Fact, shift: Shift): Promise<void> {
  const moved = new Map<Lead, Moved>();
  for (const [lead, keys] of shift.losing) {
    await readAll(uow, [lead]);
    takeFrom(uow, lead, keys, moved);
  }
  for (const [lead, { entries, facts }] of moved) {
    for (const row of facts) {
      lead.latest = mergeFact(lead.latest, row);
      lead.noteFact(row);
      lead.facts.push(row);
      uow.changes.moveFact(row, lead.id);
    }
    for (const { fact } of entries) lead.noteFact(fact.touch);
    if (await refreshProfile(uow, lead, position)) await rereadJourney(uow, lead);
    await addTouchpoints(uow, lead, entries);
  }
  for (const lead of shift.losing.keys()) {
    if (await refreshProfile(uow, lead, position)) await rereadJourney(uow, lead);
    writeJourney(uow, lead, position);
  }
  for (const lead of moved.keys()) writeJourney(uow, lead, position);
}

/** Takes out of a lead what these anonymous keys did, as far as it belongs to others now. */
function takeFrom(
  uow: UnitOfWork,
  lead: Lead,
  keys: ReadonlySet<IdentityKey>,
  moved: Map<Lead, Moved>,
): void {
  const { workspace, journey } = lead;
  const owners = uow.owners(workspace);
  const newOwner = (named: readonly IdentityKey[], at: number): Moved | undefined => {
    const main = mainKey(named);
    const owner = main !== undefined && keys.has(main) ? owners.of(named, at) : lead;
    if (owner === lead) return undefined;
    const share = moved.get(owner) ?? { entries: [], facts: [] };
    moved.set(owner, share);
    return share;
  };
  const kept = lead.facts.filter((row) => !newOwner(row.keys, row.at)?.facts.push(row));
  const leaving = [...journey.entries.values()].filter((entry) =>
    newOwner(entry.fact.identity, entry.fact.touch.at)?.entries.push(entry),
  );
  for (const entry of leaving) journey.remove(entry, uow.rules(workspace), personaOf(lead));
  if (kept.length === lead.facts.length && leaving.length === 0) return;
  lead.facts = kept;
  lead.latest = kept.reduce(mergeFact, NO_VALUES);
  lead.lastFact = undefined;
  for (const { fact } of journey.entries.values()) lead.noteFact(fact.touch);
  for (const row of kept) lead.noteFact(row);
}

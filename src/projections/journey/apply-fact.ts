import { earlier, isAnonymous, mainKey, type IdentityKey, type Stamp } from '../../domain/identity.js';
import { claimNames, renamed, sameNames } from '../../domain/lead-names.js';
import { mergeFact } from '../../domain/profile.js';
import { claim } from './claims.js';
import type { Fact } from './facts.js';
import { linkKeys } from './link-keys.js';
import type { Ownership } from './ownership.js';
import { assignKey, type KeyRecord, type Lead } from './records.js';
import { redistribute } from './redistribute.js';
import { addTouchpoints, rereadJourney, writeJourney } from './journey-rows.js';
import { moveClaimed } from './move-claimed.js';
import { regroup } from './regroup.js';
import { refreshProfile, version } from './refresh-profile.js';
import { factRow, type Shift } from './shift.js';
import type { UnitOfWork } from './unit-of-work.js';

/**
 * Applies one fact to the people it is about, as if it were the only one of its batch: first who is who, then what
 * the fact says of its lead. Most facts say nothing new of identity and go straight to `addToLead`.
 */
export async function applyFact(uow: UnitOfWork, fact: Fact): Promise<void> {
  const records = fact.keys.map((key) => uow.key(fact.workspace, key));
  const owners = uow.owners(fact.workspace);
  if (isNothingNew(fact, records)) return addToLead(uow, owners, fact, NOBODY);
  const shift: Shift = {
    pooled: new Set(),
    losing: new Map(),
    changed: new Set(),
    unclear: new Set(),
    divided: new Set(),
  };
  const relinked = await linkKeys(uow, fact, records);
  if (relinked.length > 0) await regroup(uow, [...records, ...relinked], shift);
  for (const record of records) if (record.anonymous) claimAnonymous(owners, fact, record, shift);
  // A claim of anonymous keys alone moves what they did; where known keys are joined or parted, everything is open.
  const isOpen = shift.unclear.size > 0 || (relinked.length > 0 && shift.pooled.size > 0);
  if (isOpen) await redistribute(uow, fact, shift);
  else {
    if (shift.losing.size > 0) await moveClaimed(uow, fact, shift);
    if (!fact.decision) await addToLead(uow, owners, fact, shift.changed);
  }
  for (const lead of shift.changed) await refreshProfile(uow, lead, fact.position);
  for (const record of records) version(uow, record, fact.position);
}

/** Whether a fact says nothing of who is who: nearly every touchpoint names one key, that was seen before. */
function isNothingNew(fact: Fact, [record, ...others]: readonly KeyRecord[]): boolean {
  if (!record || others.length > 0 || fact.decision !== undefined) return false;
  return record.lead !== undefined && record.firstSeen !== undefined && !earlier(fact, record.firstSeen);
}

const NOBODY: ReadonlySet<Lead> = new Set();

/** Adds a fact to its lead, when it changes nothing about who is who. */
async function addToLead(
  uow: UnitOfWork,
  owners: Ownership,
  fact: Fact,
  changed: ReadonlySet<Lead>,
): Promise<void> {
  const lead = owners.of(fact.keys, fact.at);
  const latest = mergeFact(lead.latest, fact);
  const isRenamed = rename(uow, lead, fact);
  const isChanged = latest !== lead.latest || isRenamed || !lead.alive || changed.has(lead);
  lead.latest = latest;
  lead.noteFact(fact);
  lead.markChanged(fact.position);
  const row = factRow(fact, lead.id);
  if (row) {
    lead.facts.push(row);
    uow.changes.addFact(row);
  }
  if (isChanged && (await refreshProfile(uow, lead, fact.position))) await rereadJourney(uow, lead);
  if (fact.touch) await addTouchpoints(uow, lead, [{ fact: fact.touch }]);
  writeJourney(uow, lead, fact.position);
}

/** Takes the names that a fact claims. @returns whether the lead goes by another one */
function rename(uow: UnitOfWork, lead: Lead, fact: Fact): boolean {
  const { claimRank: rank, keys, at, id } = fact;
  if (rank === undefined) return false;
  const before = lead.names;
  const domainOf = uow.all.domainOf(lead.workspace);
  const isOwn = (key: IdentityKey): boolean => uow.key(lead.workspace, key).lead === lead;
  const claimed = claimNames(before.claimed, { keys, at, id, rank }, isOwn, domainOf);
  if (claimed === before.claimed) return false;
  const firstSeen = (key: IdentityKey): Stamp | undefined => uow.key(lead.workspace, key).firstSeen;
  lead.names = renamed(before, claimed, firstSeen, domainOf);
  return !sameNames(before, lead.names);
}

/** Gives an anonymous key to whom it belongs now, and says whose facts may move with it. */
function claimAnonymous(owners: Ownership, fact: Fact, record: KeyRecord, shift: Shift): void {
  const main = mainKey(fact.keys);
  if (fact.decision || main === undefined || isAnonymous(main)) {
    if (!record.lead) change(shift, record, owners.alone(record));
    return;
  }
  const claimer = owners.leadOf(main);
  switch (claim(record, fact, main, owners)) {
    case 'none':
      return;
    case 'first':
      if (record.lead?.holds) lose(shift, record, record.lead, claimer);
      // It was the one key of its lead.
      if (record.lead) record.lead.keysLoaded = true;
      change(shift, record, claimer);
      return;
    case 'append':
      change(shift, record, claimer);
      return;
    case 'front':
      lose(shift, record, owners.leadOf(record.runs[1]?.key ?? main), claimer);
      return;
    case 'unclear':
      shift.unclear.add(record);
      pool(shift, claimer, ...owners.claimersOf(record));
  }
}

/** What an anonymous key did may be the claimer's and no longer another lead's. */
function lose(shift: Shift, { key }: KeyRecord, from: Lead, claimer: Lead): void {
  pool(shift, from, claimer);
  if (from.holds) shift.losing.set(from, (shift.losing.get(from) ?? new Set()).add(key));
}

function pool(shift: Shift, ...leads: readonly Lead[]): void {
  for (const lead of leads) if (lead.holds) shift.pooled.add(lead);
}

function change(shift: Shift, record: KeyRecord, lead: Lead): void {
  if (record.lead) shift.changed.add(record.lead);
  shift.changed.add(lead);
  assignKey(record, lead);
}

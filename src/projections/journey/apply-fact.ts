import { earlier, isAnonymous, mainKey, pairOf, type IdentityKey } from '../../domain/identity.js';
import { hear } from '../../domain/profile.js';
import { claim } from './claims.js';
import type { Fact } from './facts.js';
import type { Ownership } from './ownership.js';
import { give, type KeyRecord, type Lead } from './records.js';
import { redistribute } from './redistribute.js';
import { advance, refoldAlone, type Entry } from './refold.js';
import { regroup } from './regroup.js';
import { settle, version } from './settle.js';
import { factRow, type Shift } from './shift.js';
import type { UnitOfWork } from './unit-of-work.js';

/**
 * Applies one fact to the people it is about, as if it were the only one of its batch: first who is who, then what
 * the fact says of its lead. Most facts say nothing new of identity and go straight to `hearFact`.
 */
export async function applyFact(uow: UnitOfWork, fact: Fact): Promise<void> {
  const records = fact.keys.map((key) => uow.key(fact.workspace, key));
  const shift: Shift = { pooled: new Set(), changed: new Set(), unclear: new Set() };
  const owners = uow.owners(fact.workspace);
  if (see(uow, fact, records)) await regroup(uow, records, shift);
  for (const record of records) if (record.anonymous) settleAnonymous(owners, fact, record, shift);
  if (shift.pooled.size > 0) await redistribute(uow, fact, shift);
  else if (!fact.decision) await hearFact(uow, owners, fact, shift);
  for (const lead of shift.changed) await settle(uow, lead, fact.position);
  for (const record of records) version(uow, record, fact.position);
}

/** Adds a fact to its lead, when it changes nothing about who is who. */
async function hearFact(uow: UnitOfWork, owners: Ownership, fact: Fact, shift: Shift): Promise<void> {
  const lead = owners.of(fact.keys, fact.at);
  const said = hear(lead.said, fact);
  const news = said !== lead.said || !lead.alive || shift.changed.has(lead);
  lead.said = said;
  lead.heard(fact);
  lead.dirty = true;
  lead.position = fact.position;
  const row = factRow(fact, lead.id);
  if (row) {
    lead.facts.push(row);
    uow.changes.addFact(row);
  }
  const rereads = news && (await settle(uow, lead, fact.position));
  await fold(uow, lead, fact, rereads, owners);
}

async function fold(
  uow: UnitOfWork,
  lead: Lead,
  fact: Fact,
  rereads: boolean,
  owners: Ownership,
): Promise<void> {
  const { lastAt, lastId, touches } = lead.journey;
  const entry: Entry | undefined = fact.touch && {
    fact: fact.touch,
    linkedBy: owners.linkedBy(fact.keys, lead),
    row: undefined,
  };
  const last = lastAt === null ? undefined : { at: lastAt, id: lastId ?? '' };
  if (entry && (touches === 0 || (!rereads && last && earlier(last, fact)))) {
    advance(uow, lead, entry, fact.position);
  } else if (entry || (rereads && touches > 0)) {
    await uow.journeyOf(lead);
    refoldAlone(uow, lead, fact.position, entry);
  }
}

/** Gives an anonymous key to whom it belongs now, and says whose facts may move with it. */
function settleAnonymous(owners: Ownership, fact: Fact, record: KeyRecord, shift: Shift): void {
  const main = mainKey(fact.keys);
  if (fact.decision || main === undefined || isAnonymous(main)) {
    if (!record.lead) change(shift, record, owners.alone(record));
    return;
  }
  const claimer = owners.meant(main);
  switch (claim(record, fact, main, owners)) {
    case 'none':
      // An older link than known: it is the one that explains the lead's touchpoints with this key.
      if (record.links.get(main)?.id === fact.id && claimer.lastFact && fact.at <= claimer.lastFact.at)
        pool(shift, claimer);
      return;
    case 'first':
      if (record.lead?.holds) pool(shift, record.lead, claimer);
      // It was the one key of its lead.
      if (record.lead) record.lead.keysLoaded = true;
      change(shift, record, claimer);
      return;
    case 'append':
      change(shift, record, claimer);
      return;
    case 'front':
      pool(shift, claimer, owners.meant(record.runs[1]?.key ?? main));
      return;
    case 'unclear':
      shift.unclear.add(record);
      pool(shift, claimer, ...owners.claimersOf(record));
  }
}

function pool(shift: Shift, ...leads: readonly Lead[]): void {
  for (const lead of leads) if (lead.holds) shift.pooled.add(lead);
}

function change(shift: Shift, record: KeyRecord, lead: Lead): void {
  if (record.lead) shift.changed.add(record.lead);
  shift.changed.add(lead);
  give(record, lead);
}

/** Notes when keys were seen and what they were named with. @returns whether known keys may be grouped anew */
function see(uow: UnitOfWork, fact: Fact, records: readonly KeyRecord[]): boolean {
  const main = mainKey(fact.keys);
  let known = false;
  for (const record of records) {
    if (!record.firstSeen || earlier(fact, record.firstSeen)) {
      record.firstSeen = { at: fact.at, id: fact.id };
      record.dirty = true;
      known ||= !record.anonymous;
    }
    if (!fact.decision && main !== undefined && record.key !== main)
      known = link(uow, fact, main, record) || known;
  }
  return decide(uow, fact) || known;
}

/** @returns whether two known keys are linked for the first time */
function link(uow: UnitOfWork, fact: Fact, main: IdentityKey, record: KeyRecord): boolean {
  const before = record.links.get(main);
  if (before && !earlier(fact, before)) return false;
  const stamp = { at: fact.at, id: fact.id };
  record.links.set(main, stamp);
  record.dirty = true;
  const row = { workspace: fact.workspace, key: main, otherKey: record.key, kind: 'claimed', stamp } as const;
  uow.changes.link(
    { ...row, knownFrom: fact.position, supersededAt: null, stored: false },
    before && { kind: 'claimed', stamp: before },
  );
  return !before && !record.anonymous;
}

/** Notes a decision about a pair. @returns whether it is the last about it */
function decide(uow: UnitOfWork, fact: Fact): boolean {
  const [one, two] = fact.keys;
  if (!fact.decision || one === undefined || two === undefined) return false;
  const [key, otherKey] = pairOf(one, two);
  const record = uow.key(fact.workspace, key);
  const before = record.decisions.get(otherKey);
  if (before && earlier(fact, before)) return false;
  const stamp = { at: fact.at, id: fact.id };
  record.decisions.set(otherKey, { ...stamp, kind: fact.decision });
  record.dirty = true;
  const row = { workspace: fact.workspace, key, otherKey, kind: fact.decision, stamp };
  uow.changes.link(
    { ...row, knownFrom: fact.position, supersededAt: null, stored: false },
    before && { kind: before.kind, stamp: before },
  );
  return true;
}

import { connected, seenBefore, type IdentityKey } from '../../domain/identity.js';
import { give, type KeyRecord, type Lead } from './records.js';
import type { Shift } from './shift.js';
import type { UnitOfWork } from './unit-of-work.js';

/**
 * Works out anew which known keys are one person, for the leads of some keys, and gives every key to its lead. Facts
 * do not move here: the leads that lose theirs are put into the pool.
 */
export async function regroup(uow: UnitOfWork, records: readonly KeyRecord[], shift: Shift): Promise<void> {
  const known = records.filter(({ anonymous }) => !anonymous);
  const before = [...new Set(known.flatMap(({ lead }) => (lead ? [lead] : [])))];
  await Promise.all(before.map((lead) => uow.keysOf(lead)));
  const keys = new Set([
    ...before.flatMap((lead) => [...lead.keys].filter(({ anonymous }) => !anonymous)),
    ...known,
  ]);
  const byKey = new Map([...keys].map((record) => [record.key, record]));
  const groups = connected(byKey.keys(), [...keys].flatMap(linksOf)).map((group) =>
    group.flatMap((key) => byKey.get(key) ?? []),
  );
  for (const lead of before) shift.changed.add(lead);
  const targets = groups.map((group) => ({ group, lead: targetOf(uow, group), from: sourcesOf(group) }));
  for (const { lead, from } of targets) {
    const holders = from.filter(({ holds }) => holds);
    const stays = holders.length === 1 && holders[0] === lead && !isSplit(lead, targets);
    if (!stays) for (const holder of holders) shift.pooled.add(holder);
  }
  for (const { group, lead, from } of targets) {
    shift.changed.add(lead);
    lead.merged = isMerged(group);
    for (const source of from) if (source.lastFact) lead.heard(source.lastFact);
    for (const record of group) give(record, lead);
  }
  for (const lead of before) followOwners(uow, lead);
}

interface Target {
  readonly group: readonly KeyRecord[];
  readonly lead: Lead;
  readonly from: readonly Lead[];
}

/** The lead that a group of keys is: it goes by the key that was seen first. */
function targetOf(uow: UnitOfWork, group: readonly KeyRecord[]): Lead {
  const seen = group.flatMap((record) =>
    record.firstSeen ? [{ record, key: record.key, firstSeen: record.firstSeen }] : [],
  );
  const { record } = seen.reduce((a, b) => (seenBefore(b, a) ? b : a));
  return uow.lead(record.workspace, record.ownLeadId);
}

const sourcesOf = (group: readonly KeyRecord[]): Lead[] => [
  ...new Set(group.flatMap(({ lead }) => (lead ? [lead] : []))),
];

const isSplit = (lead: Lead, targets: readonly Target[]): boolean =>
  targets.filter(({ from }) => from.includes(lead)).length > 1;

const isMerged = (group: readonly KeyRecord[]): boolean =>
  group.some(({ decisions }) => [...decisions.values()].some(({ kind }) => kind === 'merged'));

/** Pairs of keys that stand together: named by one event, or merged and not split since. */
function linksOf(record: KeyRecord): (readonly [IdentityKey, IdentityKey])[] {
  const claimed = [...record.links.keys()].map((key) => [key, record.key] as const);
  const merged = [...record.decisions].filter(([, { kind }]) => kind === 'merged');
  return [...claimed, ...merged.map(([key]) => [record.key, key] as const)];
}

/** Anonymous keys go with the known key that claimed them last. */
function followOwners(uow: UnitOfWork, lead: Lead): void {
  for (const record of [...lead.keys]) {
    const last = record.runs.at(-1);
    const owner = last && uow.key(record.workspace, last.key).lead;
    if (record.anonymous && owner) give(record, owner);
  }
}

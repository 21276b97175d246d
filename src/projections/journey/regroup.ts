import { seenBefore, type IdentityKey } from '../../domain/identity.js';
import { groupKeys, type PairFact } from '../../domain/identity-links.js';
import { assignKey, type KeyRecord, type Lead } from './records.js';
import type { Shift } from './shift.js';
import type { UnitOfWork } from './unit-of-work.js';

/**
 * Resolves again which known keys are one person, for the leads of some keys, and moves every key to its lead. Facts
 * do not move here: the leads that lose theirs are put into the pool.
 */
export async function regroup(uow: UnitOfWork, records: readonly KeyRecord[], shift: Shift): Promise<void> {
  const { known, leads: before } = await connectedBy(uow, records);
  const byKey = new Map(known.map((record) => [record.key, record]));
  const groups = groupKeys([...byKey.keys()], known.flatMap(joinsOf), known.flatMap(splitsOf)).map((group) =>
    group.flatMap((key) => byKey.get(key) ?? []),
  );
  const targets = groups.map((group) => ({ lead: targetOf(uow, group), group, from: sourcesOf(group) }));
  for (const lead of before) if (isDivided(lead, targets)) shift.divided.add(lead);
  for (const { lead, from } of targets) {
    const stays = from.every((source) => source === lead) && !shift.divided.has(lead);
    if (!stays) for (const source of from) if (source.holds) shift.pooled.add(source);
  }
  for (const { lead, group, from } of targets) {
    if (group.some((record) => record.lead !== lead))
      for (const each of [lead, ...from]) shift.changed.add(each);
    for (const source of from) if (source.lastFact) lead.noteFact(source.lastFact);
    for (const record of group) assignKey(record, lead);
  }
  for (const record of records) if (record.lead) shift.changed.add(record.lead);
  for (const lead of before) followOwners(uow, lead);
}

interface Connected {
  readonly known: readonly KeyRecord[];
  readonly leads: readonly Lead[];
}

/**
 * All known keys of the leads that any link leads to from these keys: the keys of a lead, and of the leads that a split
 * keeps apart from it, for their keys may have claims in common.
 */
async function connectedBy(uow: UnitOfWork, records: readonly KeyRecord[]): Promise<Connected> {
  const known = new Set(records.filter(({ anonymous }) => !anonymous));
  const leads = new Set<Lead>();
  for (let open = [...known]; open.length > 0;) {
    const reached = open.flatMap(({ lead }) => (lead && !leads.has(lead) ? [lead] : []));
    for (const lead of reached) leads.add(lead);
    await Promise.all(reached.map((lead) => uow.keysOf(lead)));
    const keys = reached.flatMap((lead) => [...lead.keys].filter(({ anonymous }) => !anonymous));
    for (const record of keys) known.add(record);
    const decided = new Set([...open, ...keys].flatMap(({ decisions }) => [...decisions.keys()]));
    const workspace = open[0]?.workspace ?? '';
    const next = [...decided].map((key) => uow.key(workspace, key)).filter((record) => !known.has(record));
    await uow.keysRead(next.filter(({ read }) => !read));
    for (const record of next) known.add(record);
    open = next;
  }
  return { known: [...known], leads: [...leads] };
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

const isDivided = (lead: Lead, targets: readonly Target[]): boolean =>
  targets.filter(({ from }) => from.includes(lead)).length > 1;

/** What makes the key one person with another: claims that name both, and merges. */
function joinsOf(record: KeyRecord): PairFact[] {
  const pair = ([key, { at, id }]: readonly [IdentityKey, { at: number; id: string }]): PairFact => ({
    ...{ key, otherKey: record.key, at, id },
  });
  return [
    ...[...record.links].map(pair),
    ...[...record.publicLinks].filter(([, { joins }]) => joins).map(pair),
    ...decisionsOf(record, 'merged'),
  ];
}

const splitsOf = (record: KeyRecord): PairFact[] => decisionsOf(record, 'split');

/** Decisions about a pair stand with both keys; the lesser one reports them. */
const decisionsOf = ({ key, decisions }: KeyRecord, wanted: 'merged' | 'split'): PairFact[] =>
  [...decisions].flatMap(([otherKey, { kind, at, id }]) =>
    kind === wanted && key < otherKey ? [{ key, otherKey, at, id }] : [],
  );

/** Anonymous keys go with the known key that claimed them last. */
function followOwners(uow: UnitOfWork, lead: Lead): void {
  for (const record of [...lead.keys]) {
    const last = record.runs.at(-1);
    const owner = last && uow.key(record.workspace, last.key).lead;
    if (record.anonymous && owner) assignKey(record, owner);
  }
}

import { isAnonymous, mainKey } from '../../domain/identity.js';
import { claimNames, type ClaimedNames, type NameClaim } from '../../domain/lead-names.js';
import { mergeFact, NO_VALUES } from '../../domain/profile.js';
import { runsFrom } from './claims.js';
import { touchRank, type Fact } from './facts.js';
import type { Ownership } from './ownership.js';
import { assignKey, type FactRow, type KeyRecord, type Lead } from './records.js';
import { replaceTouchpoints, writeJourney } from './journey-rows.js';
import type { JourneyEntry } from './lead-journey.js';
import { refreshProfile } from './refresh-profile.js';
import { factRow, type Shift } from './shift.js';
import type { UnitOfWork } from './unit-of-work.js';

interface Pool {
  readonly touches: readonly JourneyEntry[];
  readonly facts: readonly FactRow[];
}

/**
 * Puts the facts of the pooled leads, and the new one, together and gives each to the lead it belongs to by the keys as
 * they stand now; every lead that had or has some of them is folded anew.
 */
export async function redistribute(uow: UnitOfWork, fact: Fact, shift: Shift): Promise<void> {
  if (!fact.decision) {
    const home = uow.owners(fact.workspace).of(fact.keys, fact.at);
    if (home.holds) shift.pooled.add(home);
  }
  await readAll(uow, shift.pooled);
  await poolClaimers(uow, fact, shift);
  const pooled = [...shift.pooled];
  const added = factRow(fact, '');
  const pool = poolOf(pooled, fact, added);
  await readHomes(uow, fact.workspace, pool);
  const owners = uow.owners(fact.workspace);
  for (const record of shift.unclear) reclaim(record, pool, owners, shift);
  const touches = Map.groupBy(pool.touches, (each) => owners.of(each.fact.identity, each.fact.touch.at));
  const facts = Map.groupBy(pool.facts, ({ keys, at }) => owners.of(keys, at));
  const leads = new Set([...pooled, ...touches.keys(), ...facts.keys()]);
  await Promise.all([...leads].map((lead) => uow.keysOf(lead)));
  for (const lead of leads) {
    const own = touches.get(lead) ?? [];
    mergeAll(uow, lead, shift, own, facts.get(lead) ?? []);
    await refreshProfile(uow, lead, fact.position);
    await replaceTouchpoints(uow, lead, own);
  }
  for (const lead of leads) writeJourney(uow, lead, fact.position);
  if (added) uow.changes.addFact(added);
}

export const readAll = (uow: UnitOfWork, leads: Iterable<Lead>): Promise<unknown> =>
  Promise.all([...leads].flatMap((lead) => [uow.keysOf(lead), uow.journeyOf(lead), uow.factsOf(lead)]));

/**
 * Claims of one lead's keys were taken together (`claim`). When its keys are of several leads now, the anonymous keys
 * that they ever claimed are worked out again, with all others who claimed them.
 */
async function poolClaimers(uow: UnitOfWork, fact: Fact, shift: Shift): Promise<void> {
  const named = [...shift.divided].flatMap(({ journey, facts }) => [
    ...[...journey.entries.values()].map((entry) => entry.fact.identity),
    ...facts.map(({ keys }) => keys),
  ]);
  const shared = new Set(named.filter((keys) => keys.length > 1).flatMap((keys) => keys.filter(isAnonymous)));
  const records = [...shared].map((key) => uow.key(fact.workspace, key));
  await uow.keysRead(records.filter(({ read }) => !read));
  const owners = uow.owners(fact.workspace);
  for (const record of records) {
    shift.unclear.add(record);
    for (const lead of owners.claimersOf(record)) if (lead.holds) shift.pooled.add(lead);
  }
  await readAll(uow, shift.pooled);
}

function poolOf(pooled: readonly Lead[], fact: Fact, added: FactRow | undefined): Pool {
  const touches = pooled.flatMap((lead) => [...lead.journey.entries.values()]);
  const facts = pooled.flatMap((lead) => lead.facts);
  return {
    touches: fact.touch ? [...touches, { fact: fact.touch }] : touches,
    facts: added ? [...facts, added] : facts,
  };
}

/** Facts with only anonymous keys go where their claims say: those keys have to be in work. */
async function readHomes(uow: UnitOfWork, workspace: string, { touches, facts }: Pool): Promise<void> {
  const mains = [...touches.map(({ fact }) => fact.identity), ...facts.map(({ keys }) => keys)].map(mainKey);
  const homes = new Set(mains.filter((key) => key !== undefined && isAnonymous(key)));
  const records = [...homes].flatMap((key) => (key === undefined ? [] : [uow.key(workspace, key)]));
  await uow.keysRead(records.filter(({ read }) => !read));
}

function reclaim(record: KeyRecord, { touches, facts }: Pool, owners: Ownership, shift: Shift): void {
  const named = touches.map(({ fact: { touch, identity } }) => ({
    at: touch.at,
    id: touch.id,
    keys: identity,
  }));
  record.runs = runsFrom(record.key, [...named, ...facts], owners);
  record.markChanged();
  const last = record.runs.at(-1);
  if (!last) return;
  const owner = owners.leadOf(last.key);
  if (record.lead) shift.changed.add(record.lead);
  shift.changed.add(owner);
  assignKey(record, owner);
}

function mergeAll(
  uow: UnitOfWork,
  lead: Lead,
  shift: Shift,
  touches: readonly JourneyEntry[],
  facts: readonly FactRow[],
): void {
  if (!shift.pooled.has(lead) && (!lead.journey.isEmpty || lead.facts.length > 0)) {
    throw new Error(`lead ${lead.id} gets facts without having been read`);
  }
  lead.facts = [...facts];
  lead.latest = facts.reduce(mergeFact, NO_VALUES);
  lead.lastFact = undefined;
  lead.names = { ...lead.names, claimed: claimedBy(uow, lead, touches, facts) };
  for (const { fact } of touches) lead.noteFact(fact.touch);
  for (const row of facts) {
    lead.noteFact(row);
    uow.changes.moveFact(row, lead.id);
  }
}

/** The names that facts of a lead claim. */
export function claimedBy(
  uow: UnitOfWork,
  lead: Lead,
  touches: readonly Pick<JourneyEntry, 'fact'>[],
  facts: readonly FactRow[],
): ClaimedNames {
  const claims = [
    ...touches.map(({ fact: { touch, identity, keyScope } }) => ({
      ...{ at: touch.at, id: touch.id, keys: identity, rank: touchRank(identity, keyScope) },
    })),
    ...facts.map(({ at, id, keys, claimRank }) => ({ at, id, keys, rank: claimRank })),
  ].filter((claim): claim is NameClaim => claim.rank !== undefined);
  const domainOf = uow.all.domainOf(lead.workspace);
  const own = new Set([...lead.keys].map(({ key }) => key));
  return claims.reduce<ClaimedNames>(
    (names, claim) => claimNames(names, claim, (key) => own.has(key), domainOf),
    {},
  );
}

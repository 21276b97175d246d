import { earlier, mainKey, pairOf, type IdentityKey } from '../../domain/identity.js';
import { isJoinedBy, linksBetween } from '../../domain/identity-links.js';
import type { Fact } from './facts.js';
import type { KeyRecord } from './records.js';
import type { UnitOfWork } from './unit-of-work.js';

/**
 * Notes when the keys of a fact were seen and what they were named with.
 *
 * @returns known keys whose leads may have to be resolved again; none: nobody's
 */
export async function linkKeys(
  uow: UnitOfWork,
  fact: Fact,
  records: readonly KeyRecord[],
): Promise<readonly KeyRecord[]> {
  const seen = seeKeys(fact, records);
  const doubtful = await claimsWith(uow, seen);
  const parted = doubtful.filter((pair) => judge(uow, fact, pair)).map(({ record }) => record);
  return [...new Set([...seen, ...parted, ...claim(uow, fact, records), ...decide(uow, fact, records)])];
}

/** @returns the known keys that no earlier event named */
function seeKeys(fact: Fact, records: readonly KeyRecord[]): KeyRecord[] {
  const first = records.filter(({ firstSeen }) => !firstSeen || earlier(fact, firstSeen));
  for (const record of first) {
    record.firstSeen = { at: fact.at, id: fact.id };
    record.markChanged();
  }
  return first.filter(({ anonymous }) => !anonymous);
}

/** A known key and the main key of a public claim that named it. */
interface PublicPair {
  readonly record: KeyRecord;
  readonly main: IdentityKey;
}

/** The pairs of all public claims that name one of the keys, whose joins depend on when it was first seen. */
async function claimsWith(uow: UnitOfWork, records: readonly KeyRecord[]): Promise<PublicPair[]> {
  const pairs = new Map<string, PublicPair>();
  for (const { workspace, key, publicLinks, publicOthers } of records) {
    if (publicLinks.size === 0 && publicOthers.size === 0) continue;
    const others = [...publicOthers].map((other) => uow.key(workspace, other));
    await uow.keysRead(others.filter(({ read }) => !read));
    const claims = [
      ...[...publicLinks].map(([main, claim]) => ({ main, claim })),
      ...others.flatMap(({ publicLinks: links }) => {
        const claim = links.get(key);
        return claim ? [{ main: key, claim }] : [];
      }),
    ];
    const named = claims.flatMap(({ main, claim }) => [main, ...claim.others]);
    const all = [...new Set(named)].map((each) => uow.key(workspace, each));
    await uow.keysRead(all.filter(({ read }) => !read));
    for (const { main, claim } of claims) {
      for (const other of claim.others)
        pairs.set(`${main}\0${other}`, { main, record: uow.key(workspace, other) });
    }
  }
  return [...pairs.values()];
}

/** Works out again whether a public claim joins two keys. @returns whether that changed */
function judge(uow: UnitOfWork, fact: Fact, { record, main }: PublicPair): boolean {
  const claim = record.publicLinks.get(main);
  if (!claim) return false;
  const joins = isJoinedBy(claim, main, record.key, firstSeenIn(uow, fact));
  if (joins === claim.joins) return false;
  relink(uow, fact, { record, main }, () => record.publicLinks.set(main, { ...claim, joins }));
  return true;
}

const firstSeenIn =
  (uow: UnitOfWork, { workspace }: Fact) =>
  (key: IdentityKey) =>
    uow.key(workspace, key).firstSeen;

/** Links the keys of a fact to its main key. @returns known keys that are joined to it otherwise than before */
function claim(uow: UnitOfWork, fact: Fact, records: readonly KeyRecord[]): KeyRecord[] {
  const main = records.find(({ key }) => key === mainKey(fact.keys));
  if (fact.decision || !main) return [];
  const others = records.filter((record) => record !== main);
  if (fact.keyScope !== 'public')
    return others.filter((record) => claimPair(uow, fact, { record, main: main.key }));
  for (const record of others) if (record.anonymous) claimPair(uow, fact, { record, main: main.key });
  const known = others.filter(({ anonymous }) => !anonymous);
  return known.filter((record) => claimPublicly(uow, fact, record, main, known));
}

/** @returns whether a known key is joined to the main key for the first time, or from an earlier time on */
function claimPair(uow: UnitOfWork, fact: Fact, { record, main }: PublicPair): boolean {
  const before = record.links.get(main);
  if (before && !earlier(fact, before)) return false;
  relink(uow, fact, { record, main }, () => record.links.set(main, { at: fact.at, id: fact.id }));
  return !record.anonymous;
}

function claimPublicly(
  uow: UnitOfWork,
  fact: Fact,
  record: KeyRecord,
  main: KeyRecord,
  known: readonly KeyRecord[],
): boolean {
  const before = record.publicLinks.get(main.key);
  if (before && !earlier(fact, before)) return false;
  const claimed = { at: fact.at, id: fact.id, others: known.map(({ key }) => key) };
  const joins = isJoinedBy(claimed, main.key, record.key, firstSeenIn(uow, fact));
  main.publicOthers.add(record.key);
  main.markChanged();
  relink(uow, fact, { record, main: main.key }, () =>
    record.publicLinks.set(main.key, { ...claimed, joins }),
  );
  return joins || before?.joins === true;
}

/** Changes what links two keys, and the rows that say so. */
function relink(uow: UnitOfWork, fact: Fact, { record, main }: PublicPair, change: () => void): void {
  const links = () => linksBetween(record.links.get(main), record.publicLinks.get(main));
  const before = links();
  change();
  record.markChanged();
  const pair = { workspace: fact.workspace, key: main, otherKey: record.key };
  uow.changes.link(pair, before, links(), fact.position);
}

/** Notes a decision about a pair. @returns its keys, when it is the last about them */
function decide(uow: UnitOfWork, fact: Fact, records: readonly KeyRecord[]): readonly KeyRecord[] {
  const [one, two] = records;
  if (!fact.decision || !one || !two) return [];
  const before = one.decisions.get(two.key);
  if (before && earlier(fact, before)) return [];
  const stamp = { at: fact.at, id: fact.id };
  for (const [record, other] of [[one, two] as const, [two, one] as const]) {
    record.decisions.set(other.key, { ...stamp, kind: fact.decision });
    record.markChanged();
  }
  const [key, otherKey] = pairOf(one.key, two.key);
  const pair = { workspace: fact.workspace, key, otherKey };
  uow.changes.link(
    pair,
    before ? [{ kind: before.kind, stamp: before }] : [],
    [{ kind: fact.decision, stamp }],
    fact.position,
  );
  return [one, two];
}

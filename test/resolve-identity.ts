import {
  earlier,
  isAnonymous,
  leadIdOf,
  mainKey,
  pairOf,
  seenBefore,
  type IdentityKey,
  type Stamp,
} from '../src/domain/identity/keys.js';
import type { IdentityFact } from '../src/domain/identity/fact.js';
import { groupKeys } from '../src/domain/identity/key-groups.js';
import { isJoinedBy, linksBetween, type PublicClaim } from '../src/domain/identity/public-claims.js';
import { addNameClaim, namesOf, type DomainOf, type Names } from '../src/domain/lead-names.js';
import { mergeFact, NO_VALUES, type LatestValues } from '../src/domain/profile.js';

export interface ResolvedLead {
  readonly leadId: string;
  /** Known keys, and the anonymous keys whose latest owner it is. */
  readonly keys: readonly IdentityKey[];
  readonly names: Names;
  readonly latest: LatestValues;
}

export interface ResolvedLink {
  readonly key: IdentityKey;
  readonly otherKey: IdentityKey;
  readonly kind: 'claimed' | 'refused' | 'merged' | 'split';
  readonly stamp: Stamp;
}

export interface ResolvedIdentity {
  readonly leads: readonly ResolvedLead[];
  readonly links: readonly ResolvedLink[];
  /** The lead that a touchpoint with these keys at that time belongs to. */
  ownerOf(keys: readonly IdentityKey[], at: number): string;
  /** The event that gave the lead a touchpoint with only anonymous keys; undefined when its own keys did. */
  linkedBy(keys: readonly IdentityKey[], at: number): string | undefined;
}

interface Seen {
  readonly key: IdentityKey;
  readonly firstSeen: Stamp;
}
type Claim = Stamp & { readonly known: IdentityKey };

/**
 * Who is who, from the whole set of facts of one workspace at once, whatever their order: the rules of ADR 0008, which
 * the journey projection must come to event by event. Written for comparison, not for speed.
 */
export function resolveIdentity(
  workspace: string,
  facts: readonly IdentityFact[],
  domainOf: DomainOf,
): ResolvedIdentity {
  const inOrder = facts.toSorted((a, b) => (earlier(a, b) ? -1 : 1));
  const seen = firstSeen(inOrder);
  const { claimed, joins } = claimedLinks(inOrder, (key) => seen.get(key)?.firstSeen);
  const decided = decidedLinks(inOrder);
  const links = [...claimed, ...decided];
  const leadByKey = new Map<IdentityKey, string>();
  const known = [...seen.keys()].filter((key) => !isAnonymous(key));
  const merged = decided.filter(({ kind }) => kind === 'merged').map(pairFact);
  const split = decided.filter(({ kind }) => kind === 'split').map(pairFact);
  for (const group of groupKeys(known, [...joins.map(pairFact), ...merged], split)) {
    const first = group.map((key) => sure(seen.get(key))).reduce((a, b) => (seenBefore(b, a) ? b : a));
    for (const key of group) leadByKey.set(key, leadIdOf(workspace, first.key));
  }
  const claims = claimsByKey(inOrder);
  const ownerOf = (keys: readonly IdentityKey[], at: number): string => {
    const main = sure(mainKey(keys));
    if (!isAnonymous(main)) return sure(leadByKey.get(main));
    const claimed = claims.get(main);
    const claim = claimed?.findLast((each) => each.at <= at) ?? claimed?.[0];
    return claim ? sure(leadByKey.get(claim.known)) : leadIdOf(workspace, main);
  };
  const linkedBy = (keys: readonly IdentityKey[], at: number): string | undefined => {
    const main = sure(mainKey(keys));
    const owner = ownerOf(keys, at);
    return isAnonymous(main)
      ? claims.get(main)?.find(({ known: by }) => leadByKey.get(by) === owner)?.id
      : undefined;
  };
  const members = Map.groupBy(seen.values(), ({ key }) => ownerOf([key], Infinity));
  const factsByLead = Map.groupBy(
    inOrder.filter(({ decision }) => !decision),
    ({ keys, at }) => ownerOf(keys, at),
  );
  const leads = [...new Set([...members.keys(), ...factsByLead.keys()])].map((leadId) => {
    const keys = (members.get(leadId) ?? []).map(({ key }) => key);
    const named = (members.get(leadId) ?? []).filter(({ key }) => !isAnonymous(key));
    const isOwn = (key: IdentityKey): boolean => leadByKey.get(key) === leadId;
    const claims = (factsByLead.get(leadId) ?? []).reduce(
      (names, { claimRank: rank, ...fact }) =>
        rank === undefined ? names : addNameClaim(names, { ...fact, rank }, isOwn, domainOf),
      {},
    );
    return {
      leadId,
      keys,
      names: namesOf(named, claims, domainOf),
      latest: (factsByLead.get(leadId) ?? []).reduce(mergeFact, NO_VALUES),
    };
  });
  return { leads, links, ownerOf, linkedBy };
}

/** What the facts are bound to name. */
function sure<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a fact without keys');
  return value;
}

function firstSeen(facts: readonly IdentityFact[]): Map<IdentityKey, Seen> {
  const seen = new Map<IdentityKey, Seen>();
  for (const { keys, at, id } of facts) {
    for (const key of keys) if (!seen.has(key)) seen.set(key, { key, firstSeen: { at, id } });
  }
  return seen;
}

interface Pair {
  readonly key: IdentityKey;
  readonly otherKey: IdentityKey;
  server: Stamp | undefined;
  public: PublicClaim | undefined;
}

const pairFact = ({ key, otherKey, stamp }: Pick<ResolvedLink, 'key' | 'otherKey' | 'stamp'>) => ({
  ...stamp,
  key,
  otherKey,
});

/** The main key of an event with each other key it names: the links, and which of them join known keys. */
function claimedLinks(
  facts: readonly IdentityFact[],
  firstSeen: (key: IdentityKey) => Stamp | undefined,
): { claimed: ResolvedLink[]; joins: ResolvedLink[] } {
  const claimed: ResolvedLink[] = [];
  const joins: ResolvedLink[] = [];
  for (const { key, otherKey, server, public: claim } of pairsNamed(facts)) {
    const isJoined = claim && isJoinedBy(claim, key, otherKey, firstSeen);
    for (const link of linksBetween(server, claim && { ...claim, joins: isJoined === true }))
      claimed.push({ key, otherKey, ...link });
    for (const stamp of [server, isJoined ? claim : undefined])
      if (stamp && !isAnonymous(otherKey)) joins.push({ key, otherKey, kind: 'claimed', stamp });
  }
  return { claimed, joins };
}

/** Of several events that name a pair of keys the first; by a public write key known keys are named apart. */
function pairsNamed(facts: readonly IdentityFact[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const { keys, at, id, decision, keyScope } of facts) {
    const key = mainKey(keys);
    if (decision || key === undefined) continue;
    const others = [...new Set(keys)].filter((other) => other !== key && !isAnonymous(other));
    for (const otherKey of new Set(keys)) {
      if (otherKey === key) continue;
      const name = `${key}\0${otherKey}`;
      const pair = pairs.get(name) ?? { key, otherKey, server: undefined, public: undefined };
      if (keyScope === 'public' && !isAnonymous(otherKey)) pair.public ??= { at, id, others };
      else pair.server ??= { at, id };
      pairs.set(name, pair);
    }
  }
  return [...pairs.values()];
}

/** Of several decisions about a pair the last. */
function decidedLinks(facts: readonly IdentityFact[]): ResolvedLink[] {
  const links = new Map<string, ResolvedLink>();
  for (const { keys, at, id, decision } of facts) {
    const [one, two] = keys;
    if (!decision || one === undefined || two === undefined) continue;
    const [key, otherKey] = pairOf(one, two);
    links.set(`${key}\0${otherKey}`, { key, otherKey, kind: decision, stamp: { at, id } });
  }
  return [...links.values()];
}

function claimsByKey(facts: readonly IdentityFact[]): Map<IdentityKey, Claim[]> {
  const claims = new Map<IdentityKey, Claim[]>();
  for (const { keys, at, id, decision } of facts) {
    const known = mainKey(keys);
    if (decision || known === undefined || isAnonymous(known)) continue;
    for (const key of new Set(keys.filter(isAnonymous))) {
      claims.set(key, [...(claims.get(key) ?? []), { at, id, known }]);
    }
  }
  return claims;
}

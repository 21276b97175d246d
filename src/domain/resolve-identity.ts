import {
  connected,
  earlier,
  isAnonymous,
  leadIdOf,
  mainKey,
  pairOf,
  seenBefore,
  type IdentityKey,
  type Stamp,
} from './identity.js';
import {
  hear,
  namesOf,
  NOTHING_SAID,
  type DomainOf,
  type Names,
  type Saying,
  type Sayings,
} from './profile.js';

/** What one event says about who is who: keys named together (a touchpoint, a claim), or a decision about two keys. */
export interface IdentityFact extends Saying {
  readonly keys: readonly IdentityKey[];
  readonly decision?: 'merged' | 'split';
}

export interface ResolvedLead {
  readonly leadId: string;
  /** Known keys, and the anonymous keys whose latest owner it is. */
  readonly keys: readonly IdentityKey[];
  readonly names: Names;
  readonly said: Sayings;
}

export interface ResolvedLink {
  readonly key: IdentityKey;
  readonly otherKey: IdentityKey;
  readonly kind: 'claimed' | 'merged' | 'split';
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
 * Who is who, from the whole set of facts of one workspace at once, whatever their order: the meaning of §6, which
 * the journey projection must come to event by event.
 */
export function resolveIdentity(
  workspace: string,
  facts: readonly IdentityFact[],
  domainOf: DomainOf,
): ResolvedIdentity {
  const inOrder = facts.toSorted((a, b) => (earlier(a, b) ? -1 : 1));
  const seen = firstSeen(inOrder);
  const links = [...claimedLinks(inOrder), ...decidedLinks(inOrder)];
  const leadByKey = new Map<IdentityKey, string>();
  const known = [...seen.keys()].filter((key) => !isAnonymous(key));
  for (const group of connected(known, joins(links))) {
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
  const said = Map.groupBy(
    inOrder.filter(({ decision }) => !decision),
    ({ keys, at }) => ownerOf(keys, at),
  );
  const leads = [...new Set([...members.keys(), ...said.keys()])].map((leadId) => {
    const keys = (members.get(leadId) ?? []).map(({ key }) => key);
    const named = (members.get(leadId) ?? []).filter(({ key }) => !isAnonymous(key));
    return {
      leadId,
      keys,
      names: namesOf(named, domainOf),
      said: (said.get(leadId) ?? []).reduce(hear, NOTHING_SAID),
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

/** The main key of an event with each other key it names; of several events with one pair the first. */
function claimedLinks(facts: readonly IdentityFact[]): ResolvedLink[] {
  const links = new Map<string, ResolvedLink>();
  for (const { keys, at, id, decision } of facts) {
    const key = mainKey(keys);
    if (decision || key === undefined) continue;
    for (const otherKey of keys) {
      const pair = `${key}\0${otherKey}`;
      if (otherKey !== key && !links.has(pair))
        links.set(pair, { key, otherKey, kind: 'claimed', stamp: { at, id } });
    }
  }
  return [...links.values()];
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

const joins = (links: readonly ResolvedLink[]): (readonly [IdentityKey, IdentityKey])[] =>
  links.filter(({ kind }) => kind !== 'split').map(({ key, otherKey }) => [key, otherKey]);

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

import { earlier, keyValue, seenBefore, type IdentityKey, type Stamp } from './identity/keys.js';

/** Whose word names a lead: the CRM's counts before a server's, a server's before that of a public write key. */
export const CLAIM_RANKS = { crm: 3, server: 2, public: 1 } as const;
export type ClaimRank = (typeof CLAIM_RANKS)[keyof typeof CLAIM_RANKS];

/** An event that says by which address or user id a person goes. */
export interface NameClaim extends Stamp {
  readonly keys: readonly IdentityKey[];
  readonly rank: ClaimRank;
}

/** A key with the claim that counts most: of the highest rank, and of these the latest. */
type ClaimedKey = readonly [key: IdentityKey, rank: ClaimRank, at: number, id: string];

export interface ClaimedNames {
  readonly email?: ClaimedKey;
  /** The e-mail address of a company. */
  readonly company?: ClaimedKey;
  readonly user?: ClaimedKey;
}

/** Who a lead is by its known keys. */
export interface Names {
  readonly email: string | null;
  /** Registrable domain of the address that decides the account; null: it has none of a company. */
  readonly emailDomain: string | null;
  /** The event that named this address first. */
  readonly domainEventId: string | null;
  readonly userId: string | null;
  /** When a known key of it was first seen, ms. */
  readonly knownAt: number | null;
  readonly claimed: ClaimedNames;
}

export const NO_NAMES: Names = {
  email: null,
  emailDomain: null,
  domainEventId: null,
  userId: null,
  knownAt: null,
  claimed: {},
};

/** Registrable domain of an e-mail address, undefined for free-mail and what has none. */
export type DomainOf = (email: string) => string | undefined;

/**
 * Adds a claim. The same object comes back when it names nothing later than what is known.
 *
 * @param isOwn whether the key belongs to the lead: a refused claim may have a key of another lead
 */
export function addNameClaim(
  before: ClaimedNames,
  { keys, rank, at, id }: NameClaim,
  isOwn: (key: IdentityKey) => boolean,
  domainOf: DomainOf,
): ClaimedNames {
  let names = before;
  for (const key of keys) {
    for (const kind of kindsOf(key, domainOf)) {
      if (takesPrecedence(names[kind], rank, { at, id }) && isOwn(key))
        names = { ...names, [kind]: [key, rank, at, id] };
    }
  }
  return names;
}

function kindsOf(key: IdentityKey, domainOf: DomainOf): readonly (keyof ClaimedNames)[] {
  if (key.startsWith('user:')) return ['user'];
  if (!key.startsWith('email:')) return [];
  return domainOf(keyValue(key)) === undefined ? ['email'] : ['email', 'company'];
}

/** Of keys that one event names the first stays. */
function takesPrecedence(before: ClaimedKey | undefined, rank: ClaimRank, stamp: Stamp): boolean {
  if (!before) return true;
  const [, beforeRank, at, id] = before;
  return rank > beforeRank || (rank === beforeRank && earlier({ at, id }, stamp));
}

interface SeenKey {
  readonly key: IdentityKey;
  readonly firstSeen: Stamp;
}

/** The names by all known keys of a lead: the latest claimed of each kind, else the first seen. */
export function namesOf(known: readonly SeenKey[], claimed: ClaimedNames, domainOf: DomainOf): Names {
  const inOrder = known.toSorted((a, b) => (seenBefore(a, b) ? -1 : 1));
  const first = (kind: keyof ClaimedNames): IdentityKey | undefined =>
    inOrder.find(({ key }) => kindsOf(key, domainOf).includes(kind))?.key;
  const company = claimed.company?.[0] ?? first('company');
  const domainEventId = inOrder.find(({ key }) => key === company)?.firstSeen.id ?? null;
  const knownAt = inOrder[0]?.firstSeen.at ?? null;
  return {
    ...displayedNames(claimed.email?.[0] ?? first('email'), claimed.user?.[0] ?? first('user')),
    ...accountDomain(company, domainEventId, domainOf),
    knownAt,
    claimed,
  };
}

/** The names after a claim by keys that were the lead's before. @param firstSeen of its keys */
export function updateNames(
  before: Names,
  claimed: ClaimedNames,
  firstSeen: (key: IdentityKey) => Stamp | undefined,
  domainOf: DomainOf,
): Names {
  const company = claimed.company?.[0];
  const isSame = company === before.claimed.company?.[0];
  return {
    ...before,
    ...displayedNames(
      claimed.email?.[0] ?? (before.email === null ? undefined : `email:${before.email}`),
      claimed.user?.[0] ?? (before.userId === null ? undefined : `user:${before.userId}`),
    ),
    ...(company !== undefined && !isSame && accountDomain(company, firstSeen(company)?.id ?? null, domainOf)),
    claimed,
  };
}

const displayedNames = (email: IdentityKey | undefined, user: IdentityKey | undefined) => ({
  email: email === undefined ? null : keyValue(email),
  userId: user === undefined ? null : keyValue(user),
});

const accountDomain = (
  company: IdentityKey | undefined,
  domainEventId: string | null,
  domainOf: DomainOf,
) => ({
  emailDomain: (company !== undefined && domainOf(keyValue(company))) || null,
  domainEventId,
});

/** Whether both name the lead the same way, whatever claims are behind them. */
export const sameNames = (a: Names, b: Names): boolean =>
  a.email === b.email &&
  a.emailDomain === b.emailDomain &&
  a.domainEventId === b.domainEventId &&
  a.userId === b.userId &&
  a.knownAt === b.knownAt;

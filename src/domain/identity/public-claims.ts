import { earlier, type IdentityKey, type Stamp } from './keys.js';

/** An event that arrived with a public write key and names known keys together. */
export interface PublicClaim extends Stamp {
  /** The known keys it names beside its main key, in its order. */
  readonly others: readonly IdentityKey[];
}

/**
 * Whether a public claim joins one of the other keys to its main key. It may introduce a new person, but
 * never joins two keys that events before it named: a main key that is new joins the first of the others that is not.
 */
export function isJoinedBy(
  claim: PublicClaim,
  main: IdentityKey,
  other: IdentityKey,
  firstSeen: (key: IdentityKey) => Stamp | undefined,
): boolean {
  const isNew = (key: IdentityKey): boolean => {
    const seen = firstSeen(key);
    return !seen || !earlier(seen, claim);
  };
  if (isNew(other)) return true;
  return isNew(main) && claim.others.find((key) => !isNew(key)) === other;
}

/** One row of what links two keys. */
export interface Link {
  readonly kind: 'claimed' | 'refused';
  readonly stamp: Stamp;
}

/** The first claim that joins two keys; and the first public one when it does not. */
export function linksBetween(
  server: Stamp | undefined,
  claimed: (PublicClaim & { readonly joins: boolean }) | undefined,
): Link[] {
  const joining = [server, claimed?.joins ? claimed : undefined].filter((stamp) => stamp !== undefined);
  const first = joining.reduce<Stamp | undefined>((a, b) => (a && earlier(a, b) ? a : b), undefined);
  const stampOf = ({ at, id }: Stamp): Stamp => ({ at, id });
  return [
    ...(first ? [{ kind: 'claimed' as const, stamp: stampOf(first) }] : []),
    ...(claimed && !claimed.joins ? [{ kind: 'refused' as const, stamp: stampOf(claimed) }] : []),
  ];
}

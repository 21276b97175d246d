import { earlier, isAnonymous, mainKey, type IdentityKey } from './keys.js';
import type { Draft } from './draft.js';
import type { IdentityFact } from './fact.js';
import type { DecisionStep } from './identity-index.js';
import type { PublicLink } from './key-state.js';
import { isJoinedBy } from './public-claims.js';

/**
 * Notes when the keys of a fact were seen and what they were named with.
 *
 * @returns known keys whose leads may have to be resolved again
 */
export function* linkKeys(draft: Draft, fact: IdentityFact): DecisionStep<readonly IdentityKey[]> {
  const seen = recordFirstSeen(draft, fact);
  const pairs = seen.length > 0 ? yield* publicPairsOf(draft, seen) : [];
  const publiclyLinked = pairs.filter((pair) => reevaluate(draft, pair)).map(({ key }) => key);
  return [...new Set([...seen, ...publiclyLinked, ...claimKeys(draft, fact), ...decidePair(draft, fact)])];
}

/** @returns the known keys that no earlier fact named */
function recordFirstSeen(draft: Draft, { keys, at, id }: IdentityFact): IdentityKey[] {
  const isFirst = (key: IdentityKey): boolean => {
    const { firstSeen } = draft.key(key);
    return !firstSeen || earlier({ at, id }, firstSeen);
  };
  const first = keys.filter(isFirst);
  for (const key of first) draft.move({ type: 'key-seen', key, firstSeen: { at, id } });
  return first.filter((key) => !isAnonymous(key));
}

/** A known key and the main key of a public claim that named it. */
interface PublicPair {
  readonly key: IdentityKey;
  readonly mainKey: IdentityKey;
}

/** The pairs of all public claims that name one of the keys: whether they join depends on when it was first seen. */
function* publicPairsOf(draft: Draft, keys: readonly IdentityKey[]): DecisionStep<PublicPair[]> {
  const pairs = new Map<string, PublicPair>();
  for (const key of keys) {
    const claims = yield* publicClaimsOf(draft, key);
    yield* draft.loadKeys(claims.flatMap(({ mainKey: main, link }) => [main, ...link.others]));
    for (const { mainKey: main, link } of claims) {
      for (const other of link.others) {
        // An earlier claim that made the pair names the key neither as main key nor beside it.
        const isSame = draft.key(other).publicLinks.get(main)?.id === link.id;
        if (isSame) pairs.set(`${main}\0${other}`, { key: other, mainKey: main });
      }
    }
  }
  return [...pairs.values()];
}

interface PublicClaimBy {
  readonly mainKey: IdentityKey;
  readonly link: PublicLink;
}

/** The public claims that a key has a part in: beside a main key, and as the main key. */
function* publicClaimsOf(draft: Draft, key: IdentityKey): DecisionStep<PublicClaimBy[]> {
  const { publicLinks, publicOthers } = draft.key(key);
  const others = [...publicOthers.keys()];
  yield* draft.loadKeys(others);
  const beside = [...publicLinks].map(([main, link]) => ({ mainKey: main, link }));
  const asMain = others.flatMap((other) => {
    const link = draft.key(other).publicLinks.get(key);
    return link ? [{ mainKey: key, link }] : [];
  });
  return [...beside, ...asMain];
}

/** Works out again whether a public claim joins two keys. @returns whether that changed */
function reevaluate(draft: Draft, { key, mainKey: main }: PublicPair): boolean {
  const claim = draft.key(key).publicLinks.get(main);
  if (!claim) return false;
  const joins = isJoinedBy(claim, main, key, (each) => draft.key(each).firstSeen);
  if (joins === claim.joins) return false;
  draft.move({ type: 'keys-linked-publicly', key, mainKey: main, link: { ...claim, joins } });
  return true;
}

/** Links the keys of a fact to its main key. @returns known keys that are joined to it otherwise than before */
function claimKeys(draft: Draft, fact: IdentityFact): IdentityKey[] {
  const main = mainKey(fact.keys);
  if (fact.decision || main === undefined || fact.keys.length < 2) return [];
  const others = fact.keys.filter((key) => key !== main);
  if (fact.keyScope !== 'public')
    return others.filter((key) => claimPair(draft, fact, { key, mainKey: main }));
  const known = others.filter((key) => !isAnonymous(key));
  for (const key of others) if (isAnonymous(key)) claimPair(draft, fact, { key, mainKey: main });
  return known.filter((key) => claimPairPublicly(draft, fact, { key, mainKey: main }, known));
}

/** @returns whether a known key is joined to the main key for the first time, or from an earlier time on */
function claimPair(draft: Draft, { at, id }: IdentityFact, { key, mainKey: main }: PublicPair): boolean {
  const before = draft.key(key).links.get(main);
  if (before && !earlier({ at, id }, before)) return false;
  draft.move({ type: 'keys-linked', key, mainKey: main, stamp: { at, id } });
  return !isAnonymous(key);
}

function claimPairPublicly(
  draft: Draft,
  { at, id }: IdentityFact,
  { key, mainKey: main }: PublicPair,
  others: readonly IdentityKey[],
): boolean {
  const before = draft.key(key).publicLinks.get(main);
  if (before && !earlier({ at, id }, before)) return false;
  const claim = { at, id, others };
  const joins = isJoinedBy(claim, main, key, (each) => draft.key(each).firstSeen);
  draft.move({ type: 'public-link-noted', key: main, otherKey: key });
  draft.move({ type: 'keys-linked-publicly', key, mainKey: main, link: { ...claim, joins } });
  return joins || before?.joins === true;
}

/** Notes a decision about a pair. @returns its keys, if no later decision is known */
function decidePair(draft: Draft, { decision: kind, keys, at, id }: IdentityFact): readonly IdentityKey[] {
  const [one, two] = keys;
  if (!kind || one === undefined || two === undefined) return [];
  const before = draft.key(one).decisions.get(two);
  if (before && earlier({ at, id }, before)) return [];
  const decision = { at, id, kind };
  draft.move({ type: 'pair-decided', key: one, otherKey: two, decision });
  draft.move({ type: 'pair-decided', key: two, otherKey: one, decision });
  return [one, two];
}

import { connected, earlier, type IdentityKey, type Stamp } from './keys.js';

/** An event says that two known keys are one person, or that they are not. */
export interface PairFact extends Stamp {
  readonly key: IdentityKey;
  readonly otherKey: IdentityKey;
}

/**
 * Groups known keys into people, in the order of time. A join makes one group of two. A split of two keys that are in
 * one group undoes the join that made one of theirs: each key stays with the keys it was joined with otherwise, and
 * every earlier join between the two sides is void. A later join may make them one again.
 */
export function groupKeys(
  keys: readonly IdentityKey[],
  joins: readonly PairFact[],
  splits: readonly PairFact[],
): IdentityKey[][] {
  const pairs = (facts: readonly PairFact[]) =>
    facts.map(({ key, otherKey }): readonly [IdentityKey, IdentityKey] => [key, otherKey]);
  if (splits.length === 0) return connected(keys, pairs(joins));
  const known = new Set(keys);
  const steps = [
    ...joins.map((fact) => ({ ...fact, splits: false })),
    ...splits.map((fact) => ({ ...fact, splits: true })),
  ].filter(({ key, otherKey }) => known.has(key) && known.has(otherKey));
  let standing: PairFact[] = [];
  for (const step of steps.sort(inOrder)) {
    standing = step.splits ? withoutJoin(standing, step) : [...standing, step];
  }
  return connected(keys, pairs(standing));
}

/** One event may join several pairs: they count in the order of their keys. */
function inOrder(a: PairFact, b: PairFact): number {
  if (a.id !== b.id) return earlier(a, b) ? -1 : 1;
  return a.key < b.key || (a.key === b.key && a.otherKey < b.otherKey) ? -1 : 1;
}

/** @param joins in order @returns those that stay when the two keys are parted */
function withoutJoin(joins: PairFact[], { key, otherKey }: PairFact): PairFact[] {
  const tree = treeOf(joins);
  const last = pathBetween(tree, key, otherKey)?.reduce((a, b) => (inOrder(a, b) < 0 ? b : a));
  if (!last) return joins;
  const kept = tree.filter((join) => join !== last);
  const side = reachedFrom(kept, key);
  const other = reachedFrom(kept, otherKey);
  const crosses = (a: IdentityKey, b: IdentityKey): boolean =>
    (side.has(a) && other.has(b)) || (side.has(b) && other.has(a));
  return joins.filter((join) => !crosses(join.key, join.otherKey));
}

/** The joins that made one group of two; the others said nothing new. */
function treeOf(joins: readonly PairFact[]): PairFact[] {
  const parents = new Map<IdentityKey, IdentityKey>();
  const root = (key: IdentityKey): IdentityKey => {
    let at = key;
    for (let up = parents.get(at); up !== undefined; up = parents.get(at)) at = up;
    return at;
  };
  return joins.filter(({ key, otherKey }) => {
    const [one, two] = [root(key), root(otherKey)];
    if (one !== two) parents.set(two, one);
    return one !== two;
  });
}

type Neighbours = Map<IdentityKey, (readonly [IdentityKey, PairFact])[]>;

function neighboursOf(joins: readonly PairFact[]): Neighbours {
  const neighbours: Neighbours = new Map();
  const add = (from: IdentityKey, to: IdentityKey, join: PairFact): void => {
    const all = neighbours.get(from);
    if (all) all.push([to, join]);
    else neighbours.set(from, [[to, join]]);
  };
  for (const join of joins) {
    add(join.key, join.otherKey, join);
    add(join.otherKey, join.key, join);
  }
  return neighbours;
}

function pathBetween(tree: readonly PairFact[], from: IdentityKey, to: IdentityKey): PairFact[] | undefined {
  const neighbours = neighboursOf(tree);
  const cameBy = new Map<IdentityKey, readonly [IdentityKey, PairFact] | undefined>([[from, undefined]]);
  const open = [from];
  for (let at = open.pop(); at !== undefined && !cameBy.has(to); at = open.pop()) {
    for (const [next, join] of neighbours.get(at) ?? []) {
      if (cameBy.has(next)) continue;
      cameBy.set(next, [at, join]);
      open.push(next);
    }
  }
  if (!cameBy.has(to)) return undefined;
  const path: PairFact[] = [];
  for (let step = cameBy.get(to); step !== undefined; step = cameBy.get(step[0])) path.push(step[1]);
  return path;
}

function reachedFrom(joins: readonly PairFact[], from: IdentityKey): Set<IdentityKey> {
  const neighbours = neighboursOf(joins);
  const reached = new Set([from]);
  for (const at of reached) for (const [next] of neighbours.get(at) ?? []) reached.add(next);
  return reached;
}

/** An immutable map. Maps created by `withEntry` share its entries. */
export interface PersistentMap<K, V> extends Iterable<readonly [K, V]> {
  readonly size: number;
  get(key: K): V | undefined;
  keys(): Iterable<K>;
}

/** Up to this size a copy is cheap. */
const SMALL = 64;

/**
 * The map with one more entry, or with another value of a key. A device that thousands of people share has as many links:
 * a copy for each of them would cost the square of their number, so a few entries stand beside a large map until they are
 * as many as its square root.
 */
export function withEntry<K, V>(map: PersistentMap<K, V>, key: K, value: V): PersistentMap<K, V> {
  const { base, added } =
    map instanceof ExtendedMap ? (map as ExtendedMap<K, V>) : { base: map, added: undefined };
  const more = new Map(added).set(key, value);
  return base.size < SMALL || more.size ** 2 > base.size
    ? new Map([...base, ...more])
    : new ExtendedMap(base, more);
}

class ExtendedMap<K, V> implements PersistentMap<K, V> {
  readonly size: number;

  constructor(
    readonly base: PersistentMap<K, V>,
    readonly added: ReadonlyMap<K, V>,
  ) {
    const others = [...added.keys()].filter((key) => base.get(key) === undefined);
    this.size = base.size + others.length;
  }

  get(key: K): V | undefined {
    return this.added.get(key) ?? this.base.get(key);
  }

  *keys(): Generator<K> {
    for (const [key] of this) yield key;
  }

  *[Symbol.iterator](): Generator<readonly [K, V]> {
    for (const entry of this.base) if (!this.added.has(entry[0])) yield entry;
    yield* this.added;
  }
}

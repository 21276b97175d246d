import { LRUCache } from 'lru-cache';

/** In UTF-16 units: results of longer keys are not kept, so that a full cache stays within some MB. */
const LONGEST_KEY = 512;

/**
 * The same function, keeping the results of the `max` most recently used keys: a site has few addresses and browsers, an
 * attacker as many as he likes. An undefined result is not kept.
 */
export function memoize<Result, Key extends string | number = string>(
  max: number,
  compute: (key: Key) => Result,
  longestKey = LONGEST_KEY,
): (key: Key) => Result {
  const results = new LRUCache<Key, Result & {}>({ max });
  return (key) => {
    const known = results.get(key);
    if (known !== undefined) return known;
    const result = compute(key);
    const fits = typeof key === 'number' || key.length <= longestKey;
    if (fits && result !== undefined && result !== null) results.set(key, result);
    return result;
  };
}

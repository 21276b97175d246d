/** In UTF-16 units: longer keys are made anew each time, so that a full memory stays within some MB. */
const LONGEST = 512;

/**
 * The same function, with the answers of the last keys at hand. When `limit` keys are known it forgets them all: a site
 * has few addresses and browsers, an attacker as many as he likes.
 */
export function remembered<T>(
  limit: number,
  make: (key: string) => T,
  longest = LONGEST,
): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make(key);
    if (known.size >= limit) known.clear();
    if (key.length <= longest) known.set(key, made);
    return made;
  };
}

import { earlier, isAnonymous, mainKey, type IdentityKey, type Stamp } from '../../domain/identity.js';
import type { KeyRecord, Run } from './records.js';

/**
 * What a claim did to an anonymous key.
 * - `none`: it was the claimer's already at that time
 * - `first`: nobody had claimed it
 * - `append`: the claimer owns it from now on; nothing that is known happened since
 * - `front`: the claimer was first; what the key did before is the claimer's
 * - `unclear`: the claim falls among others; they have to be read again
 */
export type Effect = 'none' | 'first' | 'append' | 'front' | 'unclear';

export interface Claimers {
  ofOneLead(a: IdentityKey, b: IdentityKey): boolean;
  /** The last fact of the lead that a key means. */
  lastFact(key: IdentityKey): Stamp | undefined;
}

/** Notes that `main` claimed the key. The runs are right afterwards, unless the effect is `unclear`. */
export function claim(record: KeyRecord, stamp: Stamp, main: IdentityKey, claimers: Claimers): Effect {
  const run: Run = { key: main, at: stamp.at, id: stamp.id };
  const first = record.runs[0];
  if (!first) return begin(record, [run], 'first');
  if (earlier(stamp, first)) {
    const same = claimers.ofOneLead(first.key, main);
    return same
      ? begin(record, [{ ...run, key: first.key }, ...record.runs.slice(1)], 'none')
      : begin(record, [run, ...record.runs], 'front');
  }
  const at = record.runs.findLastIndex((each) => !earlier(stamp, each));
  const running = record.runs[at] ?? first;
  if (claimers.ofOneLead(running.key, main)) return 'none';
  const last = claimers.lastFact(running.key);
  const newest = at === record.runs.length - 1 && (!last || last.at < stamp.at);
  return newest ? begin(record, [...record.runs, run], 'append') : 'unclear';
}

function begin(record: KeyRecord, runs: Run[], effect: Effect): Effect {
  record.runs = runs;
  record.markChanged();
  return effect;
}

/** The runs of an anonymous key from all facts that name it. */
export function runsFrom(
  key: IdentityKey,
  facts: readonly (Stamp & { readonly keys: readonly IdentityKey[] })[],
  claimers: Claimers,
): Run[] {
  const claims = facts
    .filter(({ keys }) => keys.includes(key))
    .map(({ at, id, keys }) => ({ at, id, key: mainKey(keys) }))
    .filter((each): each is Run => each.key !== undefined && !isAnonymous(each.key))
    .sort((a, b) => (earlier(a, b) ? -1 : 1));
  const runs: Run[] = [];
  for (const each of claims) {
    const running = runs.at(-1);
    if (!running || !claimers.ofOneLead(running.key, each.key)) runs.push(each);
  }
  return runs;
}

/** Whose the anonymous key was at a time: the last claimer's at or before it, else the first claimer's. */
export function runAt({ runs }: KeyRecord, at: number): Run | undefined {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((runs[middle]?.at ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return runs[low - 1] ?? runs[0];
}

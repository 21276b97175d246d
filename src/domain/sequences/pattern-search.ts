import type { Journeys } from './journeys.js';

/** An ordered sequence of items, and the journeys that have it: other steps may lie between its own. */
export interface Pattern {
  readonly items: readonly number[];
  /** Journeys with the sequence, each counted once. */
  readonly support: number;
  /** Of these, those that converted. */
  readonly converted: number;
  /** What these brought together, in minor units. */
  readonly value: bigint;
}

export interface SearchLimits {
  /** Journeys that a sequence must be in. */
  readonly minSupport: number;
  /** Steps that may be read; a level that needs more is given up. */
  readonly maxSteps: number;
}

/** Values are added up as two numbers of 32 bits each, exactly for up to two million journeys, and faster than as bigints. */
const LOW = 2n ** 32n;
const lowOf = (value: bigint): number => Number(BigInt.asUintN(32, value));
const highOf = (value: bigint): number => Number((value - BigInt(lowOf(value))) / LOW);

/** What items and sequences cost beside the steps that are read to find them: in the same time so many more could be read. */
const STEPS_AN_ITEM = 4;
const STEPS_A_SEQUENCE = 64;

/** For each journey with a prefix, where the rest of the journey begins: indexes of journeys and of steps. */
interface Projection {
  journeys: Int32Array;
  steps: Int32Array;
}

/**
 * Finds frequent sequences by PrefixSpan with pseudo-projection: J. Pei, J. Han, B. Mortazavi-Asl, J. Wang, H. Pinto, Q. Chen,
 * U. Dayal and M.-C. Hsu, "Mining sequential patterns by pattern-growth: the PrefixSpan approach", IEEE Transactions on Knowledge and
 * Data Engineering 16 (2004), 1424–1440. Every sequence that begins with a prefix lies in what follows the first occurrence of the prefix
 * in a journey, so that only a place in the journey is kept.
 */
export class PatternSearch {
  private stepsLeft: number;
  private stamp = 0;
  private readonly seen: Int32Array;
  private readonly support: Float64Array;
  private readonly converted: Float64Array;
  private readonly high: Float64Array;
  private readonly low: Float64Array;
  /** Where the next journey of an item goes in the projection that is written; -1: the item is not frequent. */
  private readonly target: Int32Array;
  private readonly valueHigh: Float64Array;
  private readonly valueLow: Float64Array;
  /** By the length of the prefix, reused for all prefixes of that length. */
  private readonly projections: Projection[] = [];

  constructor(
    private readonly journeys: Journeys,
    private readonly limits: SearchLimits,
  ) {
    const { itemCount, values } = journeys;
    this.stepsLeft = limits.maxSteps;
    this.seen = new Int32Array(itemCount);
    this.support = new Float64Array(itemCount);
    this.converted = new Float64Array(itemCount);
    this.high = new Float64Array(itemCount);
    this.low = new Float64Array(itemCount);
    this.target = new Int32Array(itemCount).fill(-1);
    this.valueHigh = Float64Array.from(values, highOf);
    this.valueLow = Float64Array.from(values, lowOf);
    const count = values.length;
    this.projections.push({
      journeys: Int32Array.from({ length: count }, (_, index) => index),
      steps: journeys.starts.slice(0, count),
    });
  }

  /**
   * Visits each frequent sequence of a length, in the order of its items.
   *
   * @returns false: the steps ran out before all of them were visited
   */
  visitLength(length: number, visit: (pattern: Pattern) => void): boolean {
    return this.grow([], { from: 0, to: this.journeys.values.length }, length, visit);
  }

  private grow(
    prefix: readonly number[],
    range: { readonly from: number; readonly to: number },
    length: number,
    visit: (pattern: Pattern) => void,
  ): boolean {
    const depth = prefix.length;
    const frequent = this.count(depth, range.from, range.to);
    if (depth + 1 === length) {
      for (const { item, ...counts } of frequent) visit({ items: [...prefix, item], ...counts });
      return this.stepsLeft >= 0;
    }
    if (this.stepsLeft < 0) return false;
    this.project(depth, range.from, range.to, frequent);
    let from = 0;
    for (const { item, support } of frequent) {
      if (!this.grow([...prefix, item], { from, to: from + support }, length, visit)) return false;
      from += support;
    }
    return true;
  }

  /** The frequent items of the projected journeys, each journey counted once for an item. */
  private count(depth: number, from: number, to: number): (Omit<Pattern, 'items'> & { item: number })[] {
    const { items, starts, converted } = this.journeys;
    const { journeys, steps } = this.projection(depth);
    const { seen } = this;
    const found: number[] = [];
    for (let at = from; at < to; at++) {
      const journey = journeys[at] ?? 0;
      const end = starts[journey + 1] ?? 0;
      const start = steps[at] ?? 0;
      const stamp = ++this.stamp;
      this.stepsLeft -= 1 + end - start;
      for (let step = start; step < end; step++) {
        const item = items[step] ?? 0;
        if (seen[item] === stamp) continue;
        seen[item] = stamp;
        if (this.support[item] === 0) found.push(item);
        this.add(item, journey, converted[journey] ?? 0);
      }
    }
    return this.frequentOf(Int32Array.from(found).sort());
  }

  private add(item: number, journey: number, converted: number): void {
    this.support[item] = (this.support[item] ?? 0) + 1;
    if (converted === 0) return;
    this.converted[item] = (this.converted[item] ?? 0) + 1;
    this.high[item] = (this.high[item] ?? 0) + (this.valueHigh[journey] ?? 0);
    this.low[item] = (this.low[item] ?? 0) + (this.valueLow[journey] ?? 0);
  }

  /** Reads the counters of items and clears them. */
  private frequentOf(found: Int32Array): (Omit<Pattern, 'items'> & { item: number })[] {
    const frequent = [];
    this.stepsLeft -= STEPS_AN_ITEM * found.length;
    for (const item of found) {
      const support = this.support[item] ?? 0;
      if (support >= this.limits.minSupport) {
        this.stepsLeft -= STEPS_A_SEQUENCE;
        const value = BigInt(this.high[item] ?? 0) * LOW + BigInt(this.low[item] ?? 0);
        frequent.push({ item, support, converted: this.converted[item] ?? 0, value });
      }
      this.support[item] = this.converted[item] = this.high[item] = this.low[item] = 0;
    }
    return frequent;
  }

  /** Writes the projections of all frequent items one after the other. */
  private project(
    depth: number,
    from: number,
    to: number,
    frequent: readonly { item: number; support: number }[],
  ): void {
    const { items, starts } = this.journeys;
    const { journeys, steps } = this.projection(depth);
    const { seen, target } = this;
    const next = this.room(depth + 1, this.reserve(frequent));
    for (let at = from; at < to; at++) {
      const journey = journeys[at] ?? 0;
      const end = starts[journey + 1] ?? 0;
      const stamp = ++this.stamp;
      for (let step = steps[at] ?? 0; step < end; step++) {
        const item = items[step] ?? 0;
        const place = target[item] ?? -1;
        if (place < 0 || seen[item] === stamp) continue;
        seen[item] = stamp;
        next.journeys[place] = journey;
        next.steps[place] = step + 1;
        target[item] = place + 1;
      }
    }
    for (const { item } of frequent) target[item] = -1;
  }

  private reserve(frequent: readonly { item: number; support: number }[]): number {
    let size = 0;
    for (const { item, support } of frequent) {
      this.target[item] = size;
      size += support;
    }
    return size;
  }

  private room(depth: number, size: number): Projection {
    const known = this.projections[depth];
    if (known && known.journeys.length >= size) return known;
    const length = Math.max(size, 2 * (known?.journeys.length ?? 0));
    const larger = { journeys: new Int32Array(length), steps: new Int32Array(length) };
    this.projections[depth] = larger;
    return larger;
  }

  private projection(depth: number): Projection {
    const known = this.projections[depth];
    if (!known) throw new RangeError(`no projection of prefixes of ${depth}`);
    return known;
  }
}

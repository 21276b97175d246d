const FIRST_SLOTS = 256;

/**
 * Numbers pairs of whole numbers from 0, in the order in which they first come. A hash table in typed arrays: a Map, whose keys would
 * have to be texts, takes some ten times as long.
 */
export class PairIndex {
  /** By number. */
  readonly firsts: number[] = [];
  readonly seconds: number[] = [];
  /** Numbers + 1; 0: free. */
  #slots = new Int32Array(FIRST_SLOTS);

  get size(): number {
    return this.firsts.length;
  }

  indexOf(first: number, second: number): number {
    const slot = this.#slotOf(first, second);
    const found = this.#slots[slot] ?? 0;
    if (found > 0) return found - 1;
    this.firsts.push(first);
    this.seconds.push(second);
    this.#slots[slot] = this.size;
    // At most half full, so that what is looked for lies in one of the first slots.
    if (this.size * 2 > this.#slots.length) this.#grow();
    return this.size - 1;
  }

  #slotOf(first: number, second: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashOf(first, second) & mask; ; slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] ?? 0) - 1;
      if (index < 0 || (this.firsts[index] === first && this.seconds[index] === second)) return slot;
    }
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let index = 0; index < this.size; index += 1)
      this.#slots[this.#slotOf(this.firsts[index] ?? 0, this.seconds[index] ?? 0)] = index + 1;
  }
}

/** The finalizer of MurmurHash3 over both numbers. */
function hashOf(first: number, second: number): number {
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

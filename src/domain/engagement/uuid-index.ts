const FIRST_SLOTS = 256;
const FIRST_IDS = 128;
/** Of 32 bits. */
export const UUID_WORDS = 4;

/** Numbers UUIDs, given as four words of 32 bits, from 0 in the order in which they first come. */
export class UuidIndex {
  #words = new Uint32Array(FIRST_IDS * UUID_WORDS);
  /** Numbers + 1; 0: free. */
  #slots = new Int32Array(FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#words.byteLength + this.#slots.byteLength;
  }

  /** Four words an id, by number. */
  get words(): Uint32Array {
    return this.#words;
  }

  indexOf(a: number, b: number, c: number, d: number): number {
    const slot = this.#slotOf(a, b, c, d);
    const found = this.#slots[slot] ?? 0;
    if (found > 0) return found - 1;
    this.#append(a, b, c, d);
    this.#slots[slot] = this.#size;
    if (this.#size * 2 > this.#slots.length) this.#growSlots();
    return this.#size - 1;
  }

  #slotOf(a: number, b: number, c: number, d: number): number {
    const mask = this.#slots.length - 1;
    const words = this.#words;
    // Ids may begin alike, as those that contain a time do.
    let hash = Math.imul(a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca6b) ^ d, 0xc2b2ae35);
    hash ^= hash >>> 15;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] ?? 0) - 1;
      if (index < 0) return slot;
      const at = index * UUID_WORDS;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return slot;
    }
  }

  #append(a: number, b: number, c: number, d: number): void {
    const at = this.#size * UUID_WORDS;
    if (at === this.#words.length) {
      const before = this.#words;
      this.#words = new Uint32Array(before.length * 2);
      this.#words.set(before);
    }
    this.#words[at] = a;
    this.#words[at + 1] = b;
    this.#words[at + 2] = c;
    this.#words[at + 3] = d;
    this.#size += 1;
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    const words = this.#words;
    for (let index = 0; index < this.#size; index += 1) {
      const at = index * UUID_WORDS;
      const slot = this.#slotOf(words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0);
      this.#slots[slot] = index + 1;
    }
  }
}

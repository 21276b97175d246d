const FIRST_SLOTS = 256;
const FIRST_BYTES = 1_024;

/**
 * Numbers values by their bytes, from 0 in the order in which they first come: of a million rows that have few distinct values no text
 * is made but those.
 */
export class TupleCodes {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #end = 0;
  /** By number: where it ends in the bytes, and its hash. */
  readonly #ends: number[] = [];
  readonly #hashes: number[] = [];
  /** Numbers + 1; 0: free. */
  #slots = new Int32Array(FIRST_SLOTS);

  get size(): number {
    return this.#ends.length;
  }

  get bytes(): number {
    return this.#bytes.length + this.#slots.byteLength + this.#ends.length * 16;
  }

  codeOf(bytes: Buffer, from: number, to: number): number {
    const hash = hashOf(bytes, from, to);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const code = (this.#slots[slot] ?? 0) - 1;
      if (code < 0) return this.#add(slot, hash, bytes.subarray(from, to));
      if (this.#hashes[code] === hash && this.#is(code, bytes, from, to)) return code;
    }
  }

  #is(code: number, bytes: Buffer, from: number, to: number): boolean {
    const start = code === 0 ? 0 : (this.#ends[code - 1] ?? 0);
    if ((this.#ends[code] ?? 0) - start !== to - from) return false;
    const own = this.#bytes;
    for (let at = from, other = start; at < to; at += 1, other += 1)
      if (bytes[at] !== own[other]) return false;
    return true;
  }

  #add(slot: number, hash: number, tuple: Buffer): number {
    while (this.#end + tuple.length > this.#bytes.length) {
      const before = this.#bytes;
      this.#bytes = Buffer.allocUnsafeSlow(before.length * 2);
      before.copy(this.#bytes);
    }
    tuple.copy(this.#bytes, this.#end);
    this.#end += tuple.length;
    this.#ends.push(this.#end);
    this.#hashes.push(hash);
    this.#slots[slot] = this.size;
    if (this.size * 2 > this.#slots.length) this.#grow();
    return this.size - 1;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (const [code, hash] of this.#hashes.entries()) {
      let slot = hash & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = code + 1;
    }
  }
}

function hashOf(bytes: Buffer, from: number, to: number): number {
  let hash = to - from;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    hash = Math.imul(hash ^ bytes.readInt32LE(at), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < to; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** Reads what `ByteWriter` writes. Whatever would go beyond the end is a RangeError. */
export class ByteReader {
  constructor(
    private readonly buffer: Buffer,
    private at = 0,
    private readonly end = buffer.length,
  ) {}

  /** Skips this number of bytes and returns a reader of them. */
  part(size: number): ByteReader {
    const from = this.#pass(size);
    return new ByteReader(this.buffer, from, this.at);
  }

  skip(size: number): void {
    this.#pass(size);
  }

  /** Zigzag and seven bits a byte, least significant first; exact up to 2^52. */
  varint(): number {
    const { buffer, end } = this;
    let value = 0;
    for (let unit = 1; this.at < end && unit < 2 ** 64; unit *= 128) {
      const byte = buffer[this.at++] ?? 0;
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    throw new RangeError('a number has no end');
  }

  /** The size first, -1 for null. */
  bytes(): Buffer | null {
    const size = this.varint();
    if (size === -1) return null;
    const from = this.#pass(size);
    return this.buffer.subarray(from, this.at);
  }

  /** UTF-8. */
  text(): string {
    const size = this.varint();
    const from = this.#pass(size);
    return this.buffer.toString('utf8', from, this.at);
  }

  /** @returns where they begin */
  #pass(size: number): number {
    const from = this.at;
    if (size < 0 || from + size > this.end) throw new RangeError(`there are no ${size} bytes more`);
    this.at += size;
    return from;
  }
}

/** Writes numbers as Kafka has them, most significant byte first, into a buffer of a size that is known beforehand. */
export class ByteWriter {
  readonly buffer: Buffer;
  /** How many bytes are written. */
  at = 0;

  constructor(size: number) {
    this.buffer = Buffer.allocUnsafe(size);
  }

  int8(value: number): this {
    this.at = this.buffer.writeInt8(value, this.at);
    return this;
  }

  int16(value: number): this {
    this.at = this.buffer.writeInt16BE(value, this.at);
    return this;
  }

  int32(value: number): this {
    this.at = this.buffer.writeInt32BE(value, this.at);
    return this;
  }

  int64(value: bigint): this {
    this.at = this.buffer.writeBigInt64BE(value, this.at);
    return this;
  }

  /** Zigzag and seven bits a byte, least significant first; exact up to 2^52. */
  varint(value: number): this {
    const { buffer } = this;
    let rest = zigzag(value);
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) buffer[this.at++] = (rest % 128) | 0x80;
    buffer[this.at++] = rest;
    return this;
  }

  /** UTF-8. */
  text(value: string): this {
    this.at += this.buffer.write(value, this.at);
    return this;
  }

  bytes(value: Buffer): this {
    this.at += value.copy(this.buffer, this.at);
    return this;
  }
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

/** Bytes that `ByteWriter.varint` takes for it. */
export function varintSize(value: number): number {
  let bytes = 1;
  for (let rest = zigzag(value); rest > 0x7f; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}

const FIRST_BYTES = 4096;
const DASH = 0x2d;

/** The value of a hexadecimal digit; negative: it is none. */
const DIGITS = new Int8Array(128).fill(-1);
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  DIGITS[digit.charCodeAt(0)] = value;
  DIGITS[digit.toUpperCase().charCodeAt(0)] = value;
}
const digitAt = (text: string, at: number): number => DIGITS[text.charCodeAt(at)] ?? -1;

/** Values in PostgreSQL's binary format, one after the other, in a buffer that grows. */
export class BinaryWriter {
  #bytes: Buffer;
  #end = 0;

  /** @param bytes expected in all; a buffer that has to grow is copied and leaves garbage */
  constructor(bytes = FIRST_BYTES) {
    this.#bytes = Buffer.allocUnsafe(Math.max(bytes, FIRST_BYTES));
  }

  get length(): number {
    return this.#end;
  }

  int16(value: number): void {
    this.#reserve(2);
    this.#end = this.#bytes.writeInt16BE(value, this.#end);
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#end = this.#bytes.writeInt32BE(value, this.#end);
  }

  int64(value: bigint): void {
    this.#reserve(8);
    this.#end = this.#bytes.writeBigInt64BE(value, this.#end);
  }

  /** An integer that a double holds exactly. */
  safeInteger(value: number): void {
    this.#reserve(8);
    const high = Math.floor(value / 2 ** 32);
    this.#end = this.#bytes.writeInt32BE(high, this.#end);
    this.#end = this.#bytes.writeUInt32BE(value - high * 2 ** 32, this.#end);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#end = this.#bytes.writeDoubleBE(value, this.#end);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#end++] = value;
  }

  bytes(value: Buffer): void {
    this.#reserve(value.length);
    value.copy(this.#bytes, this.#end);
    this.#end += value.length;
  }

  /** A text after its length in bytes. */
  text(value: string): void {
    this.#reserve(4 + value.length * 3);
    const length = this.#bytes.write(value, this.#end + 4, 'utf8');
    this.#bytes.writeInt32BE(length, this.#end);
    this.#end += 4 + length;
  }

  /** A text without its length. */
  utf8(value: string): void {
    this.#reserve(value.length * 3);
    this.#end += this.#bytes.write(value, this.#end, 'utf8');
  }

  /** A UUID, with dashes or without. @returns whether it is one; if not, half of it may be written */
  uuid(value: string): boolean {
    if (value.length !== 36 && value.length !== 32) return false;
    this.#reserve(18);
    const start = this.#end;
    for (let at = 0; at < value.length;) {
      if (value.charCodeAt(at) === DASH) at += 1;
      const byte = (digitAt(value, at) << 4) | digitAt(value, at + 1);
      if (byte < 0) return false;
      this.#bytes[this.#end++] = byte;
      at += 2;
    }
    return this.#end - start === 16;
  }

  /** Overwrites four bytes that were written before. */
  patchInt32(at: number, value: number): void {
    this.#bytes.writeInt32BE(value, at);
  }

  /** What was written. Write nothing more. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#bytes.length) return;
    const wider = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#end + bytes));
    this.#bytes.copy(wider, 0, 0, this.#end);
    this.#bytes = wider;
  }
}

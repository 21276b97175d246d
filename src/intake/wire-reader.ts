/** Bytes that are no Protobuf message of the kind that was expected. */
export class Unreadable extends Error {}

/** Messages within each other at most, as of Protobuf's own readers; a level of a Struct takes two or three. */
const DEPTH = 100;
/** Texts up to so many bytes are read byte by byte: a call into the decoder costs more than they do. */
const SHORT = 16;
const TWO_32 = 2 ** 32;

/**
 * Reads the wire format of Protobuf from a buffer, front to back:
 * `for (const end = reader.open(outer); reader.next(end); ) if (reader.tag === …) …; else reader.skip();`
 * Every method throws Unreadable at bytes that are none.
 */
export class WireReader {
  /** Of the field that `next` found: its number times 8 plus its wire type. */
  tag = 0;
  private pos = 0;
  private depth = 0;

  constructor(private readonly bytes: Buffer) {}

  /** Moves to the next field of the message that ends at `end`. False: there is none. */
  next(end: number): boolean {
    if (this.pos < end) {
      this.tag = this.uint32();
      if (this.tag < 8) throw new Unreadable('a field has the number 0');
      return true;
    }
    if (this.pos > end) throw new Unreadable('a field is longer than its message');
    this.depth -= 1;
    return false;
  }

  /** Begins the message that this field is, or the outermost one; returns where it ends. */
  open(): number {
    this.depth += 1;
    if (this.depth > DEPTH) throw new Unreadable(`messages lie within each other over ${DEPTH} deep`);
    return this.depth === 1 ? this.bytes.length : this.uint32() + this.pos;
  }

  /** An unsigned varint of at most 32 bits. */
  uint32(): number {
    const { bytes } = this;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[this.pos++];
      if (byte === undefined) throw new Unreadable('it breaks off in the middle');
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    return this.varint(28, value)[0];
  }

  /** A signed 64-bit varint, rounded to what a number holds. */
  int64(): number {
    const [low, high] = this.varint();
    return (high | 0) * TWO_32 + low;
  }

  double(): number {
    return this.bytes.readDoubleLE(this.advance(8));
  }

  /** Bytes that are not UTF-8 become U+FFFD, as in JSON. */
  text(): string {
    const { bytes } = this;
    const length = this.uint32();
    const start = this.advance(length);
    if (length > SHORT) return bytes.toString('utf8', start, this.pos);
    let text = '';
    for (let at = start; at < this.pos; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte > 127) return bytes.toString('utf8', start, this.pos);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** Passes over the field. */
  skip(): void {
    const wireType = this.tag & 7;
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.advance(8);
    else if (wireType === 2) this.advance(this.uint32());
    else if (wireType === 5) this.advance(4);
    else throw new Unreadable(`wire type ${wireType} is none of proto3`);
  }

  /** Moves on by so many bytes and returns where they begin. */
  private advance(count: number): number {
    const start = this.pos;
    this.pos += count;
    if (this.pos > this.bytes.length) throw new Unreadable('it breaks off in the middle');
    return start;
  }

  /** Low and high 32 bits, unsigned. @param low what the bits below `from` were */
  private varint(from = 0, low = 0): readonly [low: number, high: number] {
    let high = 0;
    for (let shift = from; shift < 70; shift += 7) {
      const byte = this.bytes[this.advance(1)] ?? 0;
      const bits = byte & 127;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high = bits >>> 4;
      if (shift > 28) high |= bits << (shift - 32);
      if (byte < 128) return [low >>> 0, high >>> 0];
    }
    throw new Unreadable('a varint is longer than ten bytes');
  }
}

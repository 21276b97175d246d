const OID = { bytea: 17, text: 25, uuid: 2950, int4: 23, int2: 21, timestamptz: 1184, json: 114 } as const;
const HEADER = 20;
const EPOCH_2000_MS = 946_684_800_000;

/** Where an array ended, to go back to. */
export interface ArrayMark {
  readonly count: number;
  readonly end: number;
}

/**
 * A one-dimensional PostgreSQL array in its binary form, ready to be a parameter: no escaping and no parsing, a third of
 * the cost of array literals. It grows as elements are added.
 */
export class ArrayWriter {
  #bytes: Buffer;
  #end = HEADER;
  #count = 0;
  #hasNull = 0;

  constructor(
    private readonly type: keyof typeof OID,
    bytes = 256,
  ) {
    this.#bytes = Buffer.allocUnsafe(HEADER + bytes);
  }

  get mark(): ArrayMark {
    return { count: this.#count, end: this.#end };
  }

  /** In bytes. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Takes off all elements; what `done` returned is overwritten by the next ones. */
  clear(): void {
    this.rewind({ count: 0, end: HEADER });
    this.#hasNull = 0;
  }

  /** Takes off the elements that were added since. */
  rewind({ count, end }: ArrayMark): void {
    this.#count = count;
    this.#end = end;
  }

  /** Adds elements `from` up to `to` of another array of this type. */
  copy(source: ArrayWriter, from: number, to: number): void {
    const start = source.#offsetOf(from);
    const end = source.#offsetOf(to, from, start);
    this.#reserve(end - start);
    source.#bytes.copy(this.#bytes, this.#end, start, end);
    this.#end += end - start;
    this.#count += to - from;
    this.#hasNull |= source.#hasNull;
  }

  null(): void {
    this.#reserve(4);
    this.#hasNull = 1;
    this.#count += 1;
    this.#end = this.#bytes.writeInt32BE(-1, this.#end);
  }

  text(value: string): void {
    this.#reserve(4 + value.length * 3);
    this.#count += 1;
    const length = this.#bytes.write(value, this.#end + 4, 'utf8');
    this.#bytes.writeInt32BE(length, this.#end);
    this.#end += 4 + length;
  }

  bytes(value: Buffer): void {
    this.#reserve(4 + value.length);
    this.#count += 1;
    this.#end = this.#bytes.writeInt32BE(value.length, this.#end);
    this.#end += value.copy(this.#bytes, this.#end);
  }

  uuid(value: string): void {
    this.#reserve(20);
    this.#count += 1;
    this.#end = this.#bytes.writeInt32BE(16, this.#end);
    this.#end += this.#bytes.write(value.replaceAll('-', ''), this.#end, 'hex');
  }

  int4(value: number): void {
    this.#reserve(8);
    this.#count += 1;
    this.#end = this.#bytes.writeInt32BE(value, this.#bytes.writeInt32BE(4, this.#end));
  }

  int2(value: number): void {
    this.#reserve(6);
    this.#count += 1;
    this.#end = this.#bytes.writeInt16BE(value, this.#bytes.writeInt32BE(2, this.#end));
  }

  /** Microseconds since 2000 in two halves; exact between the years 1714 and 2285, and by doubles beyond. */
  instant(value: Date): void {
    this.#reserve(12);
    this.#count += 1;
    const micros = (+value - EPOCH_2000_MS) * 1000;
    const high = Math.floor(micros / 2 ** 32);
    this.#end = this.#bytes.writeInt32BE(8, this.#end);
    this.#end = this.#bytes.writeInt32BE(high, this.#end);
    this.#end = this.#bytes.writeUInt32BE(micros - high * 2 ** 32, this.#end);
  }

  done(): Buffer {
    this.#bytes.writeInt32BE(1, 0); // dimensions
    this.#bytes.writeInt32BE(this.#hasNull, 4);
    this.#bytes.writeInt32BE(OID[this.type], 8);
    this.#bytes.writeInt32BE(this.#count, 12);
    this.#bytes.writeInt32BE(1, 16); // first subscript
    return this.#bytes.subarray(0, this.#end);
  }

  /** Every element is led by its length; -1 is NULL. @param element that begins at `offset` */
  #offsetOf(index: number, element = 0, offset = HEADER): number {
    if (index === this.#count) return this.#end;
    let at = offset;
    for (let passed = element; passed < index; passed++) at += 4 + Math.max(0, this.#bytes.readInt32BE(at));
    return at;
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#bytes.length) return;
    const wider = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#end + bytes));
    this.#bytes.copy(wider, 0, 0, this.#end);
    this.#bytes = wider;
  }
}

function write<T>(
  type: keyof typeof OID,
  bytesEach: number,
  items: readonly T[],
  one: (writer: ArrayWriter, item: T) => void,
): Buffer {
  const writer = new ArrayWriter(type, items.length * bytesEach);
  for (const item of items) one(writer, item);
  return writer.done();
}

export const texts = (items: readonly (string | undefined)[]): Buffer =>
  write('text', 32, items, (writer, item) => (item === undefined ? writer.null() : writer.text(item)));
export const byteas = (items: readonly Buffer[]): Buffer =>
  write('bytea', 36, items, (writer, item) => writer.bytes(item));
/** @param items JSON texts */
export const jsons = (items: readonly string[]): Buffer =>
  write('json', 1024, items, (writer, item) => writer.text(item));
/** @param items with dashes or without */
export const uuids = (items: readonly string[]): Buffer =>
  write('uuid', 20, items, (writer, item) => writer.uuid(item));
export const integers = (items: readonly number[]): Buffer =>
  write('int4', 8, items, (writer, item) => writer.int4(item));
export const smallints = (items: readonly number[]): Buffer =>
  write('int2', 6, items, (writer, item) => writer.int2(item));
export const instants = (items: readonly Date[]): Buffer =>
  write('timestamptz', 12, items, (writer, item) => writer.instant(item));

/** The elements of an array of numbers or booleans as PostgreSQL prints it: `{1,2,3}`. */
export const elements = (text: string): string[] => (text === '{}' ? [] : text.slice(1, -1).split(','));

import { sizeText } from '../../intake/limits.js';
import { reject } from '../../intake/outcome.js';

/** A row of a file. */
export interface SourceRow {
  /** The number of its first line, from 1. */
  readonly line: number;
  /** Where reading goes on behind it. */
  readonly next: RowPosition;
  /** Without its line break. Empty when the row is over the limit. */
  readonly bytes: Buffer;
  /** Of a row over the limit. */
  readonly sentBytes?: number;
}

/** Where reading begins: in bytes of the decompressed file, and in lines. */
export interface RowPosition {
  readonly offset: number;
  readonly line: number;
}

/** Far above the limit of an event: a row that is larger is not held in memory. */
export const ROW_BYTES = 1024 * 1024;

export const rowTooLarge = reject('row-too-large', `is over the limit of ${sizeText(ROW_BYTES)} a row`);

/**
 * The index behind the row that begins at `from`, with its line break; undefined: its end is not among the bytes.
 *
 * @param isLast no further bytes will come
 */
export type FindRowEnd = (bytes: Buffer, from: number, isLast: boolean) => number | undefined;

const LF = 0x0a;
const CR = 0x0d;
const EMPTY: Buffer = Buffer.alloc(0);

export const lineEnd: FindRowEnd = (bytes, from, isLast) => {
  const at = bytes.indexOf(LF, from);
  if (at >= 0) return at + 1;
  return isLast && from < bytes.length ? bytes.length : undefined;
};

/** Splits chunks of a file into rows; blank lines are none. */
export class RowSplitter {
  #rest = EMPTY;
  #offset: number;
  #line: number;
  /** Bytes of the row under way that were dropped, as it is over the limit. */
  #dropped = 0;

  constructor(
    private readonly findEnd: FindRowEnd = lineEnd,
    { offset, line }: RowPosition = { offset: 0, line: 1 },
  ) {
    this.#offset = offset;
    this.#line = line;
  }

  /** @param isLast no further bytes will come: what is left is a row, too */
  push(chunk: Buffer, isLast = false): SourceRow[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const rows: SourceRow[] = [];
    let at = this.#afterMark(bytes);
    for (let end; (end = this.#endOf(bytes, at, isLast)) !== undefined; at = end) {
      const row = this.#rowOf(bytes.subarray(at, end));
      if (row) rows.push(row);
    }
    this.#rest = bytes.subarray(at);
    if (this.#rest.length > ROW_BYTES) this.#dropRest();
    return rows;
  }

  /** A row over the limit ends with its line, whatever the format says. */
  #endOf(bytes: Buffer, from: number, isLast: boolean): number | undefined {
    return (this.#dropped > 0 ? lineEnd : this.findEnd)(bytes, from, isLast);
  }

  /** A byte order mark is no part of the first row. */
  #afterMark(bytes: Buffer): number {
    const isMarked = this.#offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    if (!isMarked) return 0;
    this.#offset = 3;
    return 3;
  }

  #dropRest(): void {
    this.#dropped += this.#rest.length;
    this.#offset += this.#rest.length;
    this.#rest = EMPTY;
  }

  #rowOf(whole: Buffer): SourceRow | undefined {
    const line = this.#line;
    this.#offset += whole.length;
    this.#line += Math.max(1, linesIn(whole));
    const dropped = this.#dropped;
    this.#dropped = 0;
    const next = { offset: this.#offset, line: this.#line };
    const sentBytes = dropped + whole.length;
    if (sentBytes > ROW_BYTES) return { line, next, bytes: EMPTY, sentBytes };
    const bytes = withoutBreak(whole);
    return isBlank(bytes) ? undefined : { line, next, bytes };
  }
}

function linesIn(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines += 1;
  return lines;
}

function withoutBreak(bytes: Buffer): Buffer {
  let end = bytes.length;
  if (bytes[end - 1] === LF) end -= 1;
  if (bytes[end - 1] === CR) end -= 1;
  return bytes.subarray(0, end);
}

const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0x20 || byte === 0x09);

import { type CsvError, parse } from 'csv-parse/sync';
import { type FindRowEnd, lineEnd } from './row-splitter.js';

/** A record that spans lines is looked for within so many bytes: further away is a quote that was never closed. */
const RECORD_BYTES = 256 * 1024;
const QUOTE = 0x22;

export type Cells = readonly string[];

/** Why the text of a row is no record. `cell`: its index, where one is at fault. */
export interface CsvFault {
  readonly message: string;
  readonly cell?: number;
}

/** The cells of one record as RFC 4180 has it. */
export function parseRecord(text: string, delimiter: string): Cells | CsvFault {
  if (!text.includes('"')) return text.split(delimiter);
  try {
    const records: string[][] = parse(text, { delimiter, relax_column_count: true });
    return records[0] ?? [];
  } catch (error) {
    const { code, index } = error as CsvError & { readonly index?: number };
    return { message: MESSAGES[code] ?? 'is not CSV', ...(index !== undefined && { cell: index }) };
  }
}

export const isFault = (record: Cells | CsvFault): record is CsvFault => 'message' in record;

const MESSAGES: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'has a quote that is not closed',
  INVALID_OPENING_QUOTE: 'has a quote in text that is not quoted; double it, and quote the cell',
  CSV_INVALID_CLOSING_QUOTE: 'has text behind a closing quote; double quotes within a cell',
};

/**
 * Where a record ends. One with an odd number of quotes goes on in the next lines, if a record of as many cells as the header
 * comes of it; else its first line is broken, and the next line is read as a record of its own.
 */
export const csvRowEnd =
  (delimiter: string, columns: number): FindRowEnd =>
  (bytes, from, isLast) => {
    const first = lineEnd(bytes, from, isLast);
    if (first === undefined || !hasOddQuotes(bytes, from, first)) return first;
    for (let end = first; ;) {
      if (end - from > RECORD_BYTES) return first;
      const next = lineEnd(bytes, end, isLast);
      if (next === undefined) return isLast || bytes.length - from > RECORD_BYTES ? first : undefined;
      if (hasOddQuotes(bytes, end, next))
        return isRecord(bytes.toString('utf8', from, next), delimiter, columns) ? next : first;
      end = next;
    }
  };

/** Where the header ends: as many cells as it has are not known yet, so it is the first line, or lines, whose quotes are closed. */
export const csvHeaderEnd: FindRowEnd = (bytes, from, isLast) => {
  const first = lineEnd(bytes, from, isLast);
  for (let end = first; end !== undefined && end - from <= RECORD_BYTES; end = lineEnd(bytes, end, isLast))
    if (!hasOddQuotes(bytes, from, end)) return end;
  return first;
};

function isRecord(text: string, delimiter: string, columns: number): boolean {
  const record = parseRecord(text.replace(/\r?\n$/, ''), delimiter);
  return !isFault(record) && record.length === columns;
}

function hasOddQuotes(bytes: Buffer, from: number, to: number): boolean {
  // Of these bytes alone: a search goes on to the next quote, which may be far behind them.
  const line = bytes.subarray(from, to);
  let isOdd = false;
  for (let at = line.indexOf(QUOTE); at >= 0; at = line.indexOf(QUOTE, at + 1)) isOdd = !isOdd;
  return isOdd;
}

const DELIMITERS = [',', ';', '\t', '|'];

/** The usual delimiter that the header has most of, outside of quotes. */
export function detectDelimiter(header: string): string {
  const bare = header.replaceAll(/"[^"]*"/g, '');
  const count = (delimiter: string): number => bare.split(delimiter).length;
  return DELIMITERS.reduce((best, one) => (count(one) > count(best) ? one : best));
}

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CsvFault, csvRowEnd, detectDelimiter, parseRecord } from './csv-records.js';
import { RowSplitter } from './row-splitter.js';

const COLUMNS = 3;

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
const write = (cells: readonly string[]): string =>
  cells.map((cell) => (/[",\r\n]/.test(cell) || cell.trim() === '' ? quoted(cell) : cell)).join(',');

function read(text: string, cutAt = 0): (readonly string[] | CsvFault)[] {
  const splitter = new RowSplitter(csvRowEnd(',', COLUMNS));
  const bytes = Buffer.from(text);
  const chunks = [bytes.subarray(0, cutAt), bytes.subarray(cutAt)];
  const rows = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.push(Buffer.alloc(0), true)];
  return rows.map((row) => parseRecord(row.bytes.toString(), ','));
}

const cell = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom('a "quoted" word', 'two\nlines', 'three\r\n\r\nlines', ',', '"', 'Zoë'),
);
const record = fc.array(cell, { minLength: COLUMNS, maxLength: COLUMNS });

test('records are read as they were written, however the file is cut', () => {
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 12 }),
      fc.nat(300),
      fc.constantFrom('\n', '\r\n'),
      (records, cut, end) => {
        const text = records.map((cells) => write(cells) + end).join('');
        expect(read(text, cut % (Buffer.byteLength(text) + 1))).toEqual(records);
      },
    ),
  );
});

const lines = fc.array(
  fc.array(fc.stringMatching(/^[a-z ]{1,6}$/), { minLength: COLUMNS, maxLength: COLUMNS }),
  {
    maxLength: 8,
  },
);
const BROKEN = ['a,"never closed,c', 'a,b "quoted,c', 'a,"x"y,c', '"', 'a,"b","c'];

test('a row with a broken quote is one row, and those around it are read', () => {
  fc.assert(
    fc.property(lines, lines, fc.constantFrom(...BROKEN), (before, after, broken) => {
      const text = [...before.map(write), broken, ...after.map(write)].map((line) => `${line}\n`).join('');
      expect(read(text)).toEqual([
        ...before,
        expect.objectContaining({ message: expect.any(String) }),
        ...after,
      ]);
    }),
  );
});

test('two rows with a broken quote each are two rows', () => {
  const rows = read('a,5" pipe,c\nd,e,f\ng,6" pipe,i\nj,k,l\n');
  expect(rows.map((row) => ('message' in row ? 'broken' : row[0]))).toEqual(['broken', 'd', 'broken', 'j']);
});

test('a quote that is not closed within the limit of a record breaks its own row only', () => {
  const rest = Array.from({ length: 50_000 }, (_, nr) => `${nr},b,c`);
  const rows = read(['x,"y,z', ...rest].join('\n'));
  expect(rows).toHaveLength(50_001);
  expect(rows.filter((row) => 'message' in row)).toHaveLength(1);
});

describe('the delimiter', () => {
  test.each([
    ['a,b,c', ','],
    ['a;b;c', ';'],
    ['a\tb\tc', '\t'],
    ['a|b|c', '|'],
    ['"Amount, net";Date;"Name, full"', ';'],
    ['single', ','],
  ])('of %j is found', (header, delimiter) => {
    expect(detectDelimiter(header)).toBe(delimiter);
  });
});

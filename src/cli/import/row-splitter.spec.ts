import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ROW_BYTES, RowSplitter } from './row-splitter.js';

const cut = (bytes: Buffer, at: readonly number[]): Buffer[] => {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));
};

const rowsOf = (chunks: readonly Buffer[], splitter = new RowSplitter()) => [
  ...chunks.flatMap((chunk) => splitter.push(chunk)),
  ...splitter.push(Buffer.alloc(0), true),
];

test('rows do not depend on how a file is cut into chunks, and reading goes on behind any of them', () => {
  const line = fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, ''));
  const lines = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { maxLength: 20 });
  fc.assert(
    fc.property(lines, fc.boolean(), fc.boolean(), fc.array(fc.nat(500)), (parts, isMarked, isOpen, cuts) => {
      const text = parts.map(([row, end], index) => row + (isOpen && index === parts.length - 1 ? '' : end));
      const bytes = Buffer.from((isMarked ? '\ufeff' : '') + text.join(''));
      const expected = parts
        .map(([row], index) => [index + 1, row] as const)
        .filter(([, row]) => !/^[ \t]*$/.test(row));

      const rows = rowsOf(cut(bytes, cuts));

      expect(rows.map((row) => [row.line, row.bytes.toString()])).toEqual(expected);
      for (const [index, { next }] of rows.entries()) {
        const rest = rowsOf([bytes.subarray(next.offset)], new RowSplitter(undefined, next));
        expect(rest).toEqual(rows.slice(index + 1));
      }
    }),
  );
});

test('a row over the limit is not held, and the next one is read', () => {
  const long = Buffer.alloc(100_000, 'x');
  const chunks = [Buffer.from('a\n'), ...Array.from({ length: 15 }, () => long), Buffer.from('x\nb\n')];

  const rows = rowsOf(chunks);

  expect(rows.map(({ line, bytes }) => [line, bytes.toString()])).toEqual([
    [1, 'a'],
    [2, ''],
    [3, 'b'],
  ]);
  expect(rows[1]?.sentBytes).toBeGreaterThan(ROW_BYTES);
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isReadRight } from '../../test/json-names.js';
import { shapeOf } from '../http/admission/json-shape.js';
import { parseJson } from './json.js';

test.each([
  ['[1524831183200260097]', ['1524831183200260097']],
  ['{"messageId": 1524831183200260097}', { messageId: '1524831183200260097' }],
  ['{"a":-1524831183200260097,"b":9007199254740993}', { a: '-1524831183200260097', b: '9007199254740993' }],
  ['{"a":9007199254740992}', { a: '9007199254740992' }],
  ['{"a":9007199254740991,"b":-9007199254740991}', { a: 9007199254740991, b: -9007199254740991 }],
  ['{"a":\t\n 12345678901234567890 }', { a: '12345678901234567890' }],
  ['{"a":10000000000000000000000}', { a: '10000000000000000000000' }],
  [
    '{"a":1e20,"b":1.5,"c":123.5,"d":[12345678901234567]}',
    { a: 1e20, b: 1.5, c: 123.5, d: ['12345678901234567'] },
  ],
  [
    '{"a":"x: 1524831183200260097, \\" 1524831183200260097","b":[1524831183200260097]}',
    { a: 'x: 1524831183200260097, " 1524831183200260097', b: ['1524831183200260097'] },
  ],
  ['{"1524831183200260097":1524831183200260097}', { '1524831183200260097': '1524831183200260097' }],
  ['{"a":"\\\\","b":1524831183200260097}', { a: '\\', b: '1524831183200260097' }],
  ['1524831183200260097', '1524831183200260097'],
  [`{"a":${'7'.repeat(400)}}`, { a: '7'.repeat(400) }],
])('%s keeps the digits of its whole numbers', (text, value) => {
  expect(parseJson(text)).toEqual(value);
  expect(parseJson(text, shapeOf(text).digits)).toEqual(value);
});

test.each([
  '',
  '{',
  '{"a":01524831183200260097}',
  '{"a":1524831183200260097',
  '[1524831183200260097,]',
  '{1524831183200260097:1}',
])('%j is no JSON', (text) => {
  expect(parseJson(text)).toBeUndefined();
});

describe('any JSON', () => {
  const integer = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n });
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      integer,
      fc.string({ unit: 'binary' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(null, true, '"1524831183200260097"', '\\'),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(
        fc.string({ unit: 'binary' }).filter((name) => name !== '__proto__' && isReadRight(name)),
        tie('tree'),
        { maxKeys: 4 },
      ),
    ),
  }));

  /** As a client in a language with big numbers writes it. */
  const written = (value: unknown): string =>
    JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `\u0001${each}` : each)).replace(
      /"\\u0001(-?\d+)"/g,
      '$1',
    );
  const isBig = (value: number): boolean =>
    Number.isInteger(value) && !Number.isSafeInteger(value) && !String(value).includes('e');

  test('is read as JSON.parse does, but for whole numbers beyond 2^53, which are text', () => {
    const expected = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value, (_, each: unknown) => {
          if (typeof each === 'bigint')
            return -(2n ** 53n) < each && each < 2n ** 53n ? Number(each) : String(each);
          return typeof each === 'number' && isBig(each) ? String(BigInt(String(each))) : each;
        }),
      );
    fc.assert(
      fc.property(tree, (value) => {
        const text = written(value);
        expect(parseJson(text)).toEqual(expected(value));
        expect(parseJson(text, shapeOf(text).digits)).toEqual(expected(value));
      }),
      { numRuns: 500 },
    );
  });
});

test('hostile text is read, or refused, at once', () => {
  const quotes = '"\\'.repeat(200_000);
  expect(parseJson(quotes)).toBeUndefined();
  expect(parseJson(`[${'"a,1",'.repeat(100_000)}1524831183200260097]`)).toHaveLength(100_001);
  expect(parseJson(`[${' '.repeat(900_000)}1524831183200260097]`)).toEqual(['1524831183200260097']);
  expect(parseJson(`${'['.repeat(100_000)}1524831183200260097${']'.repeat(100_000)}`)).toBeDefined();
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isReadRight } from '../../../test/json-names.js';
import { shapeOf, textMember } from './json-shape.js';

/** The same by parsing. */
function shapeOfValue(value: unknown): { values: number; depth: number; members: number } {
  if (typeof value !== 'object' || value === null) return { values: 0, depth: 0, members: 0 };
  const inner = Object.values(value).map(shapeOfValue);
  const count = Math.max(1, inner.length);
  return {
    values: count + inner.reduce((sum, { values }) => sum + values, 0),
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    members: Math.max(count, ...inner.map(({ members }) => members)),
  };
}

/** Digits in a row outside of strings. */
const digitsOf = (text: string): number =>
  Math.max(0, ...(text.replace(/"(?:[^"\\]|\\.)*"/gs, '').match(/\d+/g) ?? []).map(({ length }) => length));

describe('the shape of JSON text', () => {
  test('is that of its value, however its strings look', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('{', '[,', '"', '\\', '\\"', ']}', ':'),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 5 }, texts, fc.integer(), fc.constant(null), tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 5 }),
      object: fc.dictionary(texts.filter(isReadRight), tie('value'), { maxKeys: 5 }),
    }));
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1), (sent, indent) => {
        const text = JSON.stringify(sent, null, indent);
        expect(shapeOf(text)).toEqual({ ...shapeOfValue(JSON.parse(text)), digits: digitsOf(text) });
      }),
      { numRuns: 500 },
    );
  });

  test('is found of any text, JSON or not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) =>
        expect(shapeOf(text).depth).toBeGreaterThanOrEqual(0),
      ),
    );
    expect(shapeOf('['.repeat(400_000))).toEqual({ values: 400_000, depth: 400_000, members: 1, digits: 0 });
    expect(shapeOf(`["${'\\'.repeat(400_001)}`)).toMatchObject({ depth: 1 });
  });
});

describe('a member of the outermost object', () => {
  test.each([
    ['{"writeKey":"wk"}', 'wk'],
    ['{"batch":[{"writeKey":"inner"}],"writeKey" : "wk" }', 'wk'],
    ['{"writeKey":"first","a":{"writeKey":"inner"},"writeKey":"last"}', 'last'],
    ['{"a":"writeKey","b":"wk"}', undefined],
    ['{"a":"\\"writeKey\\":\\"wk\\""}', undefined],
    ['{"writeKey":"w\\u006b"}', 'wk'],
    ['{"writeKey":7}', undefined],
    ['{"writeKey":{"a":"wk"}}', undefined],
    ['{"writeKey":["wk"]}', undefined],
    ['["writeKey","wk"]', undefined],
    ['[{"writeKey":"wk"}]', undefined],
    ['{"writeKey":"wk', undefined],
    ['{"writeKey":', undefined],
    ['', undefined],
  ])('of %s is %s', (text, found) => {
    expect(textMember(text, 'writeKey')).toBe(found);
  });

  test('is the one that parsing finds', () => {
    const name = fc.constantFrom('writeKey', 'a', '{', 'writeKey:');
    const value = fc.oneof(fc.string(), fc.jsonValue(), fc.constantFrom('wk', '"writeKey":"x"'));
    fc.assert(
      fc.property(fc.dictionary(name, value), (sent) => {
        const { writeKey } = sent;
        expect(textMember(JSON.stringify(sent), 'writeKey')).toBe(
          typeof writeKey === 'string' ? (JSON.parse(JSON.stringify(writeKey)) as string) : undefined,
        );
      }),
    );
  });
});

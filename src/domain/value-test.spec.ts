import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ValueTest } from './model/journey-model.js';
import { recordTest, valueTest } from './value-test.js';

test.each<[test: ValueTest, value: unknown, holds: boolean]>([
  [{ words: ['CTO'] }, 'cto & co', true],
  [{ words: ['CTO'] }, 'Director', false],
  [{ words: ['CTO'] }, 'CTOs', false],
  [{ words: ['vice  president'] }, 'Senior Vice President', true],
  [{ words: ['co-founder'] }, 'CEO, Co-Founder', true],
  [{ words: ['co-founder'] }, 'cofounder', false],
  [{ words: ['C++'] }, 'C++ developer', true],
  [{ words: ['Geschäftsführer'] }, 'GESCHÄFTSFÜHRER', true],
  [{ words: ['führer'] }, 'Geschäftsführer', false],
  [{ words: ['CTO'] }, 7, false],
  [{ words: ['CTO'] }, 'CTOs, and the CTO', true],
  [{ words: ['ab'] }, 'abab ab', true],
  [{ words: ['-a-'] }, '-a-a-', false],
  [{ words: ['οδος'] }, 'ΟΔΟΣ', true],
  [{ words: ['𝐀'] }, 'x𝐀', false],
  [{ words: ['x'] }, '𝐀x', false],
  [{ words: ['x'] }, 'x𝐀', false],
  [{ is: 'pro' }, ' PRO', true],
  [{ is: [7, true] }, '7', true],
  [{ is: [7, true] }, 'TRUE', true],
  [{ is: 'null' }, null, false],
  [{ atLeast: 10, atMost: 20 }, '20', true],
  [{ atLeast: 10, atMost: 20 }, 9.99, false],
  [{ atLeast: 0 }, '', false],
  [{ atLeast: 0 }, null, false],
  [{ atMost: 5 }, undefined, false],
  [{ known: true }, '', false],
  [{ known: true }, 0, true],
  [{ known: false }, undefined, true],
])('the test %j of the value %j gives %j', (wanted, value, holds) =>
  expect(valueTest(wanted)(value)).toBe(holds),
);

test('a dotted name reads nested objects, unless a field has the whole name', () => {
  const holds = recordTest({ 'company.size': { atLeast: 10 } });
  expect(holds({ company: { size: 12 } })).toBe(true);
  expect(holds({ 'company.size': 1, company: { size: 12 } })).toBe(false);
  expect(holds({ company: 'Acme' })).toBe(false);
  expect(recordTest({ 'constructor.name': { known: true } })({})).toBe(false);
});

test('a word matches itself among other words, whatever punctuation it has', () => {
  const word = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ minLength: 1 }));
  fc.assert(
    fc.property(
      word.filter((text) => text.trim() !== ''),
      (text) => {
        const holds = valueTest({ words: ['other', text] });
        expect(holds(text)).toBe(true);
        expect(holds(`a ${text}, b`)).toBe(true);
      },
    ),
  );
});

test('phrases that repeat themselves cost no more than their length, however long the value is', () => {
  const words = Array.from({ length: 100 }, (_, at) => `${'a '.repeat(400)}${at}`);
  const holds = valueTest({ words: [...words, `${'-a'.repeat(200)}-`, 'a'.repeat(400)] });
  for (const value of ['a '.repeat(15_000), '-a'.repeat(15_000), 'a'.repeat(30_000)])
    expect(holds(`${value}b`)).toBe(false);
});

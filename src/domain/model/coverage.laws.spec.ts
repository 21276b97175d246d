import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { recordTest } from '../value-test.js';
import type { TraitCondition, ValueTest } from './conditions.js';
import { coversTraits } from './coverage.js';

const word = fc.constantFrom('president', 'vice president', 'CEO', 'it', '7');
const scalar = fc.oneof(word, fc.constantFrom(5, 7, true));
const valueTest: fc.Arbitrary<ValueTest> = fc
  .record(
    {
      is: fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 2 })),
      words: fc.array(word, { minLength: 1, maxLength: 2 }),
      atLeast: fc.constantFrom(4, 6),
      atMost: fc.constantFrom(6, 8),
      known: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  .filter((test) => Object.keys(test).length > 0);
const condition: fc.Arbitrary<TraitCondition> = fc.dictionary(fc.constantFrom('title', 'size'), valueTest, {
  minKeys: 1,
  maxKeys: 2,
});
const value = fc.oneof(
  scalar,
  fc.constantFrom('', null, 'Vice  President of IT', 'the CEO', '8', 6.5, 'Presidential', false),
);
const traits = fc.dictionary(fc.constantFrom('title', 'size'), value);

test('traits that meet a covered condition meet the one that covers it', () => {
  let covered = 0;
  fc.assert(
    fc.property(condition, condition, traits, (wide, narrow, given) => {
      if (!coversTraits(wide, narrow)) return;
      covered += 1;
      if (recordTest(narrow)(given)) expect(recordTest(wide)(given)).toBe(true);
    }),
    { numRuns: Number(process.env['LAW_RUNS'] ?? 5_000) },
  );
  expect(covered).toBeGreaterThan(0);
});

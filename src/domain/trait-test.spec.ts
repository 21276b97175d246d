import { expect, test } from '@jest/globals';
import { traitTest } from './trait-test.js';
import type { Traits } from './touchpoint.js';

test.each<[string, Traits, string | null, boolean]>([
  ['an address that is only a key', {}, 'ada@acme.example', true],
  ['an address that was cleared, beside a key', { email: null }, 'ada@acme.example', true],
  ['an address that a form named', { email: 'ada@acme.example' }, null, true],
  ['no address', { title: 'CTO' }, null, false],
])('a test of the trait email sees %s', (_, traits, email, known) => {
  const outcomes = [true, false].map((wanted) => traitTest({ email: { known: wanted } })(traits, email));
  expect(outcomes).toEqual([known, !known]);
});

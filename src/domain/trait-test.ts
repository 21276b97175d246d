import type { TraitCondition } from './model/journey-model.js';
import type { Traits } from './touchpoint.js';
import { isKnown, recordTest, valueAt } from './value-test.js';

/** @param email the address that the lead is known by */
export type TraitTest = (traits: Traits, email: string | null) => boolean;

/**
 * Compiles tests of traits. The address that a lead is known by is its trait `email`, whether a form named it so or it is only an
 * identity key.
 */
export function traitTest(tests: TraitCondition): TraitTest {
  const test = recordTest(tests);
  if (!Object.hasOwn(tests, 'email')) return (traits) => test(traits);
  return (traits, email) =>
    test(email === null || isKnown(valueAt(traits, 'email')) ? traits : { ...traits, email });
}

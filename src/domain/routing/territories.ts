import type { Routing, Territory } from '../model/lead-management.js';
import type { Traits } from '../touchpoint.js';
import { recordTest, valueAt } from '../value-test.js';

/** The territories that a lead is in. */
export const territoriesOf = ({ territories = [] }: Routing, traits: Traits): ReadonlySet<string> =>
  new Set(territories.filter((territory) => isIn(territory, traits)).map(({ id }) => id));

function isIn({ countries = [], when = [] }: Territory, traits: Traits): boolean {
  const country = valueAt(traits, 'country');
  if (typeof country === 'string' && countries.includes(country.trim().toUpperCase())) return true;
  return when.some((condition) => recordTest(condition)(traits));
}

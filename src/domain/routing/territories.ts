import type { Routing, Territory } from '../model/lead-management.js';
import type { Traits } from '../touchpoint.js';
import { traitTest } from '../trait-test.js';
import { valueAt } from '../value-test.js';

interface LeadOfTerritories {
  readonly traits: Traits;
  readonly email: string | null;
}

/** The territories that a lead is in. */
export const territoriesOf = ({ territories = [] }: Routing, lead: LeadOfTerritories): ReadonlySet<string> =>
  new Set(territories.filter((territory) => isIn(territory, lead)).map(({ id }) => id));

function isIn({ countries = [], when = [] }: Territory, { traits, email }: LeadOfTerritories): boolean {
  const country = valueAt(traits, 'country');
  if (typeof country === 'string' && countries.includes(country.trim().toUpperCase())) return true;
  return when.some((condition) => traitTest(condition)(traits, email));
}

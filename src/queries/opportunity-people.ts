import { type CommitteeRule, weightOfRoles } from '../domain/attribution/committee-rule.js';
import { money } from '../domain/attribution/money.js';
import { MILESTONES } from '../domain/attribution/touches.js';
import { milestonesOf, type PathRow, roundWeight } from './attribution-paths.js';
import type { PersonOfContacts } from './committee-paths.js';
import type { ComparedModel } from './model-parameters.js';
import { valueOf } from './money.js';
import type { OpportunityPerson, TouchCredit } from './opportunity-attribution-items.js';
import type { OpportunityCredit } from './opportunity-credits.js';
import type { ModelBasis } from './weighed-report.js';

/** What a model gives to the touches of the opportunity. */
export interface Modelled extends ComparedModel {
  /** Undefined: nothing. */
  readonly credit: Omit<OpportunityCredit, 'shares'> | undefined;
  readonly rests?: ModelBasis;
}

interface Committee {
  readonly modelled: readonly Modelled[];
  /** By lead. */
  readonly contacts: ReadonlyMap<string, PersonOfContacts>;
  readonly rule: CommitteeRule;
}

/** The people of one opportunity by their first touch, then contacts who count and touched nothing. */
export function peopleOf(path: PathRow, committee: Committee): OpportunityPerson[] {
  const touched = Map.groupBy(path.lead_ids.keys(), (index) => path.lead_ids[index] ?? '');
  const silent = [...committee.contacts.keys()].filter((lead) => !touched.has(lead) && counts(path, committee, lead)); // prettier-ignore
  const people = [...touched, ...silent.sort().map((lead): [string, number[]] => [lead, []])];
  return people.map(([leadId, touches]) => person(path, committee, leadId, touches));
}

/** Of somebody who is no contact. */
const NO_CONTACT: PersonOfContacts = { roles: [], isPrimary: false };

/** Whether a contact is on the committee. Of an account only people with touches are listed: there may be thousands. */
function counts({ committee }: PathRow, { contacts, rule }: Committee, leadId: string): boolean {
  const { roles, isPrimary } = contacts.get(leadId) ?? NO_CONTACT;
  if (committee === 'account' || weightOfRoles(roles, rule.roleWeights) === 0) return false;
  return committee !== 'primary' || isPrimary;
}

function person(
  path: PathRow,
  { modelled, contacts, rule }: Committee,
  leadId: string,
  touches: readonly number[],
): OpportunityPerson {
  const { roles, isPrimary } = contacts.get(leadId) ?? NO_CONTACT;
  const milestones = new Set(touches.flatMap((index) => milestonesOf(path.milestones[index])));
  return {
    leadId,
    roles: [...roles],
    isPrimary,
    roleWeight: weightOfRoles(roles, rule.roleWeights),
    touches: touches.length,
    firstTouchAt: path.occurred_at[touches.at(0) ?? -1] ?? null,
    lastTouchAt: path.occurred_at[touches.at(-1) ?? -1] ?? null,
    milestones: MILESTONES.filter((milestone) => milestones.has(milestone)),
    credits: Object.fromEntries(
      modelled.flatMap(({ name, credit }) => {
        const given = credit && creditOf(path, credit, touches);
        return given ? [[name, given] as const] : [];
      }),
    ),
  };
}

/** The sum of what the touches of a person get; undefined where they get nothing. */
function creditOf(
  path: PathRow,
  { weights, amounts, reported }: Omit<OpportunityCredit, 'shares'>,
  touches: readonly number[],
): TouchCredit | undefined {
  const weight = touches.reduce((sum, index) => sum + (weights[index] ?? 0), 0);
  if (weight <= 0) return undefined;
  const total = (parts: readonly bigint[]): bigint =>
    touches.reduce((sum, index) => sum + (parts[index] ?? 0n), 0n);
  return {
    weight: roundWeight(weight),
    amount: money(total(amounts), path.currency),
    value: valueOf(reported && total(reported), path.reported_currency),
  };
}

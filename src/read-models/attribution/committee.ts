import {
  type Committee,
  type CommitteeRule,
  isPrimaryRole,
  leavesOutPeople,
  weightOfRoles,
} from '../../domain/attribution/committee-rule.js';
import { trueAt, type Inputs, type OpportunityRow, type SeatRow } from './inputs.js';

export interface CommitteeMembers {
  /** Whose touchpoints count: those of the contacts, or for want of any of the account. */
  readonly committee: Committee;
  /** With the time each became known; null: still anonymous. */
  readonly members: ReadonlyMap<string, Date | null>;
}

type Member = readonly [leadId: string, knownAt: Date | null];

/** The committee of an opportunity right after the event at `position`, without people whose roles weigh nothing. */
export function committeeAt(
  inputs: Inputs,
  { opportunity_id, account_id }: OpportunityRow,
  position: bigint,
  { committee, roleWeights }: CommitteeRule,
): CommitteeMembers {
  const seats = trueAt(inputs.seats.get(opportunity_id) ?? [], position);
  const weighing = (people: readonly Member[]): Map<string, Date | null> => {
    if (!leavesOutPeople(roleWeights)) return new Map(people);
    const roles = rolesOfLeads(inputs, seats, position);
    return new Map(people.filter(([lead]) => weightOfRoles(roles.get(lead) ?? [], roleWeights) > 0));
  };
  if (committee === 'account' || (committee === 'contacts' && seats.length === 0)) {
    const people = account_id === null ? [] : trueAt(inputs.byAccount.get(account_id) ?? [], position);
    return {
      committee: 'account',
      members: weighing(people.map(({ lead_id, known_at }) => [lead_id, known_at])),
    };
  }
  const chosen =
    committee === 'primary'
      ? seats.filter(({ role, is_primary }) => is_primary || isPrimaryRole(role))
      : seats;
  const leads = [...rolesOfLeads(inputs, chosen, position).keys()];
  return { committee, members: weighing(leads.map((lead) => [lead, knownAt(inputs, lead, position)])) };
}

/** The people of contacts with all their roles: the CRM may have several contacts for one person. */
function rolesOfLeads(
  inputs: Inputs,
  seats: readonly SeatRow[],
  position: bigint,
): ReadonlyMap<string, readonly string[]> {
  const roles = new Map<string, string[]>();
  for (const { keys, role } of seats)
    for (const key of keys)
      for (const { lead_id } of trueAt(inputs.keys.get(key) ?? [], position))
        roles.set(lead_id, [...(roles.get(lead_id) ?? []), role]);
  return roles;
}

/** What the touches of people weigh in an opportunity right after the event at `position`, by the roles that they have there. */
export function roleWeightsAt(
  inputs: Inputs,
  opportunityId: string,
  position: bigint,
  { roleWeights }: CommitteeRule,
): (leadId: string) => number {
  if (Object.keys(roleWeights).length === 0) return () => 1;
  const roles = rolesOfLeads(inputs, trueAt(inputs.seats.get(opportunityId) ?? [], position), position);
  return (leadId) => weightOfRoles(roles.get(leadId) ?? [], roleWeights);
}

const knownAt = (inputs: Inputs, lead: string, position: bigint): Date | null =>
  trueAt(inputs.profiles.get(lead) ?? [], position)[0]?.known_at ?? null;

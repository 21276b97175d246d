import { domainTest, type LeadRule } from './lead-condition.js';
import { isInProcess } from './lead-lifecycle.js';
import type { LeadSnapshot } from './lead-snapshot.js';
import { dayOf } from './lead-words.js';
import type { JourneyModel } from './model/journey-model.js';
import type { LeadFilter } from './model/lead-management.js';

/** Why a lead is kept from sales by who it is, whatever it did. */
export const EXCLUSIONS = [
  'opted-out',
  'dead-address',
  'internal',
  'competitor',
  'filtered',
  'disqualified',
] as const;
export interface Exclusion {
  readonly code: (typeof EXCLUSIONS)[number];
  /** In plain words, without personal data. */
  readonly text: string;
}

/** Undefined: nothing of this. */
export type Check = (lead: LeadSnapshot, at: number) => string | undefined;
/** What keeps a lead from being ready. */
export interface Obstacle {
  /** It excludes the lead, by who it is. */
  readonly excludes?: Exclusion['code'];
  readonly check: Check;
}

export const isMet = ({ readsJourney, test }: LeadRule, lead: LeadSnapshot, at: number): boolean =>
  (!readsJourney || lead.journey !== undefined) && test(lead, at);

const OUTCOMES = {
  disqualify: 'is never a lead',
  nurture: 'stays with marketing',
  hold: 'waits until somebody decides',
} as const satisfies Record<LeadFilter['outcome'], string>;

export function filterCheck(
  filters: readonly { readonly filter: LeadFilter; readonly rule: LeadRule }[],
): Check {
  return (lead, at) => {
    const found = filters.find(({ rule }) => isMet(rule, lead, at))?.filter;
    return found && `filter ${found.name}: ${OUTCOMES[found.outcome]}`;
  };
}

/** What keeps any lead from being ready, whatever its definition says. */
export function obstaclesOf({ internalDomains = [], competitorDomains = [] }: JourneyModel): Obstacle[] {
  const isInternal = domainTest(internalDomains);
  const isCompetitor = domainTest(competitorDomains);
  const domains = (lead: LeadSnapshot) => [lead.emailDomain, lead.account?.domain];
  return [
    {
      check: ({ known }) =>
        known ? undefined : 'nobody knows who it is: it has no e-mail address, user id or CRM id',
    },
    {
      excludes: 'opted-out',
      check: ({ optedOutAt }) =>
        optedOutAt === null ? undefined : `opted out of mail on ${dayOf(optedOutAt)}`,
    },
    {
      excludes: 'dead-address',
      check: ({ address }) =>
        typeof address?.bouncedAt === 'number'
          ? `its e-mail address does not work: mail bounced on ${dayOf(address.bouncedAt)}`
          : undefined,
    },
    {
      excludes: 'internal',
      check: (lead) => (domains(lead).some(isInternal) ? 'is one of our own (internalDomains)' : undefined),
    },
    {
      excludes: 'competitor',
      check: (lead) =>
        domains(lead).some(isCompetitor) ? 'belongs to a competitor (competitorDomains)' : undefined,
    },
    {
      check: ({ hasOpenOpportunity }) =>
        hasOpenOpportunity ? 'is a contact of an open opportunity' : undefined,
    },
    {
      check: ({ decided }) =>
        isInProcess(decided) ? `is in process already: ${IN_PROCESS[decided.status]}` : undefined,
    },
    {
      check: ({ decided: { status, reason } }) =>
        status === 'disqualified' ? `was disqualified: ${reason ?? 'no reason given'}` : undefined,
    },
  ];
}

const IN_PROCESS: Readonly<Record<string, string>> = {
  qualified: 'it is qualified and waits to be handed off',
  handed_off: 'it is handed off to sales',
  accepted: 'sales accepted it',
};

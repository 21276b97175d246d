import { type IdentityKey, leadIdOf } from '../src/domain/identity/keys.js';
import type { JourneyModel } from '../src/domain/model/journey-model.js';
import { EXAMPLE } from './example-workspace.js';
import { day, entry, type Entry, opportunityEvents, pageView } from './sample-events.js';

/** Leads of one kind: how many come how far, and when, in days into 2026. */
export interface Cohort {
  readonly name: string;
  readonly title?: string;
  readonly leads: number;
  readonly qualified?: number;
  readonly accepted?: number;
  readonly opportunities?: number;
  readonly won?: number;
  readonly lost?: number;
  readonly amount?: string;
  /** Of the first touch; that of the last one is so much later. */
  readonly at?: number;
  readonly spread?: number;
  /** Days from the first touch to each step. */
  readonly days?: Readonly<Record<'qualified' | 'accepted' | 'opportunity' | 'closed', number>>;
}

const DAYS = { qualified: 10, accepted: 12, opportunity: 20, closed: 50 };

export const leadOfCohort = (workspace: string, name: string, number: number): string =>
  leadIdOf(workspace, keyOf(name, number));

const keyOf = (name: string, number: number): IdentityKey => `email:${number}@${name}.example`;

/** The log of a workspace: each lead has a touch, those that come further their decisions and opportunities. */
export function cohortEvents(workspace: string, cohort: Cohort): Entry[] {
  const { name, leads, at = 10, spread = 0, days = DAYS } = cohort;
  return Array.from({ length: leads }, (_, number) => {
    const first = at + (spread * number) / leads;
    return leadEvents(workspace, { ...cohort, days }, { name: `${name} ${number}`, number, first });
  }).flat();
}

function leadEvents(
  workspace: string,
  cohort: Cohort & { readonly days: typeof DAYS },
  { name, number, first }: { readonly name: string; readonly number: number; readonly first: number },
): Entry[] {
  const { qualified = 0, accepted = 0, won = 0, lost = 0, days } = cohort;
  const { opportunities = won + lost, amount = '1000.00', title = 'CTO' } = cohort;
  const key = keyOf(cohort.name, number);
  const leadId = leadIdOf(workspace, key);
  const stream = `lead-${leadId}`;
  const closing = (status: 'won' | 'lost') => ({ status, closedAt: day(first + days.closed) });
  const end = number < won ? [closing('won')] : number < won + lost ? [closing('lost')] : [];
  const opening = { name, amount, openedAt: day(first + days.opportunity) };
  return [
    pageView(`${workspace} ${name}`, first, [key], { traits: { title } }),
    ...(number < qualified
      ? [
          entry(`${workspace} q ${name}`, stream, 'LeadQualified', first + days.qualified, {
            ...{ leadId, cycle: 1, modelVersion: 1, score: 50, grade: 'B', reasons: [] },
          }),
        ]
      : []),
    ...(number < accepted
      ? [
          entry(`${workspace} h ${name}`, stream, 'LeadHandedOff', first + days.qualified, {
            ...{ leadId, cycle: 1, modelVersion: 1, rule: 'all', recipient: { id: 'rep-7', kind: 'rep' } },
            dueBy: day(first + days.accepted).toISOString(),
          }),
          entry(`${workspace} a ${name}`, stream, 'LeadAccepted', first + days.accepted, {
            ...{ leadId, cycle: 1, by: 'rep-7' },
          }),
        ]
      : []),
    ...(number < opportunities
      ? opportunityEvents(name, { ...opening, contacts: [{ keys: [key], role: 'user' }] }, ...end)
      : []),
  ];
}

/** The journey model of the example workspace, with other parts; a second version has another id. */
export const modelEvent = (parts: Partial<JourneyModel> = {}, version = 1): Entry => {
  const { document } = EXAMPLE[0]?.event.data as { document: JourneyModel };
  return entry(`model ${version}`, 'model', 'JourneyModelPublished', 0, {
    document: { ...document, ...parts },
    by: 'ada@touchline.example',
  });
};

/** Of a published study: with lead management 3.9 % of the leads were passed on and 6.4 % of these won, at 250,000 a sale. */
export const STUDY: readonly Cohort[] = [
  { name: 'managed', leads: 3205, qualified: 125, won: 8, amount: '250000.00' },
  { name: 'loose', leads: 400, qualified: 300, won: 3, amount: '60000.00' },
  { name: 'unmanaged', leads: 1177, qualified: 1000, won: 1, amount: '50000.00' },
];

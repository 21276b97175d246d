import type { JourneyModel } from '../../src/domain/model/journey-model.js';
import { WEEKDAYS } from '../../src/domain/model/lead-management.js';

const HOUR_MS = 3_600_000;
const CLOSING_HOUR = 17;

/** A week of work that ended a little more than an hour ago, where it is between 18:00 and 19:00 now. */
export interface EndedWeek {
  readonly timeZone: string;
  readonly days: readonly (typeof WEEKDAYS)[number][];
  /** 13:00 of its next first day: four hours of work after now. */
  readonly dueBy: Date;
}

/** Time cannot be set from outside the server, so the week is laid around it: whenever it is, somewhere it is evening. */
export function endedWeek(now: Date): EndedWeek {
  // Etc/GMT-2 is two hours ahead of UTC.
  const ahead = ((CLOSING_HOUR + 1 - now.getUTCHours() + 36) % 24) - 12;
  const local = new Date(+now + ahead * HOUR_MS);
  const lastDay = (local.getUTCDay() + 6) % 7;
  const dayAfterTomorrow = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate() + 3, 13);
  return {
    timeZone: ahead === 0 ? 'UTC' : `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`,
    days: [4, 3, 2, 1, 0].map((before) => WEEKDAYS[(lastDay - before + 7) % 7] ?? 'monday'),
    dueBy: new Date(dayAfterTomorrow - ahead * HOUR_MS),
  };
}

const inCountry = (country: string) => ({ traits: { country: { is: [country] } } });

/** The lead management of a company that sells everywhere: each story happens in a country of its own, with its own salespeople. */
export const leadProcess = ({ timeZone, days }: EndedWeek): Omit<JourneyModel, 'attribution'> => ({
  ...{ name: 'Lead management', currency: 'EUR', timeZone: 'UTC', rates: [], sessionIdleMinutes: 30 },
  personas: [{ id: 'decider', name: 'Economic buyer', when: [{ title: { words: ['CFO'] } }] }],
  stages: [
    { id: 'explore', name: 'Explores', enter: [{ name: 'reads', when: { kind: 'page_view' } }] },
    {
      id: 'justify',
      name: 'Justifies',
      enter: [{ name: 'what it returns', when: { content: { stage: 'justify' } } }],
    },
  ],
  triggers: [],
  contents: [
    { id: 'study', title: 'What it returned', type: 'report', publisher: 'analyst', stage: 'justify' },
    {
      id: 'comparison',
      title: 'Five vendors compared',
      type: 'report',
      publisher: 'media',
      stage: 'explore',
    },
    { id: 'pricing', title: 'Prices', type: 'pricing', stage: 'justify', urls: ['/pricing'] },
  ],
  scoring: {
    halfLifeDays: 14,
    rules: [
      { name: 'report', when: { content: { type: 'report' } }, points: 15, oncePerContent: true },
      { name: 'page', when: { kind: 'page_view' }, points: 1, cap: { count: 3, per: 'week' } },
    ],
  },
  grading: {
    rules: [{ name: 'decides', when: { title: { words: ['CFO'] } }, points: 50 }],
    grades: { A: 50, B: 40, C: 30, D: 20, E: 10 },
  },
  leadDefinitions: [
    { persona: 'decider', minScore: 25, minGrade: 'B', minStage: 'justify' },
    { minScore: 40, minStage: 'justify' },
  ],
  businessHours: [
    {
      ...{ id: 'office', timeZone },
      week: Object.fromEntries(days.map((day) => [day, [{ from: '09:00', to: `${CLOSING_HOUR}:00` }]])),
    },
  ],
  serviceLevels: [
    {
      ...{ name: 'in office hours', when: inCountry('FR'), businessHours: 'office' },
      ...{ dueWithinHours: 4, warnHoursBefore: 1 },
    },
    // The shortest there is: it warns after a second and a half.
    { name: 'at once', when: inCountry('IT'), dueWithinHours: 0.0104, warnHoursBefore: 0.01 },
    { name: 'all', dueWithinHours: 24 },
  ],
  routing: {
    territories: [
      { id: 'iberia', name: 'Iberia', countries: ['ES', 'PT'] },
      { id: 'elsewhere', name: 'Elsewhere', countries: ['DE', 'FR', 'IT'] },
    ],
    recipients: [
      { id: 'ada', name: 'Ada', kind: 'rep', capacity: 4, territories: ['iberia'] },
      { id: 'bob', name: 'Bob', kind: 'rep', capacity: 2, territories: ['iberia'] },
      { id: 'eva', name: 'Eva', kind: 'rep', territories: ['elsewhere'] },
    ],
    rules: [{ name: 'by territory', kind: 'rep' }],
  },
});

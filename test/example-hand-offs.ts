import type { WorkSchedule } from '../src/domain/business-hours.js';
import { type IdentityKey, leadIdOf } from '../src/domain/identity/keys.js';
import { day, entry, type Entry, pageView } from './sample-events.js';

const WORKDAY = [{ from: '09:00', to: '17:00' }];
const OFFICE: WorkSchedule = {
  timeZone: 'Europe/Berlin',
  hours: {
    id: 'office',
    week: { monday: WORKDAY, tuesday: WORKDAY, wednesday: WORKDAY, thursday: WORKDAY, friday: WORKDAY },
  },
};

const handedOff = (key: IdentityKey, at: number, due: number, recipient: string): Entry[] => {
  const leadId = leadIdOf('main', key);
  const decision = { leadId, cycle: 1, modelVersion: 1 };
  return [
    entry(`qualified ${key}`, `lead-${leadId}`, 'LeadQualified', at - 1, {
      ...{ ...decision, score: 60, grade: 'B', reasons: ['score 60'] },
    }),
    entry(`handed ${key} ${recipient}`, `lead-${leadId}`, 'LeadHandedOff', at, {
      ...{
        ...decision,
        recipient: { id: recipient, kind: 'rep' },
        rule: 'all',
        dueBy: day(due).toISOString(),
        workSchedule: OFFICE,
      },
    }),
  ];
};

export const CARLA: IdentityKey = 'email:carla@reader.example';
export const DORA: IdentityKey = 'email:dora@reader.example';

/** On 2 March (day 60) two readers are handed to rep-7, due a day later: one is called in time, the other on the 6th. */
export const EXAMPLE_HAND_OFFS: readonly Entry[] = [
  ...handedOff(CARLA, 60.4, 61.4, 'rep-7'),
  ...handedOff(DORA, 60.4, 61.4, 'rep-7'),
  pageView('call carla', 60.6, [CARLA], { kind: 'sales_call', rep: 'rep-7' }),
  pageView('call dora', 64.5, [DORA], { kind: 'sales_call', rep: 'rep-7' }),
];

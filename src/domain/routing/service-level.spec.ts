import { expect, test } from '@jest/globals';
import type { LeadManagement, Recipient, SegmentedCondition } from '../model/lead-management.js';
import { handOffTerms } from './service-level.js';

const week = { monday: [{ from: '09:00', to: '17:00' }], friday: [{ from: '09:00', to: '17:00' }] };
const maria: Recipient = { id: 'rep-7', name: 'Maria', kind: 'rep', timeZone: 'Europe/Lisbon' };
const urgent = { segment: 'urgent' };
const MODEL: LeadManagement = {
  businessHours: [
    { id: 'office', week },
    { id: 'new york', week, timeZone: 'America/New_York' },
  ],
  serviceLevels: [
    { name: 'urgent', when: urgent, dueWithinHours: 4, warnHoursBefore: 1, businessHours: 'office' },
    { name: 'others', dueWithinHours: 24 },
  ],
};
const FRIDAY_EVENING = Date.parse('2026-03-06T18:00:00Z');

function deadline(model: LeadManagement, recipient: Recipient, matching?: SegmentedCondition) {
  const { dueBy, warnAt } = handOffTerms(
    { ...model, timeZone: 'Europe/Berlin' },
    (when) => when === matching,
    recipient,
    FRIDAY_EVENING,
  );
  return [dueBy, warnAt].map((at) => at?.slice(0, 16) ?? null);
}

test.each<[string, LeadManagement, Recipient, SegmentedCondition | undefined, (string | null)[]]>([
  [
    'the first that matches applies, in the time zone of the recipient',
    MODEL,
    maria,
    urgent,
    ['2026-03-09T13:00', '2026-03-09T12:00'],
  ],
  [
    'a later one applies to leads that the first does not match',
    MODEL,
    maria,
    undefined,
    ['2026-03-07T18:00', null],
  ],
  [
    'one without business hours is counted in those of the recipient',
    MODEL,
    { ...maria, businessHours: 'office' },
    undefined,
    ['2026-03-16T17:00', null],
  ],
  [
    'business hours keep their own time zone',
    MODEL,
    { ...maria, businessHours: 'new york' },
    undefined,
    ['2026-03-16T17:00', null],
  ],
  [
    'a recipient without a time zone has that of the model',
    MODEL,
    { id: 'x', name: 'x', kind: 'rep' },
    urgent,
    ['2026-03-09T12:00', '2026-03-09T11:00'],
  ],
  [
    'days out of office do not count',
    MODEL,
    { ...maria, outOfOffice: [{ from: '2026-03-09', to: '2026-03-10' }] },
    urgent,
    ['2026-03-13T13:00', '2026-03-13T12:00'],
  ],
  ['without a service level a lead is due within 24 hours', {}, maria, undefined, ['2026-03-07T18:00', null]],
])('%s', (_what, model, recipient, matching, wanted) =>
  expect(deadline(model, recipient, matching)).toEqual(wanted),
);

test('a hand-off keeps the hours that it is due in, without days that are past by then', () => {
  const holidays = ['2025-12-25', '2026-03-05', '2026-04-06'].map((date) => ({ date, name: 'closed' }));
  const away = ['2026-01', '2026-04'].map((month) => ({ from: `${month}-01`, to: `${month}-08` }));
  const model = { ...MODEL, timeZone: 'UTC', businessHours: [{ id: 'office', week, holidays }] };
  const recipient = { ...maria, outOfOffice: away };
  expect(handOffTerms(model, () => true, recipient, FRIDAY_EVENING)).toMatchObject({
    serviceLevel: 'urgent',
    workSchedule: {
      hours: { id: 'office', week, holidays: [{ date: '2026-03-05' }, { date: '2026-04-06' }] },
      ...{ timeZone: 'Europe/Lisbon', outOfOffice: [away[1]] },
    },
  });
});

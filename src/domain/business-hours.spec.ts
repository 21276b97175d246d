import { describe, expect, test } from '@jest/globals';
import { workingTime, type WorkSchedule } from './business-hours.js';
import type { BusinessHours, Weekday } from './model/lead-management.js';

const HOUR = 3_600_000;
const WORKDAYS: readonly Weekday[] = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'];

const everyDay = (days: readonly Weekday[], from: string, to: string): BusinessHours['week'] =>
  Object.fromEntries(days.map((day) => [day, [{ from, to }]]));

const office: BusinessHours = { id: 'office', week: everyDay(WORKDAYS, '09:00', '17:00') };
const night: BusinessHours = {
  id: 'night',
  week: everyDay([...WORKDAYS, 'saturday', 'sunday'], '00:00', '04:00'),
};

function due(from: string, hours: number, schedule: Partial<WorkSchedule> = {}): string {
  const time = workingTime({ hours: office, timeZone: 'Europe/Berlin', ...schedule });
  return new Date(time.after(Date.parse(from), hours * HOUR)).toISOString();
}

describe('a duration in business hours', () => {
  test.each<[what: string, from: string, hours: number, schedule: Partial<WorkSchedule>, due: string]>([
    ['ends on the same day', '2026-03-04T09:00:00Z', 2, {}, '2026-03-04T11:00:00.000Z'],
    ['of no length ends at once', '2026-03-07T09:00:00Z', 0, {}, '2026-03-07T09:00:00.000Z'],
    ['may end at closing time', '2026-03-04T15:00:00Z', 1, {}, '2026-03-04T16:00:00.000Z'],
    ['goes on in the morning', '2026-03-04T15:30:00Z', 1, {}, '2026-03-05T08:30:00.000Z'],
    ['begins when the office opens', '2026-03-04T02:00:00Z', 1, {}, '2026-03-04T09:00:00.000Z'],
    ['leaves out the weekend', '2026-03-06T15:00:00Z', 4, {}, '2026-03-09T11:00:00.000Z'],
    [
      'leaves out holidays',
      '2026-12-24T15:00:00Z',
      2,
      { hours: { ...office, holidays: [{ date: '2026-12-25' }] } },
      '2026-12-28T09:00:00.000Z',
    ],
    [
      'leaves out days out of office up to the day of return',
      '2026-03-04T15:00:00Z',
      2,
      { outOfOffice: [{ from: '2026-03-05', to: '2026-03-10' }] },
      '2026-03-10T09:00:00.000Z',
    ],
    [
      'leaves out days out of office around the clock',
      '2026-03-04T22:00:00Z',
      2,
      { hours: undefined, outOfOffice: [{ from: '2026-03-05', to: '2026-03-06' }] },
      '2026-03-06T00:00:00.000Z',
    ],
    [
      'without hours runs around the clock',
      '2026-03-06T15:00:00Z',
      4,
      { hours: undefined },
      '2026-03-06T19:00:00.000Z',
    ],
    [
      'is of the time zone that the hours name',
      '2026-03-04T09:00:00Z',
      2,
      { hours: { ...office, timeZone: 'America/New_York' } },
      '2026-03-04T16:00:00.000Z',
    ],
    [
      'leaves out days out of office in the time zone of the person',
      '2026-03-04T09:00:00Z',
      9,
      {
        hours: { ...office, timeZone: 'America/New_York' },
        outOfOffice: [{ from: '2026-03-05', to: '2026-03-06' }],
      },
      // Closing time on Wednesday, 17:00 in New York, is 23:00 in Berlin; Thursday in Berlin ends at 18:00 in New York.
      '2026-03-06T15:00:00.000Z',
    ],
    [
      'may end at midnight, which the next day may go on from',
      '2026-03-04T22:00:00Z',
      2,
      {
        hours: {
          id: 'late',
          week: { wednesday: [{ from: '22:00', to: '24:00' }], thursday: [{ from: '00:00', to: '02:00' }] },
        },
      },
      '2026-03-05T00:00:00.000Z',
    ],
    [
      'has fewer hours in the night that loses one',
      '2026-03-28T23:00:00Z',
      4,
      { hours: night },
      '2026-03-29T23:00:00.000Z',
    ],
    [
      'has more hours in the night that gains one',
      '2026-10-24T22:00:00Z',
      5,
      { hours: night },
      '2026-10-25T03:00:00.000Z',
    ],
    [
      'has none in an hour that the clock leaves out',
      '2026-03-28T12:00:00Z',
      1,
      { hours: { id: 'x', week: { sunday: [{ from: '02:00', to: '03:00' }] } } },
      '2026-04-05T01:00:00.000Z',
    ],
    [
      'counts an hour that comes twice two times',
      '2026-10-24T12:00:00Z',
      2,
      { hours: { id: 'x', week: { sunday: [{ from: '02:00', to: '03:00' }] } } },
      '2026-10-25T02:00:00.000Z',
    ],
    [
      'is counted over a day that the calendar of the zone leaves out',
      '2011-12-29T20:00:00Z',
      24,
      {
        hours: { id: 'x', week: everyDay([...WORKDAYS, 'saturday', 'sunday'], '00:00', '24:00') },
        timeZone: 'Pacific/Apia',
      },
      '2011-12-30T20:00:00.000Z',
    ],
    [
      'that never comes is due after ten years',
      '2026-01-01T00:00:00Z',
      1,
      { outOfOffice: [{ from: '2020-01-01', to: '2100-01-01' }] },
      '2035-12-30T00:00:00.000Z',
    ],
  ])('%s', (_what, from, hours, schedule, wanted) => expect(due(from, hours, schedule)).toBe(wanted));
});

test('a lead handed over on Friday evening is due on Monday, and rots where nobody acts until then', () => {
  const handedOffAt = Date.parse('2026-03-06T17:30:00Z'); // 18:30 in Berlin
  const time = workingTime({ hours: office, timeZone: 'Europe/Berlin' });
  const dueBy = time.after(handedOffAt, 4 * HOUR);
  const warnAt = time.after(handedOffAt, 3 * HOUR);
  expect([warnAt, dueBy].map((at) => new Date(at).toISOString())).toEqual([
    '2026-03-09T11:00:00.000Z',
    '2026-03-09T12:00:00.000Z',
  ]);
  expect(time.between(handedOffAt, Date.parse('2026-03-08T20:00:00Z'))).toBe(0);
  expect(time.between(handedOffAt, dueBy)).toBe(4 * HOUR);
});

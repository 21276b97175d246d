import fc from 'fast-check';
import type { WorkSchedule } from '../src/domain/business-hours.js';
import { WEEKDAYS, type HourRange } from '../src/domain/model/lead-management.js';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Changes of the clock by an hour and half an hour, at midnight and after it, and none. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Havana',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Africa/Casablanca',
];
/** In 2010 St. John's changed the clock a minute after midnight; the others around the dates in spring and autumn. */
const STARTS = [
  '2010-11-05',
  '2026-03-06',
  '2026-03-27',
  '2026-04-03',
  '2026-10-23',
  '2026-10-30',
  '2026-07-01',
];

const zone = fc.constantFrom(...ZONES);
const minuteOfDay = fc.integer({ min: 0, max: 24 * 60 });
const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

const ranges = fc
  .uniqueArray(minuteOfDay, { minLength: 2, maxLength: 6 })
  .map((minutes) => minutes.toSorted((a, b) => a - b))
  .map((minutes) =>
    minutes.flatMap((from, at): HourRange[] =>
      at % 2 === 0 && at + 1 < minutes.length ? [{ from: clock(from), to: clock(minutes[at + 1] ?? 0) }] : [],
    ),
  );
const dates = STARTS.flatMap((start) =>
  Array.from({ length: 6 }, (_, day) => new Date(Date.parse(start) + day * DAY).toISOString().slice(0, 10)),
);
export const workSchedules: fc.Arbitrary<WorkSchedule> = fc.record({
  hours: fc.option(
    fc.record({
      id: fc.constant('hours'),
      week: fc.dictionary(fc.constantFrom(...WEEKDAYS), ranges),
      timeZone: zone,
      holidays: fc.array(fc.record({ date: fc.constantFrom(...dates) }), { maxLength: 4 }),
    }),
    { nil: undefined, freq: 10 },
  ),
  timeZone: zone,
  outOfOffice: fc.array(
    fc.tuple(fc.constantFrom(...dates), fc.integer({ min: 1, max: 3 })).map(([from, days]) => ({
      from,
      to: new Date(Date.parse(from) + days * DAY).toISOString().slice(0, 10),
    })),
    { maxLength: 2 },
  ),
});
/** Around changes of the clock. */
export const instants = fc
  .tuple(fc.constantFrom(...STARTS), fc.integer({ min: 0, max: 5 * 24 * 60 }))
  .map(([start, minutes]) => Date.parse(start) + minutes * MINUTE);

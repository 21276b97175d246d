import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { workingTime, type WorkSchedule } from './business-hours.js';
import { WEEKDAYS, type HourRange } from './model/lead-management.js';

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
const schedule: fc.Arbitrary<WorkSchedule> = fc.record({
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
const instant = fc
  .tuple(fc.constantFrom(...STARTS), fc.integer({ min: 0, max: 5 * 24 * 60 }))
  .map(([start, minutes]) => Date.parse(start) + minutes * MINUTE);
const duration = fc.integer({ min: 0, max: 3 * 24 * 60 }).map((minutes) => minutes * MINUTE);

/** Whether the minute that begins at an instant is one of work, by the clock on the wall. */
function isOpenAt(at: number, { hours, timeZone, outOfOffice = [] }: WorkSchedule): boolean {
  const day = DateTime.fromMillis(at, { zone: timeZone }).toISODate() ?? '';
  if (outOfOffice.some(({ from, to }) => from <= day && day < to)) return false;
  if (!hours) return true;
  const local = DateTime.fromMillis(at, { zone: hours.timeZone ?? timeZone });
  if (hours.holidays?.some(({ date }) => date === local.toISODate())) return false;
  const time = local.toFormat('HH:mm');
  return (hours.week[WEEKDAYS[local.weekday - 1] ?? 'monday'] ?? []).some(
    ({ from, to }) => from <= time && time < to,
  );
}

const runs = (number: number) => ({ numRuns: Number(process.env['LAW_RUNS'] ?? number) });

test('working time is that of every minute whose local time lies within the hours', () => {
  const stretch = fc.tuple(instant, fc.integer({ min: 0, max: 2 * 24 * 60 }));
  const property = fc.property(schedule, stretch, (given, [from, minutes]) => {
    const open = Array.from({ length: minutes }, (_, nth) => from + nth * MINUTE).filter((at) =>
      isOpenAt(at, given),
    );
    expect(workingTime(given).between(from, from + minutes * MINUTE)).toBe(open.length * MINUTE);
  });
  fc.assert(property, runs(60));
}, 120_000);

test('the end of a duration is the first instant at which it has passed', () => {
  const property = fc.property(schedule, instant, duration, (given, from, ms) => {
    const time = workingTime(given);
    const end = time.after(from, ms);
    if (end - from > 3_000 * DAY) return;
    expect(time.between(from, end)).toBe(ms);
    if (ms > 0) expect(time.between(from, end - 1)).toBe(ms - 1);
  });
  fc.assert(property, runs(300));
}, 120_000);

test('a duration never ends within closed hours', () => {
  const property = fc.property(schedule, instant, duration, (given, from, ms) => {
    const end = workingTime(given).after(from, ms);
    if (ms > 0 && end - from < 3_000 * DAY) expect(isOpenAt(end - MINUTE, given)).toBe(true);
  });
  fc.assert(property, runs(300));
}, 120_000);

test('two durations after each other are one of their sum', () => {
  const property = fc.property(schedule, instant, duration, duration, (given, from, a, b) => {
    const time = workingTime(given);
    const end = time.after(from, a + b);
    if (end - from < 3_000 * DAY) expect(time.after(time.after(from, a), b)).toBe(end);
  });
  fc.assert(property, runs(300));
}, 120_000);

test('who starts later or takes longer does not end earlier', () => {
  const property = fc.property(schedule, instant, duration, duration, (given, from, a, b) => {
    const time = workingTime(given);
    const [shorter, longer] = [Math.min(a, b), Math.max(a, b)];
    expect(time.after(from, shorter)).toBeLessThanOrEqual(time.after(from, longer));
    expect(time.after(from, a)).toBeLessThanOrEqual(time.after(from + b, a));
  });
  fc.assert(property, runs(300));
}, 120_000);

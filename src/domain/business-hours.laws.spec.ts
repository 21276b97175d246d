import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { instants, workSchedules } from '../../test/work-schedules.js';
import { workingTime, type WorkSchedule } from './business-hours.js';
import { businessMinutes } from './business-minutes.js';
import { WEEKDAYS } from './model/lead-management.js';

const MINUTE = 60_000;
const DAY = 86_400_000;

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
  const stretch = fc.tuple(instants, fc.integer({ min: 0, max: 2 * 24 * 60 }));
  const property = fc.property(workSchedules, stretch, (given, [from, minutes]) => {
    const open = Array.from({ length: minutes }, (_, nth) => from + nth * MINUTE).filter((at) =>
      isOpenAt(at, given),
    );
    expect(workingTime(given).between(from, from + minutes * MINUTE)).toBe(open.length * MINUTE);
  });
  fc.assert(property, runs(60));
}, 120_000);

test('business minutes by weeks are the working time between, rounded to a hundredth', () => {
  const stretches = fc.array(fc.tuple(instants, fc.integer({ min: -MINUTE, max: 40 * DAY })), {
    minLength: 1,
  });
  const property = fc.property(workSchedules, stretches, (given, all) => {
    const [time, minutes] = [workingTime(given), businessMinutes(given)];
    for (const [from, ms] of all)
      expect(minutes(from, from + ms)).toBe(Math.round(time.between(from, from + ms) / 600) / 100);
  });
  fc.assert(property, runs(60));
});

test('the end of a duration is the first instant at which it has passed', () => {
  const property = fc.property(workSchedules, instants, duration, (given, from, ms) => {
    const time = workingTime(given);
    const end = time.after(from, ms);
    if (end - from > 3_000 * DAY) return;
    expect(time.between(from, end)).toBe(ms);
    if (ms > 0) expect(time.between(from, end - 1)).toBe(ms - 1);
  });
  fc.assert(property, runs(300));
}, 120_000);

test('a duration never ends within closed hours', () => {
  const property = fc.property(workSchedules, instants, duration, (given, from, ms) => {
    const end = workingTime(given).after(from, ms);
    if (ms > 0 && end - from < 3_000 * DAY) expect(isOpenAt(end - MINUTE, given)).toBe(true);
  });
  fc.assert(property, runs(300));
}, 120_000);

test('two durations after each other are one of their sum', () => {
  const property = fc.property(workSchedules, instants, duration, duration, (given, from, a, b) => {
    const time = workingTime(given);
    const end = time.after(from, a + b);
    if (end - from < 3_000 * DAY) expect(time.after(time.after(from, a), b)).toBe(end);
  });
  fc.assert(property, runs(300));
}, 120_000);

test('who starts later or takes longer does not end earlier', () => {
  const property = fc.property(workSchedules, instants, duration, duration, (given, from, a, b) => {
    const time = workingTime(given);
    const [shorter, longer] = [Math.min(a, b), Math.max(a, b)];
    expect(time.after(from, shorter)).toBeLessThanOrEqual(time.after(from, longer));
    expect(time.after(from, a)).toBeLessThanOrEqual(time.after(from + b, a));
  });
  fc.assert(property, runs(300));
}, 120_000);

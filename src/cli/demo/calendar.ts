import type { Random } from './random.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** How busy a day is for people who work in offices, around 1: weekends, holidays, the summer. */
export function busyness(time: number): number {
  const date = new Date(time);
  const weekday = [0.1, 0.95, 1.15, 1.1, 1.05, 0.75, 0.12][date.getUTCDay()] ?? 1;
  return weekday * (isHoliday(date) ? 0.15 : 1) * (date.getUTCMonth() === 7 ? 0.75 : 1);
}

const FIXED_HOLIDAYS = new Set([101, 501, 704]);

function isHoliday(date: Date): boolean {
  const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()];
  if (FIXED_HOLIDAYS.has(month * 100 + day) || (month === 12 && day > 23)) return true;
  return month === 11 && date.getUTCDay() === 4 && day > 21 && day < 29; // Thanksgiving
}

/** Opportunities are closed when a quarter ends: days until the end of the quarter the instant lies in. */
export function daysToQuarterEnd(time: number): number {
  const date = new Date(time);
  const end = Date.UTC(date.getUTCFullYear(), Math.floor(date.getUTCMonth() / 3) * 3 + 3, 1);
  return Math.floor((end - time) / DAY);
}

/** An instant in office hours between the two, on busier days more likely. */
export function officeTime(random: Random, from: number, to: number): number {
  for (let attempt = 0; attempt < 40; attempt++) {
    const day = startOfDay(random.between(from, to));
    if (random.next() * 1.2 > busyness(day)) continue;
    const time = day + officeHour(random);
    if (time >= from && time < to) return time;
  }
  return Math.floor(random.between(from, to));
}

/** Offset within a day: most of it between 8 and 18, a little in the evening. Whole milliseconds. */
function officeHour(random: Random): number {
  const hour = random.weighted([
    [random.between(8, 12), 42],
    [random.between(13, 18), 45],
    [random.between(18, 23), 10],
    [random.between(6, 8), 3],
  ]);
  return Math.floor(hour * HOUR);
}

export const startOfDay = (time: number): number => Math.floor(time / DAY) * DAY;

/** The last Monday, 00:00 UTC, at or before: demos made within a week are the same. */
export function lastMonday(now: number): Date {
  const day = startOfDay(now);
  return new Date(day - ((new Date(day).getUTCDay() + 6) % 7) * DAY);
}

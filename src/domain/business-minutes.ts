import { type WorkSchedule, workingTime } from './business-hours.js';
import type { Span } from './calendar.js';
import { DAY_MS } from './model/journey-model.js';

const WEEK_MS = 7 * DAY_MS;

/** Minutes between two instants in ms, to a hundredth. */
export const minutesBetween = (from: number, to: number): number => toMinutes(to - from);

/** As the database rounds them (touchline.working_minutes). */
const toMinutes = (ms: number): number => Math.round(ms / 600) / 100;

/** Minutes of work between two instants in ms, to a hundredth; 0 when `to` is not after `from`. */
export type BusinessMinutes = (from: number, to: number) => number;

interface Week {
  readonly spans: readonly Span[];
  readonly total: number;
}

/**
 * For many pairs of instants in one schedule: each week is computed once, the first time that one of them lies in it.
 *
 * @throws RangeError when there is no such time zone
 */
export function businessMinutes(schedule: WorkSchedule): BusinessMinutes {
  const time = workingTime(schedule);
  const weeks = new Map<number, Week>();
  const weekOf = (number: number): Week => {
    const found = weeks.get(number);
    if (found) return found;
    const spans = [...time.spans(number * WEEK_MS, (number + 1) * WEEK_MS)];
    const week = { spans, total: sumOf(spans) };
    weeks.set(number, week);
    return week;
  };
  return (from, to) => {
    let sum = 0;
    for (let number = Math.floor(from / WEEK_MS); number * WEEK_MS < to; number += 1) {
      const { spans, total } = weekOf(number);
      const isWhole = from <= number * WEEK_MS && (number + 1) * WEEK_MS <= to;
      sum += isWhole ? total : sumOf(spans, from, to);
    }
    return toMinutes(sum);
  };
}

/** Of what of them lies between two instants. */
function sumOf(spans: readonly Span[], from = -Infinity, to = Infinity): number {
  let sum = 0;
  for (const span of spans) sum += Math.max(0, Math.min(span.to, to) - Math.max(span.from, from));
  return sum;
}

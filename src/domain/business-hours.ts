import { calendar, type Calendar, type Span } from './calendar.js';
import { DAY_MS } from './model/journey-model.js';
import { WEEKDAYS, type BusinessHours, type DayRange } from './model/lead-management.js';

const WEEK_MS = 7 * DAY_MS;
/** Nothing is due later than this: hours that hardly ever come would else be searched for without end. */
export const LONGEST_WAIT_MS = 3_650 * DAY_MS;

/** When somebody works. */
export interface WorkSchedule {
  /** Absent: around the clock. */
  readonly hours?: BusinessHours | undefined;
  /** Of the person: that of `outOfOffice`, and of the hours where they name none. */
  readonly timeZone: string;
  readonly outOfOffice?: readonly DayRange[] | undefined;
}

/** Working time, which stands still outside the hours of a schedule. All instants and durations are in ms. */
export interface WorkingTime {
  /** The first instant at which `duration` of working time has passed since `from`; ten years after `from` at the latest. */
  after(from: number, duration: number): number;
  /** The working time between two instants; 0 when `to` is not after `from`. */
  between(from: number, to: number): number;
  /** When it runs between two instants. */
  spans(from: number, to: number): Iterable<Span>;
}

/** @throws RangeError when there is no such time zone */
export function workingTime(schedule: WorkSchedule): WorkingTime {
  const isOpen = openSpans(schedule);
  return {
    after(from, duration) {
      const end = from + LONGEST_WAIT_MS;
      let left = duration;
      if (left <= 0) return from;
      for (const span of spansBetween(isOpen, from, end)) {
        if (span.to - span.from >= left) return span.from + left;
        left -= span.to - span.from;
      }
      return end;
    },
    between(from, to) {
      let sum = 0;
      for (const span of spansBetween(isOpen, from, to)) sum += span.to - span.from;
      return sum;
    },
    spans: (from, to) => spansBetween(isOpen, from, to),
  };
}

/** Of a stretch of time of a week at most, in order. */
type OpenSpans = (within: Span) => readonly Span[];

/** A week at a time: around a change of the clock the spans of two days may interleave. */
function* spansBetween(open: OpenSpans, from: number, to: number): Generator<Span> {
  for (let start = from; start < to; start += WEEK_MS)
    yield* open({ from: start, to: Math.min(start + WEEK_MS, to) });
}

function openSpans({ hours, timeZone, outOfOffice = [] }: WorkSchedule): OpenSpans {
  const zone = calendar(timeZone);
  const away = outOfOffice.map(({ from, to }) => ({
    from: startOfDay(zone, dayOf(from)),
    to: startOfDay(zone, dayOf(to)),
  }));
  const spans = hours ? businessHourSpans(hours, timeZone) : (within: Span) => [within];
  return (within) =>
    spans(within)
      .flatMap((span) => without(span, away))
      .toSorted((a, b) => a.from - b.from);
}

function businessHourSpans({ week, holidays = [], ...hours }: BusinessHours, timeZone: string): OpenSpans {
  const zone = calendar(hours.timeZone ?? timeZone);
  const closed = new Set(holidays.map(({ date }) => dayOf(date)));
  const ofWeekday = WEEKDAYS.map((name) => (week[name] ?? []).map(({ from, to }) => [msOf(from), msOf(to)]));
  return (within) => {
    const found: Span[] = [];
    for (let day = zone.day(within.from) - 1; day <= zone.day(within.to) + 1; day += 1) {
      if (closed.has(day)) continue;
      for (const [from = 0, to = 0] of ofWeekday[weekdayOf(day)] ?? [])
        found.push(...zone.spans(day * DAY_MS + from, day * DAY_MS + to));
    }
    return found.flatMap((span) => clip(span, within));
  };
}

/** 1970-01-01 was a Thursday. */
const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7;

const dayOf = (date: string): number => Date.parse(date) / DAY_MS;

/** Of HH:MM, `24:00` included. */
const msOf = (time: string): number => (Number(time.slice(0, 2)) * 60 + Number(time.slice(3))) * 60_000;

/** The first instant of a local day; of the next one where the calendar of the zone leaves it out. */
const startOfDay = (zone: Calendar, day: number): number =>
  zone.spans(day * DAY_MS, (day + 1) * DAY_MS)[0]?.from ?? startOfDay(zone, day + 1);

function clip(span: Span, within: Span): readonly Span[] {
  const [from, to] = [Math.max(span.from, within.from), Math.min(span.to, within.to)];
  return from < to ? [{ from, to }] : [];
}

const without = (span: Span, removed: readonly Span[]): readonly Span[] =>
  removed.reduce<readonly Span[]>(
    (left, { from, to }) =>
      left.flatMap((each) => [
        ...clip(each, { from: -Infinity, to: from }),
        ...clip(each, { from: to, to: Infinity }),
      ]),
    [span],
  );

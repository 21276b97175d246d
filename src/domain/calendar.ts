import { memoize } from './memoize.js';
import { DAY_MS } from './model/journey-model.js';

/** Where a quarter of an hour begins and ends with one offset it has that offset throughout. */
const QUARTER_MS = 900_000;
/** Per time zone: a hundred days. Caches take their memory at once, so models of one zone share one. */
const CACHED_QUARTERS = 10_000;
const CACHED_ZONES = 50;

export interface Calendar {
  /** The local day of an instant (ms), counted from 1970-01-01. */
  day(at: number): number;
  /** The local week, Monday to Sunday. */
  week(at: number): number;
  /** The local month, as year × 12 + month. */
  month(at: number): number;
  /**
   * When local time lies in [from, to), both in ms of local time since 1970-01-01, a day apart at most. It is none where the
   * clock goes forward over them, and two spans where it goes back to them.
   */
  spans(from: number, to: number): readonly Span[];
}

/** Instants in ms, half-open. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The calendar of an IANA time zone. @throws RangeError when there is no such zone. */
export function calendar(timeZone: string): Calendar {
  const offset = offsetOf(timeZone);
  const day = (at: number): number => Math.floor((at + offset(at)) / DAY_MS);
  return {
    day,
    week: (at) => Math.floor((day(at) + 3) / 7),
    month: (at) => {
      const local = new Date(at + offset(at));
      return local.getUTCFullYear() * 12 + local.getUTCMonth();
    },
    spans: (from, to) => spansOf(offset, from, to),
  };
}

type Offset = (at: number) => number;

/** Local time is never a day away from UTC, and in a few days the clock is changed once at most. */
function spansOf(offset: Offset, from: number, to: number): readonly Span[] {
  const window = { from: from - DAY_MS, to: to + DAY_MS };
  const [before, after] = [offset(window.from), offset(window.to)];
  if (before === after) return [{ from: from - before, to: to - before }];
  const change = firstChange(offset, window);
  const spans = [
    { from: from - before, to: Math.min(to - before, change) },
    { from: Math.max(from - after, change), to: to - after },
  ].filter((span) => span.from < span.to);
  const [first, second] = spans;
  return first && second?.from === first.to ? [{ from: first.from, to: second.to }] : spans;
}

/** The first instant of the offset that the window ends with. */
function firstChange(offset: Offset, { from, to }: Span): number {
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offset(middle) === offset(to)) high = middle;
    else low = middle;
  }
  return high;
}

/** Milliseconds that local time is ahead of UTC. */
const offsetOf = memoize(CACHED_ZONES, (timeZone: string): Offset => {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  if (/^(Etc\/)?(UTC|GMT)$/i.test(timeZone)) return () => 0;
  const atQuarter = memoize(CACHED_QUARTERS, (quarter: number) => parsedOffset(format, quarter * QUARTER_MS));
  return (at) => {
    const quarter = Math.floor(at / QUARTER_MS);
    const offset = atQuarter(quarter);
    return offset === atQuarter(quarter + 1) ? offset : parsedOffset(format, at);
  };
});

function parsedOffset(format: Intl.DateTimeFormat, at: number): number {
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign, hours, minutes, seconds] = /GMT([+-])(\d+):(\d+)(?::(\d+))?/.exec(name) ?? [];
  const size = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000 + Number(seconds ?? 0) * 1000;
  return sign === '-' ? -size : size;
}

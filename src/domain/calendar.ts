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
  };
}

/** Milliseconds that local time is ahead of UTC. */
const offsetOf = memoize(CACHED_ZONES, (timeZone: string): ((at: number) => number) => {
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

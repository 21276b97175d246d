/** Why a value is no time: there is no such moment, or it may be one of several. */
export type NoInstant = 'absurd' | 'ambiguous';

/** Unix time in ms; nothing earlier is the time of an event. */
export const EARLIEST = Date.UTC(1990, 0);
const LATEST = Date.UTC(10_000, 0);

/**
 * The moment that a client's value names, to the millisecond. Read is what has one reading: ISO 8601 with its variants,
 * the dates of mail, HTTP, databases and languages that begin with the year or name the month, and Unix times in s, ms,
 * µs or ns. Without a zone it is UTC. Undecided are an order of day and month, a year of two digits and a zone that only
 * has a name. No calendar is stretched: 30 February is no day, a wrong day of the week no date.
 */
export function readInstant(value: unknown): Date | NoInstant {
  const ms = typeof value === 'number' || typeof value === 'string' ? msOf(String(value)) : 'absurd';
  if (typeof ms === 'string') return ms;
  return ms >= EARLIEST && ms < LATEST ? new Date(ms) : 'absurd';
}

/** As JSON.stringify writes a date. */
const USUAL = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?Z$/;
/** A Unix time in seconds or milliseconds, as most write it; no date has so many digits. */
const UNIX = /^\d{10}(?:\d{3})?$/;
/** Days that every month has. */
const EVERY_MONTH = 28;
/** In UTF-16 units; JavaScript's dates with the name of their zone are the longest. */
const LONGEST = 100;

function msOf(value: string): number | NoInstant {
  if (value.length > LONGEST) return 'absurd';
  if (USUAL.test(value)) {
    const ms = Date.parse(value);
    const day = Number(value.slice(8, 10));
    return day <= EVERY_MONTH || new Date(ms).getUTCDate() === day ? ms : 'absurd';
  }
  if (UNIX.test(value)) return value.length === 10 ? Number(value) * 1_000 : Number(value);
  const text = value.replace(/\s+/g, ' ').trim().replaceAll('\u2212', '-');
  return /^\d+(?:\.\d+)?$/.test(text) ? fromDigits(text) : fromText(text);
}

/** `yyyyMMdd[HHmm[ss[SSS]]]`, else a Unix time: of 1990 to 5138 the number of digits decides the unit. */
function fromDigits(text: string): number | NoInstant {
  const calendar = /^((?:19|20)\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)(?:(\d\d)(\d{3})?)?)?$/.exec(text);
  if (calendar) {
    const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = calendar;
    return at(dayOf(Number(year), Number(month), Number(day)), { hour, minute, second, fraction }, 0);
  }
  const [whole = '', fraction = ''] = text.split('.');
  if (whole.length <= 11) return Number(whole + fraction.slice(0, 3).padEnd(3, '0'));
  if (whole.length <= 14) return Number(whole);
  return whole.length <= 20 ? Number(whole.slice(0, whole.length <= 17 ? -3 : -6)) : 'absurd';
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const WEEKDAYS = 'sun mon tue wed thu fri sat'.split(' ');
const MONTH =
  '(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|january|february|march|april|june|july|august|september|october|november|december)\\.?';
const WEEKDAY = '(?:(sun|mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?)(?:day)?,? )?';
const form = (pattern: string): RegExp => new RegExp(`^${pattern}`, 'i');

type Groups = readonly (string | undefined)[];

/** As in mail and HTTP: `Sun, 01 Mar 2026`. */
const MAIL_DATE = form(`${WEEKDAY}(\\d\\d?)([-/ ])${MONTH}\\3(\\d{4})(?!\\d)`);

/** Forms of a date and its day, in ms since 1970. NaN: there is no such day. */
const DATES: readonly (readonly [RegExp, (groups: Groups) => number])[] = [
  [
    form('(\\d{4})([-/.])(\\d\\d?)\\2(\\d\\d?)(?!\\d)'),
    ([, y, , m, d]) => dayOf(Number(y), Number(m), Number(d)),
  ],
  [form('(\\d{4})(\\d\\d)(\\d\\d)(?=t)'), ([, y, m, d]) => dayOf(Number(y), Number(m), Number(d))],
  [form('(\\d{4})-?w(\\d\\d)-?(\\d)(?!\\d)'), ([, y, w, d]) => dayOfWeek(Number(y), Number(w), Number(d))],
  [
    form('(\\d{4})(?:-(\\d{3})(?!\\d)|(\\d{3})(?=t))'),
    ([, y, one, two]) => dayOfYear(Number(y), Number(one ?? two)),
  ],
  [MAIL_DATE, ([, w, d, , m, y]) => namedDay(w, y, m, d)],
  [form(`${WEEKDAY}${MONTH} (\\d\\d?),? (\\d{4})(?!\\d)`), ([, w, m, d, y]) => namedDay(w, y, m, d)],
];

/** `Sun Mar  1 09:30:00 UTC 2026`: the year behind the time. */
const ASCTIME = form(`${WEEKDAY}${MONTH} (\\d\\d?) (\\d\\d:\\d\\d:\\d\\d(?: [a-z+-][\\w:+-]*)?) (\\d{4})$`);
/** Day and month in either order, or a year of two digits. */
const UNDECIDED = form(
  `(?:(\\d\\d?)([-/.])(\\d\\d?)\\2(?:\\d{4}|\\d\\d)|${WEEKDAY}\\d\\d?[-/ ]${MONTH}[-/ ]\\d\\d)(?!\\d)`,
);
const TIME =
  /^(?:t|,? (?:at )?|:)(\d\d?)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?(?: ?([ap])\.?m\.?)?(?![\d:.,])(.*)$/i;
/** ASP.NET's JSON. */
const DOT_NET = /^\/Date\((\d+)(?:[+-]\d{4})?\)\/$/;

function fromText(text: string): number | NoInstant {
  const dotNet = DOT_NET.exec(text)?.[1];
  if (dotNet !== undefined) return Number(dotNet);
  const ordered = text.replace(
    ASCTIME,
    (_, weekday: string | undefined, month: string, day: string, time: string, year: string) =>
      `${weekday ? `${weekday} ` : ''}${month} ${day} ${year} ${time}`,
  );
  for (const [pattern, read] of DATES) {
    const groups = pattern.exec(ordered);
    if (groups) return withTime(read(groups), ordered.slice(groups[0].length), pattern === MAIL_DATE);
  }
  return UNDECIDED.test(text) ? 'ambiguous' : 'absurd';
}

function withTime(day: number, rest: string, mail: boolean): number | NoInstant {
  if (Number.isNaN(day)) return 'absurd';
  if (rest === '') return day;
  const [matched, hour = '', minute = '0', second = '0', fraction = '', half, zone = ''] =
    TIME.exec(rest) ?? [];
  const offset = matched === undefined ? 'absurd' : offsetOf(zone.trim(), mail);
  if (typeof offset === 'string') return offset;
  if (half === undefined) return at(day, { hour, minute, second, fraction }, offset);
  if (Number(hour) < 1 || Number(hour) > 12) return 'absurd';
  const hours = (Number(hour) % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  return at(day, { hour: String(hours), minute, second, fraction }, offset);
}

interface TimeOfDay {
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
  readonly fraction: string;
}

/** Midnight may be written 24:00, and a leap second is the first one of the next minute. */
function at(
  day: number,
  { hour, minute, second, fraction }: TimeOfDay,
  offsetMs: number,
): number | NoInstant {
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  const past = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const ms = day + ((h * 60 + m) * 60 + s) * 1000 + past - offsetMs;
  const isTime = (h < 24 || (h === 24 && m + s + past === 0)) && m < 60 && s <= 60;
  return isTime && (s < 60 || (ms - past) % DAY_MS === 0) ? ms : 'absurd';
}

const UTC = /^(?:z|utc?|gmt)?(?:([+-])(\d\d?)(?::?(\d\d))?)?(?: ?utc)?(?: ?(?:\([^()]*\)|\[[^[\]]*\]))?$/i;
/** RFC 5322, section 4.3: in mail these names have one meaning. */
const MAIL_ZONES: Readonly<Record<string, number>> = {
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};

/** Of a zone, in ms. */
function offsetOf(zone: string, mail: boolean): number | NoInstant {
  const mailZone = mail ? MAIL_ZONES[zone.toUpperCase()] : undefined;
  if (mailZone !== undefined) return mailZone * 3_600_000;
  const [matched, sign = '+', hours = '0', minutes = '0'] = UTC.exec(zone) ?? [];
  if (matched === undefined) return /^[a-z]{2,5}$|^[a-z]+\/[a-z_/]+$/i.test(zone) ? 'ambiguous' : 'absurd';
  if (Number(hours) > 23 || Number(minutes) > 59) return 'absurd';
  return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000);
}

const DAY_MS = 86_400_000;

function dayOf(year: number, month: number, day: number): number {
  const ms = Date.UTC(year, month - 1, day);
  const exists = month >= 1 && month <= 12 && day >= 1 && new Date(ms).getUTCDate() === day;
  return exists ? ms : NaN;
}

function dayOfYear(year: number, day: number): number {
  const ms = Date.UTC(year, 0, day);
  return day >= 1 && new Date(ms).getUTCFullYear() === year ? ms : NaN;
}

/** Week 1 is that of 4 January; a week belongs to the year of its Thursday. */
function dayOfWeek(year: number, week: number, weekday: number): number {
  const fourth = Date.UTC(year, 0, 4);
  const monday = fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * DAY_MS + (week - 1) * 7 * DAY_MS;
  const exists = new Date(monday + 3 * DAY_MS).getUTCFullYear() === year && weekday >= 1 && weekday <= 7;
  return exists ? monday + (weekday - 1) * DAY_MS : NaN;
}

function namedDay(weekday?: string, year?: string, month = '', day?: string): number {
  const ms = dayOf(Number(year), MONTHS.indexOf(month.slice(0, 3).toLowerCase()) + 1, Number(day));
  const named =
    weekday === undefined || WEEKDAYS[new Date(ms).getUTCDay()] === weekday.slice(0, 3).toLowerCase();
  return named ? ms : NaN;
}

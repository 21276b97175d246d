import { DateTime } from 'luxon';
import { readInstant } from '../../intake/instant.js';

/** How the cells of a file are written. */
export interface ValueFormat {
  /** Tokens as in `dd.MM.yyyy HH:mm`; undefined: ISO 8601 and whatever else has one reading. */
  readonly timeFormat?: string | undefined;
  /** IANA name, of times that name no zone; undefined: UTC. */
  readonly timeZone?: string | undefined;
  readonly decimal?: '.' | ',' | undefined;
}

/** Why a cell has no such value. */
export interface ValueFault {
  readonly code: string;
  readonly message: string;
}

/** What names a zone, or is a Unix time, is no time any more with another zone. */
const namesZone = (text: string): boolean =>
  ![`${text}Z`, `${text}T00:00Z`, text.replace(/ (\d{4})$/, ' Z $1')].some(
    (zoned) => zoned !== text && readInstant(zoned) instanceof Date,
  );

/** The moment of a cell as RFC 3339 in UTC. */
export function timeIn(text: string, { timeFormat, timeZone = 'UTC' }: ValueFormat): string | ValueFault {
  if (timeFormat !== undefined) {
    const time = parserOf(timeFormat)(text, timeZone);
    return time.isValid ? iso(time) : { code: 'time-invalid', message: `is not a time like ${timeFormat}` };
  }
  const instant = readInstant(text);
  if (instant === 'ambiguous')
    return { code: 'time-invalid', message: 'has several readings; set timeFormat in the mapping' };
  if (instant === 'absurd')
    return { code: 'time-invalid', message: 'is not a time; set timeFormat in the mapping' };
  if (timeZone === 'UTC' || namesZone(text)) return instant.toISOString();
  return iso(DateTime.fromJSDate(instant, { zone: 'UTC' }).setZone(timeZone, { keepLocalTime: true }));
}

const iso = (time: DateTime): string => time.toUTC().toJSDate().toISOString();

/** A day as YYYY-MM-DD. */
export function dayIn(text: string, { timeFormat }: ValueFormat): string | ValueFault {
  const time =
    timeFormat === undefined
      ? DateTime.fromISO(text)
      : DateTime.fromFormat(text, timeFormat, { locale: 'en' });
  const example = timeFormat ?? '2026-03-01; set timeFormat in the mapping';
  return time.isValid && (timeFormat !== undefined || text.length === 10)
    ? time.toISODate()
    : { code: 'day-invalid', message: `is not a day like ${example}` };
}

const parsers = new Map<string, (text: string, zone: string) => DateTime>();

function parserOf(format: string): (text: string, zone: string) => DateTime {
  const known = parsers.get(format);
  if (known) return known;
  const compiled = DateTime.buildFormatParser(format, { locale: 'en' });
  const parser = (text: string, zone: string): DateTime =>
    DateTime.fromFormatParser(text, compiled, { zone, locale: 'en' });
  parsers.set(format, parser);
  return parser;
}

export const isTimeZone = (name: string): boolean => DateTime.local({ zone: name }).isValid;

/** With groups of three digits, or without groups. */
const NUMBERS = {
  '.': /^-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$/,
  ',': /^-?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?$/,
} as const;

/** The number of a cell, as decimal text. Spaces and apostrophes may group digits, and a currency sign may stand beside. */
export function amountIn(text: string, { decimal = '.' }: ValueFormat): string | ValueFault {
  const bare = text.replaceAll(/[\s\u00a0\u202f'’]|\p{Sc}/gu, '');
  if (!NUMBERS[decimal].test(bare))
    return {
      code: 'amount-invalid',
      message: `is not a number with the decimal sign "${decimal}"; set decimal in the mapping`,
    };
  return decimal === '.' ? bare.replaceAll(',', '') : bare.replaceAll('.', '').replace(',', '.');
}

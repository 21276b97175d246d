import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readInstant } from './instant.js';

const iso = (value: unknown): string | undefined => {
  const read = readInstant(value);
  return typeof read === 'string' ? read : read.toISOString();
};

/** Spellings of 2026-03-01T09:30:00Z (a Sunday), by what writes them. */
const AT = [
  // ISO 8601 and RFC 3339
  '2026-03-01T09:30:00Z',
  '2026-03-01T09:30:00.000Z',
  '2026-03-01t09:30:00z',
  '2026-03-01T09:30:00,000Z',
  '2026-03-01T09:30:00.000000Z',
  '2026-03-01T09:30:00.000000000Z',
  '2026-03-01T09:30Z',
  '2026-03-01T11:30:00+02:00',
  '2026-03-01T11:30:00+0200',
  '2026-03-01T11:30:00+02',
  '2026-03-01T06:00:00\u221203:30',
  '2026-03-01T09:30:00-00:00',
  '2026-03-01T09:30:00',
  '2026-03-01 09:30:00',
  '2026-03-01 09:30',
  '2026-03-01  09:30:00 Z',
  '20260301T093000Z',
  '20260301T0930Z',
  '20260301T113000+0200',
  '2026-W09-7T09:30:00Z',
  '2026W097T093000Z',
  '2026-060T09:30:00Z',
  '2026060T093000Z',
  // RFC 9557 (Java, Temporal)
  '2026-03-01T10:30:00+01:00[Europe/Paris]',
  // databases and languages
  '2026-03-01 09:30:00+00',
  '2026-03-01 09:30:00.000000+00',
  '2026-03-01 09:30:00 UTC',
  '2026-03-01 09:30:00 GMT',
  '2026-03-01 11:30:00 +0200',
  '2026-03-01 09:30:00 +0000 UTC',
  '2026-03-01 09:30:00.000000 UTC',
  '2026-03-01 11:30:00 UTC+2',
  '2026/03/01 09:30:00',
  '2026-3-1 9:30:00',
  '2026.03.01 09:30:00',
  '2026-03-01 9:30:00 AM',
  '2026-03-01 09:30 a.m.',
  '20260301093000',
  '202603010930',
  20260301093000,
  // RFC 5322 (mail), RFC 9110 (HTTP) and asctime
  'Sun, 01 Mar 2026 09:30:00 +0000',
  'Sun, 1 Mar 2026 11:30:00 +0200',
  'Sun, 01 Mar 2026 09:30:00 GMT',
  '01 Mar 2026 09:30:00 UT',
  'Sun, 01 Mar 2026 04:30:00 EST',
  'Sun Mar  1 09:30:00 2026',
  'Sun Mar  1 09:30:00 UTC 2026',
  'Sunday, 01-Mar-2026 09:30:00 GMT',
  // JavaScript, Ruby, Apache, people
  'Sun Mar 01 2026 10:30:00 GMT+0100 (Central European Standard Time)',
  'Mar 1, 2026, 9:30:00\u202fAM',
  'March 1, 2026 at 9:30 AM',
  '1 March 2026 09:30',
  '01-Mar-2026 09:30:00',
  '01/Mar/2026:10:30:00 +0100',
  '/Date(1772357400000)/',
  '/Date(1772357400000+0200)/',
  // Unix times in s, ms, µs and ns, as numbers and as text
  1772357400,
  1772357400000,
  1772357400000000,
  1772357400.0,
  '1772357400',
  '1772357400.000',
  '1772357400000',
  '1772357400000000',
  '1772357400000000000',
  ' 1772357400 ',
] as const;

test.each(AT)('%j is 2026-03-01T09:30:00Z', (spelling) => {
  expect(iso(spelling)).toBe('2026-03-01T09:30:00.000Z');
});

test.each([
  ['2026-03-01', '2026-03-01T00:00:00.000Z'],
  ['20260301', '2026-03-01T00:00:00.000Z'],
  [20260301, '2026-03-01T00:00:00.000Z'],
  ['2026/3/1', '2026-03-01T00:00:00.000Z'],
  ['March 1, 2026', '2026-03-01T00:00:00.000Z'],
  ['1 Mar 2026', '2026-03-01T00:00:00.000Z'],
  ['2026-W09-7', '2026-03-01T00:00:00.000Z'],
  ['2026-060', '2026-03-01T00:00:00.000Z'],
  ['2024-366', '2024-12-31T00:00:00.000Z'],
  ['2020-W53-5', '2021-01-01T00:00:00.000Z'],
  ['2026-03-01T24:00:00Z', '2026-03-02T00:00:00.000Z'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ['2016-12-31T18:59:60.5-05:00', '2017-01-01T00:00:00.500Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ['2026-03-01T09:30:00.1239Z', '2026-03-01T09:30:00.123Z'],
  ['2026-03-01 12:30 AM', '2026-03-01T00:30:00.000Z'],
  ['2026-03-01 12:30 PM', '2026-03-01T12:30:00.000Z'],
  ['1772357400.123', '2026-03-01T09:30:00.123Z'],
  [1772357400.123, '2026-03-01T09:30:00.123Z'],
])('%j is %s', (spelling, instant) => {
  expect(iso(spelling)).toBe(instant);
});

test.each([
  // days and times that do not exist
  '2026-02-30T09:30:00Z',
  '2026-02-29',
  '2025-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2026-04-31 10:00:00',
  '2026-13-01',
  '2026-00-10',
  '2026-01-00',
  '20260230T093000Z',
  '20260230',
  '30 Feb 2026',
  'Feb 30, 2026',
  'Mon, 30 Feb 2026 09:30:00 GMT',
  '2026-366',
  '2026-000',
  '2026-W54-1',
  '2026-W00-1',
  '2026-W09-8',
  '2025-W53-1',
  '2026-03-01T25:00:00Z',
  '2026-03-01T24:00:01Z',
  '2026-03-01T09:60:00Z',
  '2026-03-01T09:30:61Z',
  '2026-03-01T09:30:60Z',
  '2026-03-01T09:30:00+25:00',
  '2026-03-01T09:30:00+02:60',
  '2026-03-01 13:30 PM',
  '2026-03-01 0:30 AM',
  // a day of the week that is another one
  'Mon, 01 Mar 2026 09:30:00 GMT',
  // no instant
  'yesterday',
  'now',
  '2026',
  '2026-03',
  '2026-W09',
  '09:30:00',
  '',
  '0000-00-00 00:00:00',
  '2026-03-01T',
  '2026-03-01T09:30:00Z and more',
  46082.396,
  -1,
  0,
  Number.NaN,
  1e300,
  true,
  null,
  undefined,
  { $date: 1772357400000 },
  [1772357400000],
])('%j is no time', (value) => {
  expect(iso(value)).toBe('absurd');
});

test.each([
  '01/02/2026',
  '1/2/2026, 9:30:00 AM',
  '13/02/2026',
  '02/13/2026 10:00',
  '01.02.2026 09:30',
  '01-02-2026',
  '01/02/26',
  '26-03-01 09:30',
  '01-MAR-26',
  '1 Mar 26',
  '2026-03-01 09:30:00 CST',
  '2026-03-01 09:30:00 IST',
  'Sun Mar  1 09:30:00 CET 2026',
  '2026-03-01T09:30:00 Europe/Paris',
])('%j may be several times', (value) => {
  expect(iso(value)).toBe('ambiguous');
});

describe('any instant', () => {
  const instant = fc.date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
  const cut = (date: Date, unit: number): string => new Date(Math.floor(+date / unit) * unit).toISOString();

  test.each<[string, number, (date: Date) => unknown]>([
    ['ISO 8601', 1, (date) => date.toISOString()],
    ['JSON', 1, (date) => JSON.parse(JSON.stringify(date)) as unknown],
    ['an HTTP date', 1000, (date) => date.toUTCString()],
    ['a JavaScript date', 1000, (date) => date.toString()],
    ['Unix milliseconds', 1, (date) => +date],
    ['Unix milliseconds as text', 1, (date) => String(+date)],
    ['Unix seconds', 1000, (date) => Math.floor(+date / 1000)],
    ['Unix microseconds', 1, (date) => +date * 1000],
    ['Unix nanoseconds as text', 1, (date) => `${+date}000000`],
  ])('is read from %s', (_, unit, write) => {
    fc.assert(
      fc.property(instant, (date) => {
        expect(iso(write(date))).toBe(cut(date, unit));
      }),
    );
  });

  test('whatever is sent, the answer is a time of the years 1990 to 9999 or a reason', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.anything(), fc.stringMatching(/^[\d:TZ/. +-]{1,25}$/)),
        (value) => {
          const read = readInstant(value);
          if (typeof read === 'string') expect(['absurd', 'ambiguous']).toContain(read);
          else expect(+read >= Date.UTC(1990, 0) && +read < Date.UTC(10_000, 0)).toBe(true);
        },
      ),
    );
  });

  test('is the same from digits with space around them', () => {
    const different: string[] = [];
    fc.assert(
      fc.property(fc.stringMatching(/^20[0-2]\d[01][0-2][0-2]\d\d{1,9}$/), (digits) => {
        if (iso(digits) !== iso(` ${digits}`)) different.push(digits);
      }),
      { numRuns: 1000 },
    );
    expect(different).toEqual([]);
  });
});

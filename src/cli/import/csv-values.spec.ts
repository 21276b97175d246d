import { describe, expect, test } from '@jest/globals';
import { amountIn, timeIn, type ValueFormat } from './csv-values.js';

describe('a time', () => {
  test.each<[string, ValueFormat, string]>([
    ['2026-03-01T09:30:00Z', {}, '2026-03-01T09:30:00.000Z'],
    ['2026-03-01 09:30', {}, '2026-03-01T09:30:00.000Z'],
    ['2026-03-01 09:30', { timeZone: 'Europe/Berlin' }, '2026-03-01T08:30:00.000Z'],
    ['2026-07-01 09:30', { timeZone: 'Europe/Berlin' }, '2026-07-01T07:30:00.000Z'],
    ['2026-07-01T09:30:00+05:30', { timeZone: 'Europe/Berlin' }, '2026-07-01T04:00:00.000Z'],
    ['1772357400', { timeZone: 'Europe/Berlin' }, '2026-03-01T09:30:00.000Z'],
    ['1772357400123', { timeZone: 'Europe/Berlin' }, '2026-03-01T09:30:00.123Z'],
    ['2026-03-01', { timeZone: 'Europe/Berlin' }, '2026-02-28T23:00:00.000Z'],
    ['1 March 2026', { timeZone: 'Europe/Berlin' }, '2026-02-28T23:00:00.000Z'],
    ['01-Mar-2026', { timeZone: 'Europe/Berlin' }, '2026-02-28T23:00:00.000Z'],
    ['Mar 1, 2026 9:30 AM', { timeZone: 'Europe/Berlin' }, '2026-03-01T08:30:00.000Z'],
    ['Sun Mar 1 09:30:00 2026', { timeZone: 'Europe/Berlin' }, '2026-03-01T08:30:00.000Z'],
    ['2026-03-01 09:30:00 UTC', { timeZone: 'Europe/Berlin' }, '2026-03-01T09:30:00.000Z'],
    ['2026-03-01 09:30:00 +01', { timeZone: 'America/New_York' }, '2026-03-01T08:30:00.000Z'],
    ['Sun, 01 Mar 2026 09:30:00 GMT', { timeZone: 'Europe/Berlin' }, '2026-03-01T09:30:00.000Z'],
    ['Sun Mar 1 09:30:00 UTC 2026', { timeZone: 'Europe/Berlin' }, '2026-03-01T09:30:00.000Z'],
    ['01.07.2026 09:30', { timeFormat: 'dd.MM.yyyy HH:mm' }, '2026-07-01T09:30:00.000Z'],
    [
      '7/1/2026 9:30 PM',
      { timeFormat: 'M/d/yyyy h:mm a', timeZone: 'America/New_York' },
      '2026-07-02T01:30:00.000Z',
    ],
    ['1 Jul 2026', { timeFormat: 'd MMM yyyy' }, '2026-07-01T00:00:00.000Z'],
  ])('%j by %j is %s', (text, format, expected) => {
    expect(timeIn(text, format)).toBe(expected);
  });

  test.each<[string, ValueFormat, string]>([
    ['03/04/2026', {}, 'has several readings; set timeFormat in the mapping'],
    ['yesterday', {}, 'is not a time; set timeFormat in the mapping'],
    ['2026-02-30', {}, 'is not a time; set timeFormat in the mapping'],
    ['30.02.2026', { timeFormat: 'dd.MM.yyyy' }, 'is not a time like dd.MM.yyyy'],
    ['2026-03-01', { timeFormat: 'dd.MM.yyyy' }, 'is not a time like dd.MM.yyyy'],
  ])('%j by %j is none: it %s', (text, format, message) => {
    expect(timeIn(text, format)).toEqual({ code: 'time-invalid', message });
  });
});

describe('an amount', () => {
  test.each<[string, ValueFormat, string]>([
    ['120000', {}, '120000'],
    ['1,234,567.89', {}, '1234567.89'],
    ['$ 1,234.50', {}, '1234.50'],
    ["1'234.50", {}, '1234.50'],
    ['-5.5', {}, '-5.5'],
    ['1.234.567,89 €', { decimal: ',' }, '1234567.89'],
    ['1 234,5', { decimal: ',' }, '1234.5'],
  ])('%j by %j is %s', (text, format, expected) => {
    expect(amountIn(text, format)).toBe(expected);
  });

  test.each<[string, ValueFormat]>([
    ['1.234,56', {}],
    ['1,23', {}],
    ['1,234.56', { decimal: ',' }],
    ['a lot', {}],
    ['1e6', {}],
  ])('%j by %j is none', (text, format) => {
    expect(amountIn(text, format)).toMatchObject({ code: 'amount-invalid' });
  });
});

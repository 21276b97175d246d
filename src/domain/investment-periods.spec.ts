import { expect, test } from '@jest/globals';
import { periodStart, periodUnit } from './investment-periods.js';
import type { InvestmentPeriods } from './model/lead-management.js';

test.each<[string, InvestmentPeriods | undefined, string]>([
  ['2026-03', undefined, '2026-03-01'],
  ['2026-03', { period: 'month', fiscalYearStart: 4 }, '2026-03-01'],
  ['2026-03', { period: 'quarter' }, '2026-01-01'],
  ['2026-12', { period: 'quarter' }, '2026-10-01'],
  ['2026-01', { period: 'quarter', fiscalYearStart: 2 }, '2025-11-01'],
  ['2026-02', { period: 'quarter', fiscalYearStart: 2 }, '2026-02-01'],
  ['2026-03', { period: 'year', fiscalYearStart: 4 }, '2025-04-01'],
  ['2026-04', { period: 'year', fiscalYearStart: 4 }, '2026-04-01'],
  ['2026-12', { period: 'year' }, '2026-01-01'],
  ['2026-W01', { period: 'week' }, '2025-12-29'],
  ['2020-W53', { period: 'week' }, '2020-12-28'],
  ['2021-W01', { period: 'week' }, '2021-01-04'],
])('%s lies in the period %j that begins on %s', (unit, periods, start) => {
  expect(periodStart(unit, periods)).toBe(start);
  expect(unit.includes('W')).toBe(periodUnit(periods) === 'week');
});

import { DAY_MS } from './model/journey-model.js';
import type { InvestmentPeriods } from './model/lead-management.js';

const CALENDAR_MONTHS: InvestmentPeriods = { period: 'month' };
const MONTHS = { month: 1, quarter: 3, year: 12 } as const;

/** What a report is grouped by, so that its groups can be added up to periods: weeks (2026-W14) or months (2026-04). */
export const periodUnit = ({ period } = CALENDAR_MONTHS): 'week' | 'month' =>
  period === 'week' ? 'week' : 'month';

/** The first day of the period that a week or a month lies in. Quarters and years are those of the fiscal year. */
export function periodStart(unit: string, { period, fiscalYearStart = 1 } = CALENDAR_MONTHS): string {
  const [year, part] = [Number(unit.slice(0, 4)), Number(unit.slice(-2))];
  if (period === 'week') return monday(year, part);
  const months = year * 12 + part - fiscalYearStart;
  const start = months - (months % MONTHS[period]) + fiscalYearStart - 1;
  return `${String(Math.floor(start / 12)).padStart(4, '0')}-${String((start % 12) + 1).padStart(2, '0')}-01`;
}

/** Of a week by ISO 8601: 4 January is in the first one. */
function monday(year: number, week: number): string {
  const fourth = Date.UTC(year, 0, 4);
  const weekday = (new Date(fourth).getUTCDay() + 6) % 7;
  return new Date(fourth + ((week - 1) * 7 - weekday) * DAY_MS).toISOString().slice(0, 10);
}

import { checkCurrency, parseSignedAmount } from './attribution/money.js';
import {
  INVESTMENT_DIMENSIONS,
  type InvestmentDimension,
  type InvestmentRecorded,
  type InvestmentTarget,
} from './catalogue-events.js';
import { label, tagLabel } from './label.js';
import { DAY_MS } from './model.js';
import { Refused } from './refused.js';
import { CHANNELS, type Channel } from './touchpoint.js';

/** An investment as it is reported; exactly one of source, campaign, channel and content says what it is for. */
export interface ReportedInvestment extends Partial<Record<InvestmentDimension, string | undefined>> {
  readonly investmentId: string;
  /** Decimal text; negative: a credit note. */
  readonly amount: string;
  readonly currency: string;
  /** The first day (YYYY-MM-DD). */
  readonly from: string;
  /** The day after the last one. */
  readonly to: string;
  readonly note?: string | undefined;
}

/** Ten years and a leap day to spare. */
export const MAX_PERIOD_DAYS = 3_660;

/**
 * @throws Refused amount-malformed, amount-decimals, amount-too-large, currency-unknown, day-invalid, period-empty,
 * period-reversed, period-too-long, target-missing, target-ambiguous, channel-unknown
 */
export function investmentOf(reported: ReportedInvestment): InvestmentRecorded {
  const { investmentId, from, to, note } = reported;
  const currency = checkCurrency(reported.currency);
  const amountMinor = parseSignedAmount(reported.amount, currency);
  checkPeriod(from, to);
  const data = { investmentId, amountMinor, currency, from, to, for: targetOf(reported) };
  return note === undefined ? data : { ...data, note };
}

function checkPeriod(from: string, to: string): void {
  const days = dayNumber(to, 'to') - dayNumber(from, 'from');
  if (days === 0) throw new Refused('period-empty', 'to is the day after the last one; it equals from', 'to');
  if (days < 0) throw new Refused('period-reversed', `to (${to}) lies before from (${from})`, 'to');
  if (days <= MAX_PERIOD_DAYS) return;
  const message = `a period has at most ${MAX_PERIOD_DAYS} days, and this one has ${days}`;
  throw new Refused('period-too-long', message, 'to');
}

/** Whether it is a day of the calendar, as YYYY-MM-DD, from 1900 to 2199. */
export function isDay(text: string): boolean {
  if (!/^(19|20|21)\d\d-\d\d-\d\d$/.test(text)) return false;
  const midnight = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(+midnight) && midnight.toISOString().startsWith(text);
}

/** Counted from 1970-01-01. @throws Refused `day-invalid` */
export function dayNumber(day: string, path: string): number {
  if (isDay(day)) return Date.parse(`${day}T00:00:00Z`) / DAY_MS;
  throw new Refused('day-invalid', `"${day.slice(0, 30)}" is not a day such as 2026-03-01`, path);
}

function targetOf(reported: Partial<Record<InvestmentDimension, string | undefined>>): InvestmentTarget {
  const named = INVESTMENT_DIMENSIONS.filter((dimension) => reported[dimension] !== undefined);
  const [dimension, other] = named;
  const allowed = `one of ${INVESTMENT_DIMENSIONS.join(', ')}`;
  if (dimension === undefined)
    throw new Refused('target-missing', `${allowed} must say what the investment is for`, 'source');
  if (other !== undefined)
    throw new Refused(
      'target-ambiguous',
      `an investment is for exactly ${allowed}, not for ${named.join(' and ')}`,
      other,
    );
  return { dimension, value: labelIn(dimension, reported[dimension] ?? '') };
}

/** A value in the form that touchpoints have. @throws Refused `label-blank`, `channel-unknown` */
export function labelIn(dimension: InvestmentDimension, value: string, path: string = dimension): string {
  if (dimension === 'channel') return checkChannel(value, path);
  const made = dimension === 'source' ? tagLabel(value) : label(value);
  if (made !== undefined) return made;
  throw new Refused('label-blank', `${path} has no visible character`, path);
}

/** @throws Refused `channel-unknown` */
export function checkChannel(value: string, path = 'channel'): Channel {
  const channel = CHANNELS.find((known) => known === value.trim());
  if (channel) return channel;
  throw new Refused('channel-unknown', `"${value.slice(0, 50)}" is not one of ${CHANNELS.join(', ')}`, path);
}

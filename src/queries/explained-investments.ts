import { DAY_MS } from '../domain/model/journey-model.js';
import { money } from '../domain/attribution/money.js';
import type { ExplainedCell } from './attribution-cell.js';
import { isDimension } from './attribution-returns.js';
import { type ConversionOn, conversionsOf, RateItem } from './conversions.js';
import { returnRatio, sumOf } from './invested-cells.js';
import { InvestmentItem, investmentItem } from './investments.js';
import { type InvestmentPart, investmentParts } from './metrics/invested.js';
import { MoneyItem, valueOf } from './money.js';
import type { View } from './read-models.js';
import { namesOf } from './report-filters.js';
import type { Cut, ReportScope, ReturnMetric } from './report-scope.js';
import { Integer, MaybeDecimal, MaybeLogPosition, MaybeNested, NestedList, Text } from './response-fields.js';

/** An investment with the part of it that is in the number. */
export class ExplainedInvestment extends InvestmentItem {
  @MaybeLogPosition(
    'Of an investment in a campaign: position of the event by which the campaign names the source or channel; null: the investment is for the row itself',
  )
  campaignPosition!: string | null;
  @Text('First day that counts: of the period of the report, and of the month of the row')
  countedFrom!: string;
  @Text('Day after the last that counts') countedTo!: string;
  @Integer('Number of these days') countedDays!: number;
  @Integer('Number of days of the whole') days!: number;
  @MaybeNested(
    'The whole in the currency of the report, converted once and then spread over its days; null: no rate is published',
    () => MoneyItem,
  )
  converted!: MoneyItem | null;
  @MaybeNested(
    'Rate of its own currency at its first day; null: none was needed, or none is published',
    () => RateItem,
  )
  rate!: RateItem | null;
  @MaybeNested('Rate of the currency of the report on that day; null likewise', () => RateItem)
  divisor!: RateItem | null;
  @MaybeNested(
    'What of it lies on the days that count; null: no rate is published, so it is in no sum',
    () => MoneyItem,
  )
  invested!: MoneyItem | null;
}

/** The other side of a return. */
export class ExplainedReturns {
  @MaybeNested('What was invested, as in the row of the report; null: nothing is recorded', () => MoneyItem)
  invested!: MoneyItem | null;
  @MaybeDecimal('Of `value` and `invested`, as in the row; null: nothing was invested') ratio!: number | null;
  @Integer('Number of investments, with those that no rate is published for') count!: number;
  @NestedList(
    'The investments, largest part first; a page has as many as it has opportunities at most. Their parts add up to `invested`',
    () => ExplainedInvestment,
  )
  items!: ExplainedInvestment[];
}

/** The investments behind a number, those without a rate last. */
export async function investmentsOfCell(
  view: View,
  scope: ReportScope,
  { by, cell }: { readonly by: readonly Cut[]; readonly cell: ExplainedCell },
): Promise<readonly InvestmentPart[]> {
  const dimension = by.find(isDimension);
  if (dimension !== undefined && cell.without.includes(dimension)) return [];
  const key = dimension && cell.cut[dimension];
  const keys = dimension && key !== undefined ? namesOf(dimension, key) : undefined;
  return investmentParts(view, scope, { dimension, keys, month: cell.cut.month });
}

/** @param value credit of the number, in minor units */
export async function explainedReturns(
  view: View,
  scope: ReportScope,
  { metric, value, all, page }: Returned,
): Promise<ExplainedReturns> {
  const conversionOn = await conversionsOf(view, scope);
  const counted = all.flatMap(({ invested }) => (invested === null ? [] : [BigInt(invested)]));
  const invested = counted.length === 0 ? null : sumOf(counted);
  return {
    invested: invested === null ? null : money(invested, scope.currency),
    ratio: returnRatio(metric, value, invested),
    count: all.length,
    items: page.map((part) => explainedInvestment(part, scope, conversionOn)),
  };
}

interface Returned {
  readonly metric: ReturnMetric;
  readonly value: bigint;
  readonly all: readonly InvestmentPart[];
  readonly page: readonly InvestmentPart[];
}

function explainedInvestment(
  part: InvestmentPart,
  { currency }: ReportScope,
  conversionOn: ConversionOn,
): ExplainedInvestment {
  const { period_from: from, period_to: to, counted_from: countedFrom, counted_to: countedTo } = part;
  return {
    ...investmentItem(part),
    campaignPosition: part.campaign_known_from,
    ...{ countedFrom, countedTo },
    countedDays: daysBetween(countedFrom, countedTo),
    days: daysBetween(from, to),
    converted: valueOf(part.reported, currency),
    ...conversionOn(part.currency, from),
    invested: valueOf(part.invested, currency),
  };
}

const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / DAY_MS;

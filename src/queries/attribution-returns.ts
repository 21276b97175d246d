import { ApiPropertyOptional } from '@nestjs/swagger';
import { INVESTMENT_DIMENSIONS, type InvestmentDimension } from '../domain/catalogue-events.js';
import { money } from '../domain/attribution/money.js';
import type { CreditRow } from './attribution-rows.js';
import {
  inOrderOf,
  type InvestedCell,
  type Investments,
  investmentsByCell,
  returnRatio,
  sumOf,
  withInvestments,
} from './invested-cells.js';
import { unconvertedInvestments } from './metrics/invested.js';
import { MoneyItem, moneyOf } from './money.js';
import type { Params, RawParams } from './params.js';
import { FILTER_PARAMETERS, filteredCuts, namesOf } from './report-filters.js';
import type { View } from './read-models.js';
import {
  type Cut,
  isByTime,
  isReturn,
  type ReportFilter,
  type ReportMetric,
  type ReportScope,
  type ReturnMetric,
  type ScopeQuery,
} from './report-scope.js';
import { MaybeDecimal, Nested, NestedList } from './response-fields.js';
import { UnconvertedInvestment } from './unconverted-investment.js';

/** What was invested beside what a report credits. */
export class ReturnsItem {
  @Nested('Sum of the rows', () => MoneyItem) invested!: MoneyItem;
  @Nested('Investments of the period in no row: they are for another dimension', () => MoneyItem)
  elsewhere!: MoneyItem;
  @MaybeDecimal('Of `selected` and `invested`, as in the rows; null: nothing was invested') ratio!:
    number | null;
  @NestedList(
    'Investments in no sum, since their currency has no published rate',
    () => UnconvertedInvestment,
  )
  unconvertedInvestments!: UnconvertedInvestment[];
}

/** What was invested in a row, only of metrics that look at it. */
export const MaybeInvested = (): PropertyDecorator =>
  ApiPropertyOptional({
    type: () => MoneyItem,
    nullable: true,
    description:
      'Of `roi` and `pipeline_per_dollar`: what was invested in the row; null: nothing is recorded',
  });

export const RATIO = '(value - invested) / invested, and value / invested; six decimals';

/** A ratio, only of metrics that are one. */
export const MaybeRatio = (description: string): PropertyDecorator =>
  ApiPropertyOptional({
    type: Number,
    nullable: true,
    description: `Of \`roi\` and \`pipeline_per_dollar\`: ${description}; null: nothing was invested`,
  });

export type ReturnRow = InvestedCell<CreditRow>;

/** Whether it is a cut by what investments are for. */
export const isDimension = (cut: Cut): cut is InvestmentDimension =>
  INVESTMENT_DIMENSIONS.some((dimension) => dimension === cut);

interface AskedReturns {
  readonly metric: ReportMetric;
  readonly by: readonly Cut[];
  readonly filter: ReportFilter;
}

/** Investments have one target and days. What they cannot be cut by has no return: faults are collected in `params`. */
export function checkReturns(
  params: Params,
  given: RawParams,
  { metric, by, filter, scope }: AskedReturns & { readonly scope: ScopeQuery },
): void {
  if (!isReturn(metric)) return;
  const targets = `${INVESTMENT_DIMENSIONS.join(', ')}, and by month`;
  // Where a row is named by its cuts, these are at fault.
  const nameOf = (cut: Cut): string =>
    given['by'] !== undefined || given['keys'] !== undefined
      ? 'by'
      : given[cut] === undefined
        ? 'without'
        : cut;
  for (const cut of by.filter((each) => !isDimension(each) && each !== 'month'))
    params.fault('cut-without-investments', nameOf(cut), `nothing is invested by ${cut}; cut ${metric} by one of ${targets}`); // prettier-ignore
  const [, second] = by.filter(isDimension);
  if (second !== undefined)
    params.fault('cut-too-many', nameOf(second), `an investment is for one thing; cut ${metric} by one of ${targets}`); // prettier-ignore
  for (const cut of filteredCuts(filter).filter((each) => !by.includes(each))) {
    const name = FILTER_PARAMETERS.find((each) => each === cut && given[cut] !== undefined) ?? 'without';
    params.fault('filter-without-investments', name, `narrows down credit by ${cut}, but not what was invested; filter ${metric} by the cuts in by`); // prettier-ignore
  }
  for (const name of ['from', 'to'] as const) {
    if (scope[name] && 'instant' in scope[name])
      params.fault(`${name}-invalid`, name, 'must be a day (2026-01-31): investments have no time of day');
  }
}

/** What was invested in the cells of a report. */
export const reportInvestments = (
  view: View,
  scope: ReportScope,
  { by, filter }: Pick<AskedReturns, 'by' | 'filter'>,
): Promise<Investments> =>
  investmentsByCell(
    view,
    scope,
    { dimension: by.find(isDimension), time: by.includes('month') ? 'month' : undefined },
    (key, time) => {
      const keys = by.map((cut) => (cut === 'month' ? time : key));
      return isSelected(by, keys, filter) ? keys : undefined;
    },
  );

/** The rows of a report with what was invested in each, and those that had investments and no credit. */
export const returnRows = (
  credited: readonly CreditRow[],
  investments: Investments,
  by: readonly Cut[],
): ReturnRow[] =>
  withInvestments(credited, investments, (keys) => ({
    ...{ keys, title: null, value: 0n, opportunities: 0, touches: 0 },
  })).sort(inOrderOf(isByTime(by) ? 0 : undefined));

/** Sums of all rows of a report. */
export async function returnsItem(
  view: View,
  scope: ReportScope,
  {
    metric,
    rows,
    investments: { elsewhere },
  }: {
    readonly metric: ReturnMetric;
    readonly rows: readonly ReturnRow[];
    readonly investments: Investments;
  },
): Promise<ReturnsItem> {
  const value = sumOf(rows.map((row) => row.value));
  const invested = sumOf(rows.map((row) => row.invested ?? 0n));
  return {
    invested: money(invested, scope.currency),
    elsewhere: money(elsewhere, scope.currency),
    ratio: returnRatio(metric, value, invested),
    unconvertedInvestments: await unconvertedInvestmentItems(view, scope),
  };
}

export const unconvertedInvestmentItems = async (
  view: View,
  scope: ReportScope,
): Promise<UnconvertedInvestment[]> =>
  (await unconvertedInvestments(view, scope)).map(({ amount, ...row }) => ({
    ...row,
    amount: moneyOf(amount, row.currency),
  }));

/** Rows with credit were selected by the touches that the filter lets through. */
const isSelected = (
  by: readonly Cut[],
  keys: readonly (string | null)[],
  { cut, without }: ReportFilter,
): boolean =>
  by.every((name, index) => {
    const [key, value] = [keys[index] ?? null, cut[name]];
    if (without.includes(name)) return key === null;
    return value === undefined || (key !== null && namesOf(name, value).includes(key));
  });

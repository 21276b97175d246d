import { INVESTMENT_DIMENSIONS, type InvestmentDimension } from '../domain/catalogue-events.js';
import { money } from '../domain/attribution/money.js';
import type { CreditRow } from './attribution-rows.js';
import { investedRows, unconvertedInvestments } from './metrics/invested.js';
import { MoneyItem, moneyOf } from './money.js';
import type { Params, RawParams } from './params.js';
import { FILTER_PARAMETERS, filteredCuts } from './report-filters.js';
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

/** A cell with what was invested in it, in minor units; null: no investment is for it in the period. */
export interface ReturnRow extends CreditRow {
  readonly invested: bigint | null;
}

export interface Returns {
  readonly rows: readonly ReturnRow[];
  readonly item: ReturnsItem;
}

const isDimension = (cut: Cut): cut is InvestmentDimension =>
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
  for (const cut of by.filter((each) => !isDimension(each) && each !== 'month'))
    params.fault('cut-without-investments', 'by', `nothing is invested by ${cut}; cut ${metric} by one of ${targets}`); // prettier-ignore
  if (by.filter(isDimension).length > 1)
    params.fault('cut-too-many', 'by', `an investment is for one thing; cut ${metric} by one of ${targets}`);
  for (const cut of filteredCuts(filter).filter((each) => !by.includes(each))) {
    const name = FILTER_PARAMETERS.find((each) => each === cut && given[cut] !== undefined) ?? 'without';
    params.fault('filter-without-investments', name, `narrows down credit by ${cut}, but not what was invested; filter ${metric} by the cuts in by`); // prettier-ignore
  }
  for (const name of ['from', 'to'] as const) {
    if (scope[name] && 'instant' in scope[name])
      params.fault(`${name}-invalid`, name, 'must be a day (2026-01-31): investments have no time of day');
  }
}

/** The rows of a report with what was invested in each, and those that had investments and no credit. */
export async function returnsOf(
  view: View,
  scope: ReportScope,
  { metric, by, filter }: Omit<AskedReturns, 'metric'> & { readonly metric: ReturnMetric },
  credited: readonly CreditRow[],
): Promise<Returns> {
  const dimension = by.find(isDimension);
  const costs = await investedRows(view, scope, {
    dimension,
    time: by.includes('month') ? 'month' : undefined,
  });
  const invested = new Map<string, bigint>();
  let elsewhere = 0n;
  for (const { key, time, invested: minor } of costs) {
    const keys = by.map((cut) => (cut === 'month' ? time : key));
    if (dimension !== undefined && key === null) elsewhere += BigInt(minor);
    else if (isSelected(by, keys, filter)) invested.set(JSON.stringify(keys), BigInt(minor));
  }
  const rows = withInvestments(credited, invested).sort(inOrder(by));
  const value = sumOf(rows.map((row) => row.value));
  const sum = sumOf(rows.map((row) => row.invested ?? 0n));
  return {
    rows,
    item: {
      invested: money(sum, scope.currency),
      elsewhere: money(elsewhere, scope.currency),
      ratio: returnRatio(metric, value, sum),
      unconvertedInvestments: (await unconvertedInvestments(view, scope)).map(({ amount, ...row }) => ({
        ...row,
        amount: moneyOf(amount, row.currency),
      })),
    },
  };
}

function withInvestments(credited: readonly CreditRow[], invested: ReadonlyMap<string, bigint>): ReturnRow[] {
  const known = new Set(credited.map(({ keys }) => JSON.stringify(keys)));
  const others = [...invested].filter(([keys]) => !known.has(keys));
  return [
    ...credited.map((row) => ({ ...row, invested: invested.get(JSON.stringify(row.keys)) ?? null })),
    ...others.map(([keys, minor]) => ({
      ...{
        keys: JSON.parse(keys) as (string | null)[],
        title: null,
        value: 0n,
        opportunities: 0,
        touches: 0,
      },
      invested: minor,
    })),
  ];
}

/** Rows with credit were selected by the touches that the filter lets through. */
const isSelected = (
  by: readonly Cut[],
  keys: readonly (string | null)[],
  { cut, without }: ReportFilter,
): boolean =>
  by.every((name, index) => {
    if (without.includes(name)) return keys[index] === null;
    return cut[name] === undefined || keys[index] === cut[name];
  });

const sumOf = (numbers: readonly bigint[]): bigint => numbers.reduce((sum, each) => sum + each, 0n);

const descending = (a: bigint, b: bigint): number => (a < b ? 1 : a > b ? -1 : 0);

/** As reports are, and by what was invested where that leaves a choice; the sort is stable. */
const inOrder =
  (by: readonly Cut[]) =>
  (a: ReturnRow, b: ReturnRow): number =>
    (isByTime(by) ? ascending(a.keys[0], b.keys[0]) : 0) ||
    descending(a.value, b.value) ||
    descending(a.invested ?? -1n, b.invested ?? -1n) ||
    ascending(JSON.stringify(a.keys), JSON.stringify(b.keys));

const ascending = (a: string | null | undefined, b: string | null | undefined): number => {
  const [left, right] = [a ?? '', b ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
};

/**
 * `roi`: (value − invested) / invested; `pipeline_per_dollar`: value / invested. To six decimals, half up; null where nothing was
 * invested, as no number says what was earned by nothing.
 */
export function returnRatio(metric: ReturnMetric, value: bigint, invested: bigint | null): number | null {
  if (invested === null || invested <= 0n) return null;
  const micros = Number((value * 2_000_000n + invested) / (2n * invested));
  return (metric === 'roi' ? micros - 1_000_000 : micros) / 1e6;
}

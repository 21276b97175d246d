import { Query } from '@nestjs/cqrs';
import { ApiPropertyOptional } from '@nestjs/swagger';
import type { ModelRequest } from '../domain/attribution/model-request.js';
import { money } from '../domain/attribution/money.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from './page-request.js';
import {
  creditedMetric,
  type Cut,
  CUTS,
  cutsOf,
  isReturn,
  type Metric,
  periodQueryOf,
  REPORT_METRICS,
  type ReportMetric,
  type ReportScope,
  SCOPE_PARAMETERS,
  type ScopeQuery,
} from './report-scope.js';
import { cellName, type CellNames } from './cell-names.js';
import { type CreditRow, type Totals, unconvertedRows } from './attribution-rows.js';
import {
  checkReturns,
  MaybeInvested,
  MaybeRatio,
  RATIO,
  type ReturnRow,
  ReturnsItem,
} from './attribution-returns.js';
import { returnRatio } from './invested-cells.js';
import type { CreditView } from './credit-ledger.js';
import { FILTER_PARAMETERS, filterOf, MaybeFilter } from './report-filters.js';
import type { ReportFilter } from './report-scope.js';
import { type BasisItem, MaybeBasis, MaybeRequest } from './attribution-basis.js';
import { writeCursor } from './cursor.js';
import { MODEL_PARAMETERS, modelRequestOf, REPORT_MODELS } from './model-parameters.js';
import {
  MaybeInstant,
  PageAnswer,
  Nested,
  NestedList,
  Decimal,
  Text,
  Texts,
  Integer,
  Enum,
  Enums,
} from './response-fields.js';
import { MoneyItem, moneyOf } from './money.js';
import type { EntityTag } from './entity-tag.js';
import { ReportCell } from './report-cell.js';
import { Params, type RawParams } from './params.js';
import type { View } from './read-models.js';

/** One row of a report. */
export class CreditItem extends ReportCell {
  @Nested('Credit', () => MoneyItem) value!: MoneyItem;
  @Decimal('Share of the attributed amount, 0 to 1, six decimals') share!: number;
  @Integer('Number of opportunities with credit in the row') opportunities!: number;
  @Integer('Touches with credit, each of its opportunity') touches!: number;
  @MaybeInvested() invested?: MoneyItem | null;
  @MaybeRatio(RATIO) ratio?: number | null;
}

/** Opportunities that cannot be reported in the currency: no rate is published for their date. They are in no sum. */
export class UnconvertedItem {
  @Text('Their currency') currency!: string;
  @Nested('Sum of their amounts', () => MoneyItem) amount!: MoneyItem;
  @Texts('Their ids') opportunities!: string[];
}

/** What reports over opportunities begin with. */
export abstract class ScopeAnswer extends PageAnswer {
  @Text('Currency of all sums: that of the journey model') currency!: string;
  @MaybeInstant('Start, inclusive: by closedAt for revenue, by openedAt for pipeline') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @Nested('Amount of all opportunities: attributed + unattributed', () => MoneyItem) total!: MoneyItem;
  @Nested('Amount of opportunities with touches; without filters the sum of the rows', () => MoneyItem)
  attributed!: MoneyItem;
  @Nested('Amount of opportunities without touches', () => MoneyItem) unattributed!: MoneyItem;
  @Integer('Opportunities in the total') opportunities!: number;
  @Integer('Number of them without touches') unattributedOpportunities!: number;
  @NestedList(
    'Opportunities that are in no sum because their currency has no published rate',
    () => UnconvertedItem,
  )
  unconverted!: UnconvertedItem[];
}

export class AttributionAnswer extends ScopeAnswer {
  @Enum('What is counted', REPORT_METRICS) metric!: string;
  @Enum('Attribution model', REPORT_MODELS) model!: string;
  @MaybeRequest() request?: ModelRequest;
  @MaybeBasis() basis?: BasisItem;
  @Enums('Cuts', CUTS) by!: Cut[];
  @MaybeFilter() filter?: ReportFilter;
  @Nested('Credit of the touches that the filter lets through: the sum of the rows', () => MoneyItem)
  selected!: MoneyItem;
  @ApiPropertyOptional({
    type: () => ReturnsItem,
    description: 'Only of `roi` and `pipeline_per_dollar`: what was invested in the days of the period',
  })
  returns?: ReturnsItem;
  @NestedList('Highest value first; by time if the first dimension is the month', () => CreditItem)
  rows!: CreditItem[];
}

/** How an answer may be written. */
export const FORMATS = ['json', 'csv', 'ndjson', 'arrow', 'parquet'] as const;
export type Format = (typeof FORMATS)[number];

/** Parameters of a report; gRPC has a field for each but the format. */
export const REPORT_PARAMETERS = [
  ...MODEL_PARAMETERS,
  'by',
  ...FILTER_PARAMETERS,
  ...SCOPE_PARAMETERS,
  'format',
  ...PAGE_PARAMETERS,
] as const;

export class FindAttribution extends Query<AttributionAnswer> {
  readonly model: ModelRequest;
  readonly metric: ReportMetric;
  readonly by: readonly Cut[];
  readonly filter: ReportFilter;
  readonly scope: ScopeQuery;
  readonly format: Format;
  readonly request: PageRequest;
  /** Tables are handed out whole unless a limit was asked for. */
  readonly whole: boolean;

  /** @throws Problem 400 naming every parameter at fault and what is allowed */
  constructor(workspace: string, given: RawParams, tag?: EntityTag) {
    super();
    const params = new Params(given, REPORT_PARAMETERS);
    this.model = modelRequestOf(params, given);
    this.by = cutsOf(params);
    this.filter = filterOf(params);
    this.metric = params.oneOf('metric', REPORT_METRICS) ?? 'revenue';
    this.scope = { metric: creditedMetric(this.metric), ...periodQueryOf(params) };
    checkReturns(params, given, this);
    this.format = params.oneOf('format', FORMATS) ?? 'json';
    const request = pageRequestOf(workspace, params, { name: 'attribution', given, shapes: [/^\d{1,9}$/] });
    this.request = { ...request, tag };
    this.whole = this.format !== 'json' && given['limit'] === undefined;
  }
}

/** A page of a report is cut from the whole, which is the same each time at one position. */
export function slice<R>(
  { limit, question, after }: PageRequest,
  { asOf }: View,
  all: readonly R[],
): { page: readonly R[]; next: string | null } {
  const start = Number(after?.[0] ?? 0);
  const end = start + limit;
  const next = all.length > end ? writeCursor(question, { asOf, after: [String(end)] }) : null;
  return { page: all.slice(start, end), next };
}

/** The part of an answer with the scope of the report and its totals. */
export async function scopePart(
  view: CreditView,
  scope: ReportScope,
  totals: Totals,
): Promise<Omit<ScopeAnswer, 'asOf' | 'modelVersion' | 'next'> & { metric: Metric }> {
  const { metric, currency, from, to } = scope;
  return {
    metric,
    currency,
    from,
    to,
    total: money(totals.total, currency),
    attributed: money(totals.attributed, currency),
    unattributed: money(totals.unattributed, currency),
    opportunities: totals.opportunities,
    unattributedOpportunities: totals.unattributedOpportunities,
    unconverted: await unconvertedItems(view, scope),
  };
}

export const unconvertedItems = async (view: CreditView, scope: ReportScope): Promise<UnconvertedItem[]> =>
  (await unconvertedRows(view, scope)).map(({ currency, amount, opportunities }) => ({
    ...{ currency, amount: moneyOf(amount, currency), opportunities },
  }));

interface CellContext {
  readonly metric: ReportMetric;
  readonly by: readonly Cut[];
  readonly names: CellNames;
  readonly currency: string;
  readonly attributed: bigint;
}

export function creditItem(
  row: CreditRow | ReturnRow,
  { metric, by, names, currency, attributed }: CellContext,
): CreditItem {
  return {
    ...cellName(row, by, names),
    without: withoutOf(row, by),
    value: money(row.value, currency),
    share: shareOf(row.value, attributed),
    opportunities: row.opportunities,
    touches: row.touches,
    ...('invested' in row && {
      invested: row.invested === null ? null : money(row.invested, currency),
      ratio: isReturn(metric) ? returnRatio(metric, row.value, row.invested) : null,
    }),
  };
}

/** The cuts that a cell has no value of. */
export const withoutOf = ({ keys }: Pick<CreditRow, 'keys'>, by: readonly Cut[]): Cut[] =>
  by.filter((_, index) => keys[index] === null);

/** Part of the whole, to six decimals, half up. */
export const shareOf = (value: bigint, whole: bigint): number =>
  whole === 0n ? 0 : Number((value * 2_000_000n + whole) / (2n * whole)) / 1e6;

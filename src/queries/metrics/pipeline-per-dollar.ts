import { Controller, Get, Inject, Query as QueryString, UseGuards } from '@nestjs/common';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { money } from '../../domain/attribution/money.js';
import { INVESTMENT_DIMENSIONS } from '../../domain/catalogue-events.js';
import { periodUnit } from '../../domain/investment-periods.js';
import { AuthGuard, RequestWorkspace } from '../../http/auth.guard.js';
import { slice, unconvertedItems, UnconvertedItem } from '../attribution.js';
import { unconvertedInvestmentItems } from '../attribution-returns.js';
import { totalsOf } from '../attribution-rows.js';
import { withLedger } from '../credit-ledger.js';
import { ENGAGEMENT, type Engagement } from '../engagement/engagement.js';
import { returnRatio } from '../invested-cells.js';
import { MoneyItem } from '../money.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from '../page-request.js';
import { Params, type RawParams } from '../params.js';
import { QueryDocs } from '../query-docs.js';
import { ReadModels } from '../read-models.js';
import { METRICS, MODEL_NAMES, type ModelName, resolveScope, type ScopeQuery } from '../report-scope.js';
import { SEGMENT_PROJECTIONS } from '../segments.js';
import {
  Enum,
  Enums,
  Integer,
  MaybeDecimal,
  MaybeInstant,
  MaybeText,
  Nested,
  NestedList,
  PageAnswer,
  Text,
} from '../response-fields.js';
import { UnconvertedInvestment } from '../unconverted-investment.js';
import { BUYER_CUTS } from './apportioned.js';
import { asksSegments } from './cut-request.js';
import type { Metric } from './metric.js';
import { returnRows, type ReturnDimension } from './return-rows.js';

const CUTS = [...INVESTMENT_DIMENSIONS, ...BUYER_CUTS, 'month', 'period'] as const;

const isTime = (cut: (typeof CUTS)[number]): cut is 'month' | 'period' => cut === 'month' || cut === 'period';

export class ReturnItem {
  @MaybeText('Value of the dimension; null: cut by time alone, or there is none') key!: string | null;
  @MaybeText('Month (YYYY-MM) of the opening or close and of the investment; null unless cut by it') month!:
    string | null;
  @MaybeText('First day of the period of the journey model (`investments`); null unless cut by it') period!:
    string | null;
  @Text('For display: title of the content, name of the campaign, else the key, or "(none)"') label!: string;
  @Nested('Amount of its opportunities, or credit', () => MoneyItem) value!: MoneyItem;
  @Nested('What was invested in it; by persona and segment, its part of each investment', () => MoneyItem)
  invested!: MoneyItem;
  @MaybeDecimal('value / invested, six decimals; null: nothing was invested') perDollar!: number | null;
  @Integer('Opportunities, of a model those with credit') opportunities!: number;
}

export class PipelinePerDollarAnswer extends PageAnswer {
  @Enum('What is counted', METRICS) metric!: string;
  @MaybeText('Attribution model; null: opportunities count for their own lead source') model!: string | null;
  @Enums('Cuts', CUTS) by!: string[];
  @Text('Currency of all sums: that of the journey model') currency!: string;
  @MaybeInstant('Start, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @Nested('Amount of all opportunities: the rows and what is unattributed', () => MoneyItem)
  value!: MoneyItem;
  @Nested(
    'All that was invested in the period: the rows, what is elsewhere and what is unapportioned',
    () => MoneyItem,
  )
  invested!: MoneyItem;
  @MaybeDecimal('value / invested, six decimals; null: nothing was invested') perDollar!: number | null;
  @Integer('Opportunities') opportunities!: number;
  @Nested('Amount of opportunities in no row: they have no touches', () => MoneyItem)
  unattributed!: MoneyItem;
  @Nested('Investments in no row: they are for another dimension', () => MoneyItem) elsewhere!: MoneyItem;
  @Nested(
    'By persona and segment: investments in no row, since what they are for engaged nobody in the period; else 0',
    () => MoneyItem,
  )
  unapportioned!: MoneyItem;
  @NestedList('Opportunities in no sum, since their currency has no published rate', () => UnconvertedItem)
  unconverted!: UnconvertedItem[];
  @NestedList('Investments in no sum, for the same reason', () => UnconvertedInvestment)
  unconvertedInvestments!: UnconvertedInvestment[];
  @NestedList('Highest value first; by time, if cut by it', () => ReturnItem) rows!: ReturnItem[];
}

class FindPipelinePerDollar extends Query<PipelinePerDollarAnswer> {
  readonly model: ModelName | undefined;
  readonly by: readonly (typeof CUTS)[number][];
  readonly scope: ScopeQuery;
  readonly request: PageRequest;

  /** @throws Problem 400 naming every parameter at fault */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, ['metric', 'model', 'by', 'from', 'to', 'currency', ...PAGE_PARAMETERS]);
    this.model = params.oneOf('model', MODEL_NAMES);
    this.by = params.someOf('by', CUTS, 'cut') ?? ['source'];
    const dimensions = this.by.filter((cut) => !isTime(cut));
    if (dimensions.length > 1 || this.by.length > dimensions.length + 1)
      params.fault(
        'cut-too-many',
        'by',
        'cuts by one of source, campaign, channel, content, persona, segment, and by month or period',
      );
    if (this.model === undefined && dimensions.some((cut) => cut !== 'source'))
      params.fault('model-missing', 'model', `is required to cut by ${dimensions.join(', ')}`);
    const [from, to] = [params.day('from'), params.day('to')];
    this.scope = {
      metric: params.oneOf('metric', METRICS) ?? 'pipeline',
      from: from === undefined ? undefined : { day: from },
      to: to === undefined ? undefined : { day: to },
      currency: params.text('currency'),
    };
    const name = 'pipeline-per-dollar';
    this.request = pageRequestOf(workspace, params, { name, given, shapes: [/^\d{1,9}$/] });
  }
}

const PROJECTIONS = ['journey', 'opportunities', 'attribution', 'catalogue'];

@QueryHandler(FindPipelinePerDollar)
class FindPipelinePerDollarHandler implements IQueryHandler<FindPipelinePerDollar> {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(ENGAGEMENT) private readonly engagement: Engagement,
  ) {}

  execute({ request, scope: asked, model, by }: FindPipelinePerDollar): Promise<PipelinePerDollarAnswer> {
    const needed = asksSegments({ by }) ? [...PROJECTIONS, ...SEGMENT_PROJECTIONS] : PROJECTIONS;
    return this.models.view(request, needed, async (opened) => {
      const scope = await resolveScope(opened, asked);
      const { currency, metric } = scope;
      const view = await withLedger(opened, { metric, models: model === undefined ? [] : [model] });
      const totals = await totalsOf(view, scope);
      const dimension = by.find((cut): cut is ReturnDimension => !isTime(cut));
      const byPeriod = by.includes('period');
      const unit = byPeriod ? periodUnit(view.model?.data.document.investments) : 'month';
      const time = by.some(isTime) ? unit : undefined;
      const found = await returnRows(view, this.engagement, scope, { model, dimension, time, byPeriod });
      const { page, next } = slice(request, view, found.rows);
      return {
        ...{
          asOf: String(view.asOf),
          modelVersion: view.modelVersion,
          metric,
          model: model ?? null,
          by: [...by],
        },
        ...{ currency, from: scope.from, to: scope.to, opportunities: totals.opportunities },
        value: money(totals.total, currency),
        invested: money(found.invested, currency),
        perDollar: perDollar(totals.total, found.invested),
        unattributed: money(totals.total - found.value, currency),
        elsewhere: money(found.elsewhere, currency),
        unapportioned: money(found.unapportioned, currency),
        unconverted: await unconvertedItems(view, scope),
        unconvertedInvestments: await unconvertedInvestmentItems(view, scope),
        rows: page.map(({ value, invested, ...row }) => ({
          ...row,
          value: money(value, currency),
          invested: money(invested, currency),
          perDollar: perDollar(value, invested),
        })),
        next,
      };
    });
  }
}

const perDollar = (value: bigint, invested: bigint): number | null =>
  returnRatio('pipeline_per_dollar', value, invested);

const DESCRIPTION = `
Amount of the opportunities created in the period ÷ what was invested in the days of the period, in the currency of the journey
model. Without \`model\` an opportunity counts for its own lead source; with one its amount is credited to the sources, campaigns,
channels or contents of its touches. \`metric=revenue\`: of the opportunities won in the period (return on investment). \`by=period\` has
a row for each week, month, fiscal quarter or year, as \`investments\` of the journey model says; without it, for each month.

Nothing is invested in personas and segments. By \`persona\` or \`segment\`, with \`model\`, what is invested in a source, campaign, channel or content
is spread over the buyers whom it engaged in the period, each counted once, as \`hooks\` counts them: of 1,000.00 for a source that engaged 3
technical buyers and 1 of no persona, 750.00 are technical. What engaged nobody is \`unapportioned\`. A buyer in several segments is in the first of the
journey model, as in attribution reports.

Example: webinars cost 31,000.00 in January and 28,000.00 in February, and an opportunity of 120,000.00 with the lead source
webinar was created on 26 January. From 2026-01-01 to 2026-02-01 the pipeline per dollar of webinar is 120,000 ÷ 31,000 =
3.870968. From 2026-01-26 to 2026-02-01 only 6 of the 31 days of January count, 1,000.00 each: 120,000 ÷ 6,000 = 20.`;

@ApiTags('Metrics')
@UseGuards(AuthGuard)
@Controller('api/metrics/pipeline-per-dollar')
class PipelinePerDollarController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @QueryDocs({
    summary: 'Get pipeline or revenue per dollar invested',
    description: DESCRIPTION,
    answer: PipelinePerDollarAnswer,
    parameters: [
      ...(['returnMetric', 'creditModel', 'investedBy', 'fromDay', 'toDay', 'currency'] as const),
      ...(['cursor', 'limit', 'asOf', 'minPosition'] as const),
    ],
  })
  find(
    @RequestWorkspace() workspace: string,
    @QueryString() given: RawParams,
  ): Promise<PipelinePerDollarAnswer> {
    return this.queries.execute(new FindPipelinePerDollar(workspace, given));
  }
}

export const pipelinePerDollar: Metric = {
  name: 'pipeline-per-dollar',
  controller: PipelinePerDollarController,
  handler: FindPipelinePerDollarHandler,
};

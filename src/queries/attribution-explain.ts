import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiProperty } from '@nestjs/swagger';
import { money } from '../domain/attribution/money.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from './page-request.js';
import {
  type ReportScope,
  SCOPE_PARAMETERS,
  scopeQueryOf,
  type ScopeQuery,
  resolveScope,
} from './report-scope.js';
import {
  type Cut,
  DEFAULT_MODEL,
  METRICS,
  MODEL_NAMES,
  type ModelName,
  type ReportFilter,
} from './report-scope.js';
import { inScope } from './attribution-rows.js';
import { joinsFor } from './report-cuts.js';
import {
  checkFilter,
  FILTER_PARAMETERS,
  filteredCuts,
  filterOf,
  OPTIONAL_CUTS,
  reportProjections,
  touchFilter,
} from './report-filters.js';
import { slice } from './attribution.js';
import { type CreditView, withLedger } from './credit-ledger.js';
import { ExplainedOpportunity, RuleItem } from './explain-items.js';
import { explainedOpportunities, type PartOfOpportunity, ruleOf } from './explained-opportunities.js';
import {
  MaybeInstant,
  PageAnswer,
  Nested,
  NestedList,
  Text,
  Integer,
  Enum,
  Enums,
} from './response-fields.js';
import { MoneyItem } from './money.js';
import { Params, type RawParams } from './params.js';
import { ReadModels } from './read-models.js';
import { allOf, raw, rows, sql } from './sql.js';

export class AttributionExplanation extends PageAnswer {
  @Enum('Attribution model', MODEL_NAMES) model!: string;
  @Enum('What is counted', METRICS) metric!: string;
  @Text('Currency of the number') currency!: string;
  @MaybeInstant('Start, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'The row of the report to explain, by dimension; empty: the whole report',
  })
  cut!: Partial<Record<Cut, string>>;
  @Enums('Dimensions without a value in the row', OPTIONAL_CUTS) without!: Cut[];
  @Nested('The number to explain, as in the row of the report', () => MoneyItem) value!: MoneyItem;
  @Integer('Number of opportunities') opportunities!: number;
  @Integer('Number of touches') touches!: number;
  @Nested('The rule that distributed the opportunities', () => RuleItem) rule!: RuleItem;
  @NestedList(
    'The opportunities, largest first; their values add up to the number',
    () => ExplainedOpportunity,
  )
  items!: ExplainedOpportunity[];
}

export class ExplainAttribution extends Query<AttributionExplanation> {
  readonly model: ModelName;
  readonly scope: ScopeQuery;
  readonly filter: ReportFilter;
  readonly opportunityId: string | undefined;
  readonly request: PageRequest;

  /** @throws Problem 400 naming every parameter at fault and what is allowed */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, [
      'model',
      ...FILTER_PARAMETERS,
      'opportunityId',
      ...SCOPE_PARAMETERS,
      ...PAGE_PARAMETERS,
    ]);
    this.model = params.oneOf('model', MODEL_NAMES) ?? DEFAULT_MODEL;
    this.scope = scopeQueryOf(params);
    this.filter = filterOf(params);
    this.opportunityId = params.text('opportunityId');
    this.request = pageRequestOf(workspace, params, { name: 'explain', given, shapes: [/^\d{1,9}$/] });
  }
}

@QueryHandler(ExplainAttribution)
export class ExplainAttributionHandler implements IQueryHandler<ExplainAttribution> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute(query: ExplainAttribution): Promise<AttributionExplanation> {
    const projections = reportProjections(filteredCuts(query.filter));
    return this.models.view(query.request, projections, async (opened) => {
      const { model, filter, request, opportunityId } = query;
      checkFilter(opened, filter);
      const scope = await resolveScope(opened, query.scope);
      const view = await withLedger(opened, {
        metric: scope.metric,
        models: [model],
        ...(opportunityId !== undefined && { opportunityId }),
      });
      const parts = await partsOfOpportunities(view, scope, query);
      const { page, next } = slice(request, view, parts);
      const { metric, currency, from, to } = scope;
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        model,
        metric,
        currency,
        from,
        to,
        cut: filter.cut,
        without: [...filter.without],
        value: money(
          parts.reduce((sum, { value }) => sum + value, 0n),
          currency,
        ),
        opportunities: parts.length,
        touches: parts.reduce((sum, { touches }) => sum + touches.length, 0),
        rule: ruleOf(view, model),
        items: await explainedOpportunities(view, scope, { model, parts: page }),
        next,
      };
    });
  }
}

/** What each opportunity gives to the number, and by which of its touches. */
async function partsOfOpportunities(
  view: CreditView,
  scope: ReportScope,
  { model, filter, opportunityId }: ExplainAttribution,
): Promise<PartOfOpportunity[]> {
  const found = await rows<Omit<PartOfOpportunity, 'value'> & { value: string }>(
    view.tx,
    sql`
    SELECT p.path_id AS "pathId", p.opportunity_id AS "opportunityId", sum(t.value)::text AS value,
           array_agg(t.touch::int ORDER BY t.touch) AS touches
    FROM ${view.ledger.paths} p
    JOIN ${view.ledger.shares} s ON s.path_id = p.path_id AND s.model = ${model}
    CROSS JOIN LATERAL unnest(p.content_ids, p.channels, p.campaigns, p.sources, p.lead_ids, p.event_ids, s.reported, s.marks)
      WITH ORDINALITY AS t(content, channel, campaign, source, lead_id, event_id, value, mark, touch)
    ${joinsFor(view, filteredCuts(filter))}
    WHERE ${allOf([
      inScope(view, { ...scope, filter }),
      raw('p.reported_minor IS NOT NULL AND t.mark & 1 = 1'),
      touchFilter(filter),
      opportunityId === undefined ? undefined : sql`p.opportunity_id = ${opportunityId}`,
    ])}
    GROUP BY p.path_id, p.opportunity_id
    ORDER BY sum(t.value) DESC, p.opportunity_id COLLATE "C"`,
  );
  return found.map((row) => ({ ...row, value: BigInt(row.value) }));
}

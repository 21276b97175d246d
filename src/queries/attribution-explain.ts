import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiProperty } from '@nestjs/swagger';
import { money } from '../domain/attribution/money.js';
import { PUBLISHER_KINDS } from '../domain/catalogue-events.js';
import { label, tagLabel } from '../domain/label.js';
import { CHANNELS } from '../domain/touchpoint.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from './page-request.js';
import {
  type ReportScope,
  SCOPE_PARAMETERS,
  scopeQueryOf,
  type ScopeQuery,
  resolveScope,
} from './report-scope.js';
import {
  CATALOGUE_CUTS,
  CUTS,
  type Cut,
  DEFAULT_MODEL,
  METRICS,
  MODEL_NAMES,
  type ModelName,
  isOpportunityCut,
} from './report-scope.js';
import { inScope } from './attribution-rows.js';
import { joinsFor, opportunityColumn, touchValue } from './report-cuts.js';
import { REPORT_PROJECTIONS, slice } from './attribution.js';
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
import { allOf, rows, sql, type Sql } from './sql.js';

/** Cuts that a touch may have no value of. */
const OPTIONAL_CUTS = [
  ...(['content', 'campaign', 'source'] as const),
  ...CATALOGUE_CUTS,
  ...(['persona', 'owner'] as const),
] as const satisfies readonly Cut[];

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

const TIMES = {
  month: { form: /^\d{4}-(0[1-9]|1[0-2])$/, example: '2026-01' },
  week: { form: /^\d{4}-W(0[1-9]|[1-4]\d|5[0-3])$/, example: '2026-W05' },
} as const;

export class ExplainAttribution extends Query<AttributionExplanation> {
  readonly model: ModelName;
  readonly scope: ScopeQuery;
  readonly cut: Partial<Record<Cut, string>>;
  readonly without: readonly Cut[];
  readonly opportunityId: string | undefined;
  readonly request: PageRequest;

  /** @throws Problem 400 naming every parameter at fault and what is allowed */
  constructor(workspace: string, given: RawParams) {
    super();
    const params = new Params(given, [
      'model',
      ...CUTS,
      'without',
      'opportunityId',
      ...SCOPE_PARAMETERS,
      ...PAGE_PARAMETERS,
    ]);
    this.model = params.oneOf('model', MODEL_NAMES) ?? DEFAULT_MODEL;
    this.scope = scopeQueryOf(params);
    this.cut = Object.fromEntries(CUTS.flatMap((cut) => cutValue(params, cut)));
    this.without = params.someOf('without', OPTIONAL_CUTS, 'cut') ?? [];
    for (const cut of this.without.filter((name) => name in this.cut)) {
      params.fault('cut-contradictory', 'without', `a row that is without ${cut} has no ${cut} to name`);
    }
    this.opportunityId = params.text('opportunityId');
    this.request = pageRequestOf(workspace, params, { name: 'explain', given, shapes: [/^\d{1,9}$/] });
  }
}

/** The id of a content may be its address, which is longer than other labels. */
const CONTENT_LENGTH = 4096;

/** Journey models name content as they like, so its id is taken as it is. */
const CUT_VALUES: Readonly<Record<Cut, (params: Params) => string | undefined>> = {
  content: (params) => params.text('content', CONTENT_LENGTH),
  channel: (params) => params.oneOf('channel', CHANNELS),
  campaign: (params) => params.label('campaign'),
  source: (params) => params.label('source', tagLabel),
  contentType: (params) => params.text('contentType'),
  author: (params) => params.text('author'),
  publisher: (params) => params.text('publisher'),
  publisherKind: (params) => params.oneOf('publisherKind', PUBLISHER_KINDS),
  persona: (params) => params.text('persona'),
  owner: (params) => params.text('owner'),
  month: (params) => params.text('month'),
  week: (params) => params.text('week'),
};

function cutValue(params: Params, cut: Cut): [Cut, string][] {
  const value = CUT_VALUES[cut](params);
  if ((cut === 'month' || cut === 'week') && value !== undefined && !TIMES[cut].form.test(value)) {
    params.fault(`${cut}-invalid`, cut, `"${value}" is not a ${cut} such as ${TIMES[cut].example}`);
  }
  return value === undefined ? [] : [[cut, value]];
}

@QueryHandler(ExplainAttribution)
export class ExplainAttributionHandler implements IQueryHandler<ExplainAttribution> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute(query: ExplainAttribution): Promise<AttributionExplanation> {
    return this.models.view(query.request, REPORT_PROJECTIONS, async (opened) => {
      const { model, cut, without, request, opportunityId } = query;
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
        cut,
        without: [...without],
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
  query: ExplainAttribution,
): Promise<PartOfOpportunity[]> {
  const found = await rows<Omit<PartOfOpportunity, 'value'> & { value: string }>(
    view.tx,
    sql`
    SELECT p.path_id AS "pathId", p.opportunity_id AS "opportunityId", sum(t.value)::text AS value,
           array_agg(t.touch::int ORDER BY t.touch) AS touches
    FROM ${view.ledger.paths} p
    JOIN ${view.ledger.shares} s ON s.path_id = p.path_id AND s.model = ${query.model}
    CROSS JOIN LATERAL unnest(p.content_ids, p.channels, p.campaigns, p.sources, p.lead_ids, s.reported, s.marks)
      WITH ORDINALITY AS t(content, channel, campaign, source, lead_id, value, mark, touch)
    ${joinsFor(view, [...query.without, ...CUTS.filter((cut) => cut in query.cut)])}
    WHERE ${inScope(view, scope)} AND p.reported_minor IS NOT NULL AND t.mark & 1 = 1
      AND ${cell(view, scope, query)}
    GROUP BY p.path_id, p.opportunity_id
    ORDER BY sum(t.value) DESC, p.opportunity_id COLLATE "C"`,
  );
  return found.map((row) => ({ ...row, value: BigInt(row.value) }));
}

function cell(
  view: CreditView,
  scope: ReportScope,
  { cut, without, opportunityId }: ExplainAttribution,
): Sql {
  const valueOf = (name: Cut): Sql =>
    isOpportunityCut(name) ? opportunityColumn(view, scope, name) : touchValue(name);
  return allOf([
    ...CUTS.map((name) => {
      const value = cut[name];
      if (value === undefined) return undefined;
      return name === 'content' ? isContent(value) : sql`${valueOf(name)} = ${value}`;
    }),
    opportunityId === undefined ? undefined : sql`p.opportunity_id = ${opportunityId}`,
    ...without.map((name) => sql`${valueOf(name)} IS NULL`),
  ]);
}

/** The content with that id, as given or as collectors normalise it. */
const isContent = (id: string): Sql =>
  sql`t.content = ANY(${[...new Set([id, label(id, CONTENT_LENGTH) ?? id])]}::text[])`;

import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { money } from '../../domain/attribution/money.js';
import { label } from '../../domain/label.js';
import { Problem } from '../../http/problem.js';
import { shareOf } from '../attribution.js';
import { reportProjections } from '../report-filters.js';
import { totalsOf } from '../attribution-rows.js';
import { cellName, cellNames } from '../cell-names.js';
import { type CreditView, withLedger } from '../credit-ledger.js';
import { influenceCells } from '../engagement/engagement-queries.js';
import { ENGAGEMENT, type Engagement } from '../engagement/engagement.js';
import { comparison } from '../metrics/content-influence.js';
import { MEMORY } from '../metrics/metric.js';
import { moneyOf } from '../money.js';
import { POSITION_PARAMETERS, readRequestOf } from '../page-request.js';
import { Params, type RawParams } from '../params.js';
import { FEW } from '../planning/cautions.js';
import { ReadModels, type ReadRequest, type View } from '../read-models.js';
import { MODEL_NAMES, type ReportScope, resolveScope, SCOPE_PARAMETERS, scopeQueryOf, type ScopeQuery } from '../report-scope.js'; // prettier-ignore
import { contentTitles } from '../sequences/content-titles.js';
import { contentCredits, largestOpportunities, touchedOpportunities } from './content-credit-rows.js';
import { isTouched, neighbours, readersOf, type Side, stagesOfContent } from './content-journey-rows.js';
import { contentOutcomes } from './content-outcomes.js';
import type { AdvancementItem, ContentRevenueAnswer, NeighbourItem, OutcomesItem } from './content-revenue-answer.js'; // prettier-ignore

const DEFAULT_DAYS = 30;

export class FindContentRevenue extends Query<ContentRevenueAnswer> {
  readonly contentId: string;
  readonly scope: ScopeQuery;
  readonly withinDays: number;
  readonly limit: number;
  readonly request: ReadRequest;

  /** @throws Problem 400 naming every parameter at fault */
  constructor(workspace: string, contentId: string, given: RawParams) {
    super();
    const params = new Params(given, ['withinDays', 'limit', ...SCOPE_PARAMETERS, ...POSITION_PARAMETERS]);
    // As touchpoints have it; an id of nothing visible names none.
    this.contentId = label(contentId) ?? '';
    this.scope = scopeQueryOf(params);
    this.withinDays = params.integer('withinDays', 1, 365) ?? DEFAULT_DAYS;
    this.limit = params.integer('limit', 1, 100) ?? 10;
    this.request = readRequestOf(workspace, params);
    params.check();
  }
}

type Parts<Keys extends keyof ContentRevenueAnswer> = Pick<ContentRevenueAnswer, Keys>;

@QueryHandler(FindContentRevenue)
export class FindContentRevenueHandler implements IQueryHandler<FindContentRevenue> {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(ENGAGEMENT) private readonly engagement: Engagement,
  ) {}

  execute(query: FindContentRevenue): Promise<ContentRevenueAnswer> {
    return this.models.view(query.request, reportProjections([]), async (opened) => {
      const { contentId } = query;
      const scope = await resolveScope(opened, query.scope);
      const title = (await contentTitles(opened, [contentId])).get(contentId) ?? null;
      if (title === null && !(await isTouched(opened, contentId))) throw notFound(opened, contentId);
      await opened.tx.query(MEMORY);
      const view = await withLedger(opened, {});
      const outcomes = await contentOutcomes(view, scope, contentId);
      const advancement = await advancementOf(view, this.engagement, scope, query);
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        ...{
          contentId,
          title,
          metric: scope.metric,
          currency: scope.currency,
          from: scope.from,
          to: scope.to,
        },
        ...(await creditPart(view, scope, query)),
        ...(await journeyPart(view, scope, query)),
        ...{ advancement, outcomes, cautions: cautionsOf(advancement, outcomes) },
      };
    });
  }
}

const notFound = ({ asOf }: View, contentId: string): Problem =>
  new Problem(
    404,
    'content-not-found',
    `No touchpoint and no catalogue names the content ${contentId} at position ${asOf}`,
  );

async function creditPart(
  view: CreditView,
  scope: ReportScope,
  query: FindContentRevenue,
): Promise<Parts<'credit' | 'opportunities' | 'largest'>> {
  const { currency } = scope;
  const totals = await totalsOf(view, scope);
  const credits = await contentCredits(view, scope, query.contentId);
  const { touched, amount } = await touchedOpportunities(view, scope, query.contentId);
  const largest = await largestOpportunities(view, scope, query);
  return {
    credit: MODEL_NAMES.map((model) => {
      const found = credits.find((row) => row.model === model);
      const { value = '0', opportunities = 0, touches = 0 } = found ?? {};
      const share = shareOf(BigInt(value), totals.attributed);
      return { model, value: moneyOf(value, currency), share, opportunities, touches };
    }),
    opportunities: {
      ...{ touched, amount: moneyOf(amount, currency) },
      ...{ all: totals.opportunities, total: money(totals.total, currency) },
    },
    largest: largest.map((row) => ({
      ...{ opportunityId: row.opportunity_id, name: row.name, status: row.status },
      ...{ amount: moneyOf(row.reported_minor, currency), touches: row.touches, firstTouchAt: row.first_at },
    })),
  };
}

async function journeyPart(
  view: View,
  scope: ReportScope,
  { contentId, limit }: FindContentRevenue,
): Promise<Parts<'touches' | 'leads' | 'stages' | 'before' | 'after'>> {
  const stages = await stagesOfContent(view, scope, contentId);
  const cells = stages.map(({ stage }) => ({ keys: [stage] }));
  const names = await cellNames(view, ['stage'], cells);
  return {
    touches: stages.reduce((sum, { touches }) => sum + touches, 0),
    leads: await readersOf(view, scope, contentId),
    stages: stages.map(({ stage, touches, leads }) => {
      const { key, label: name } = cellName({ keys: [stage] }, ['stage'], names);
      return { key, label: name, touches, leads };
    }),
    ...(await neighbourPart(view, scope, { contentId, limit })),
  };
}

async function neighbourPart(
  view: View,
  scope: ReportScope,
  asked: Parameters<typeof neighbours>[2],
): Promise<Parts<'before' | 'after'>> {
  const found = await neighbours(view, scope, asked);
  const titles = await contentTitles(view, found.flatMap(({ content }) => content ?? [])); // prettier-ignore
  const itemsOf = (wanted: Side, nothing: string): NeighbourItem[] =>
    found
      .filter(({ side }) => side === wanted)
      .map(({ content, times, leads }) => {
        const name = content === null ? nothing : (titles.get(content) ?? content);
        return { key: content, label: name, times, leads };
      });
  return { before: itemsOf('before', '(begins here)'), after: itemsOf('after', '(ends here)') };
}

async function advancementOf(
  view: View,
  engagement: Engagement,
  scope: ReportScope,
  { contentId: content, withinDays }: FindContentRevenue,
): Promise<AdvancementItem> {
  const asked = { withinDays, persona: undefined, stage: undefined, segment: undefined };
  const found = await influenceCells(view, engagement, scope, { by: ['content'], ...asked }, { content });
  const { leads, ...figures } = found.cells[0] ?? { leads: 0, compared: 0, advanced: 0, expected: 0 };
  return { withinDays, leads, ...comparison(figures) };
}

function cautionsOf({ compared }: AdvancementItem, { with: withIt, without }: OutcomesItem): string[] {
  return [
    ...(compared < FEW ? [`Only ${compared} touches can be compared with leads without it`] : []),
    ...(Math.min(withIt.won, without.won) < FEW
      ? [
          `Fewer than ${FEW} opportunities were won with or without it: mind the intervals rather than the numbers`,
        ]
      : []),
  ];
}

import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { money } from '../domain/attribution/money.js';
import { MILESTONES } from '../domain/attribution/touches.js';
import { readRequestOf, POSITION_PARAMETERS } from './page-request.js';
import { METRICS, type Metric, MODEL_NAMES } from './report-scope.js';
import { type PathRow, pathOf, type ShareRow, sharesOf } from './attribution-paths.js';
import { withLedger } from './credit-ledger.js';
import {
  Answer,
  Instant,
  MaybeInstant,
  MaybeNested,
  MaybeText,
  Nested,
  NestedList,
  Decimal,
  Text,
  Uuid,
  Integer,
  Enum,
  Enums,
} from './response-fields.js';
import { MoneyItem, moneyOf } from './money.js';
import { findOpportunity } from './opportunity.js';
import { type OpportunityRow, STATUSES } from './opportunity-rows.js';
import { Params, type RawParams } from './params.js';
import { type ReadRequest, ReadModels } from './read-models.js';

export const COMMITTEES = ['contacts', 'account'] as const;

/** What one model gives to one touch. */
export class TouchCredit {
  @Decimal('0 to 1; the weights of a model add up to 1') weight!: number;
  @Nested("In the opportunity's currency", () => MoneyItem) amount!: MoneyItem;
  @MaybeNested('In the reporting currency; null: no rate is published', () => MoneyItem)
  value!: MoneyItem | null;
}

@ApiExtraModels(TouchCredit)
export class TouchItem {
  @Integer('1 is the first') touch!: number;
  @Uuid('The touchpoint') eventId!: string;
  @Uuid('The lead of the touchpoint') leadId!: string;
  @Instant('When it happened') occurredAt!: Date;
  @Enums('Milestones of the touch', MILESTONES) milestones!: string[];
  @MaybeText('Content') content!: string | null;
  @MaybeText('Its title') title!: string | null;
  @Text('Channel') channel!: string;
  @MaybeText('Campaign') campaign!: string | null;
  @MaybeText('Source') source!: string | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(TouchCredit) },
    description: 'Credit by model, without models that give no credit',
  })
  credits!: Record<string, TouchCredit>;
}

/** Totals of one model: they add up to the amount of the opportunity. */
export class ModelTotal {
  @Enum('Attribution model', MODEL_NAMES) model!: string;
  @Nested('Amount attributed to touches', () => MoneyItem) attributed!: MoneyItem;
  @Nested('The whole amount if the opportunity has no touch, else 0', () => MoneyItem)
  unattributed!: MoneyItem;
}

export class OpportunityAttributionAnswer extends Answer {
  @Text('Id in the CRM') opportunityId!: string;
  @MaybeText('Name') name!: string | null;
  @MaybeText('The company') accountId!: string | null;
  @Enum('Open, won or lost', STATUSES) status!: string;
  @Enum('Default: revenue of a won opportunity, pipeline of others', METRICS)
  metric!: string;
  @Nested('What is attributed; revenue of an opportunity that is not won is 0', () => MoneyItem)
  amount!: MoneyItem;
  @MaybeNested('The same in the reporting currency; null: no rate is published', () => MoneyItem)
  value!: MoneyItem | null;
  @MaybeInstant('Reference date: opened for pipeline, closed for revenue') creditedAt!: Date | null;
  @MaybeText(
    "Whose touchpoints were asked: the opportunity's contacts, or without any all leads of the account",
  )
  committee!: string | null;
  @NestedList('All models', () => ModelTotal) models!: ModelTotal[];
  @NestedList('Touches, oldest first', () => TouchItem) touches!: TouchItem[];
}

export class FindOpportunityAttribution extends Query<OpportunityAttributionAnswer> {
  readonly metric: Metric | undefined;
  readonly request: ReadRequest;

  /** @throws Problem 400 */
  constructor(
    workspace: string,
    readonly opportunityId: string,
    given: RawParams,
  ) {
    super();
    const params = new Params(given, ['metric', ...POSITION_PARAMETERS]);
    this.metric = params.oneOf('metric', METRICS);
    this.request = readRequestOf(workspace, params);
    params.check();
  }
}

@QueryHandler(FindOpportunityAttribution)
export class FindOpportunityAttributionHandler implements IQueryHandler<FindOpportunityAttribution> {
  constructor(@Inject(ReadModels) private readonly models: ReadModels) {}

  execute({
    request,
    opportunityId,
    metric: asked,
  }: FindOpportunityAttribution): Promise<OpportunityAttributionAnswer> {
    return this.models.view(request, ['journey', 'opportunities', 'attribution'], async (opened) => {
      const opportunity = await findOpportunity(opened, opportunityId);
      const metric = asked ?? (opportunity.status === 'won' ? 'revenue' : 'pipeline');
      const view = await withLedger(opened, { metric, opportunityId });
      const path = await pathOf(view, { opportunityId, metric });
      const shares = path ? await sharesOf(view, [path.path_id]) : [];
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        opportunityId,
        name: opportunity.name,
        accountId: opportunity.account_id,
        status: opportunity.status,
        metric,
        ...(path ? ofPath(path, shares) : nothing(opportunity)),
      };
    });
  }
}

type Credited = Pick<
  OpportunityAttributionAnswer,
  'amount' | 'value' | 'creditedAt' | 'committee' | 'models' | 'touches'
>;

/** An opportunity that does not count by the metric, such as revenue of an open one. */
const nothing = ({ currency }: OpportunityRow): Credited => ({
  amount: money(0, currency),
  value: null,
  creditedAt: null,
  committee: null,
  models: [],
  touches: [],
});

function ofPath(path: PathRow, shares: readonly ShareRow[]): Credited {
  const amount = moneyOf(path.amount_minor, path.currency);
  const none = money(0, path.currency);
  return {
    amount,
    value: valueOf(path.reported_minor, path.reported_currency),
    creditedAt: path.credited_at,
    committee: path.committee,
    models: MODEL_NAMES.map((model) => {
      const given = shares.find((share) => share.model === model);
      const attributed = (given?.amounts ?? []).reduce((sum, part) => sum + BigInt(part), 0n);
      const whole = { model, attributed: money(attributed, path.currency) };
      return { ...whole, unattributed: given ? none : amount };
    }),
    touches: path.event_ids.map((_, index) => touchItem(path, shares, index)),
  };
}

function touchItem(path: PathRow, shares: readonly ShareRow[], index: number): TouchItem {
  const credits = MODEL_NAMES.flatMap((model) => {
    const share = shares.find((each) => each.model === model);
    const weight = share?.weights[index] ?? 0;
    if (share === undefined || weight <= 0) return [];
    const amount = moneyOf(share.amounts[index] ?? '0', path.currency);
    const value = valueOf(share.reported?.[index] ?? null, path.reported_currency);
    return [[model, { weight: roundWeight(weight), amount, value }] as const];
  });
  return {
    touch: index + 1,
    eventId: path.event_ids[index] ?? '',
    leadId: path.lead_ids[index] ?? '',
    occurredAt: path.occurred_at[index] ?? path.credited_at,
    milestones: milestonesOf(path.milestones[index]),
    content: path.content_ids[index] ?? null,
    title: path.content_titles[index] ?? null,
    channel: path.channels[index] ?? 'other',
    campaign: path.campaigns[index] ?? null,
    source: path.sources[index] ?? null,
    credits: Object.fromEntries(credits),
  };
}

/** Nine decimals: what comes after them is the rounding of doubles, not a weight. */
export const roundWeight = (weight: number): number => Math.round(weight * 1e9) / 1e9;

export const milestonesOf = (joined: string | null | undefined): string[] => joined?.split('+') ?? [];

const valueOf = (minor: string | null, currency: string | null): MoneyItem | null =>
  minor === null || currency === null ? null : moneyOf(minor, currency);

import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { DEFAULT_COMMITTEE } from '../domain/attribution/committee-rule.js';
import { CHAIN_WIDE_MODELS, type ModelRequest } from '../domain/attribution/model-request.js';
import { dayOf, money } from '../domain/attribution/money.js';
import { Problem } from '../http/problem.js';
import { basisPart } from './attribution-basis.js';
import { milestonesOf, type PathRow, pathOf, roundWeight, sharesOf } from './attribution-paths.js';
import { inScope } from './paths-in-scope.js';
import { peopleOfContacts, type PersonOfContacts, withCommittee } from './committee-paths.js';
import { conversionsOf } from './conversions.js';
import { inReportCurrency } from './converted-ledger.js';
import { CreditComputer } from './computed-credits.js';
import { type CreditView, withLedger } from './credit-ledger.js';
import { type ComparedModel, comparedModelsOf, isStored, MODEL_OPTIONS } from './model-parameters.js';
import type { OpportunityAttributionAnswer, TouchItem } from './opportunity-attribution-items.js';
import { computedCredits, creditOf } from './opportunity-credits.js';
import { type Modelled, peopleOf } from './opportunity-people.js';
import { valueOf } from './money.js';
import { findOpportunity } from './opportunity.js';
import type { OpportunityRow } from './opportunity-rows.js';
import { readRequestOf, POSITION_PARAMETERS } from './page-request.js';
import type { EntityTag } from './entity-tag.js';
import { Params, type RawParams } from './params.js';
import { type ReadRequest, ReadModels, type View } from './read-models.js';
import {
  METRICS,
  type Metric,
  MODEL_NAMES,
  periodQueryOf,
  type ReportScope,
  resolveScope,
  type ScopeQuery,
} from './report-scope.js';
import { rows, sql } from './sql.js';

export class FindOpportunityAttribution extends Query<OpportunityAttributionAnswer> {
  readonly metric: Metric | undefined;
  readonly compared: readonly ComparedModel[];
  /** Of the report that models over all paths rest on. */
  readonly period: Omit<ScopeQuery, 'metric'>;
  readonly request: ReadRequest;

  /** @throws Problem 400 */
  constructor(
    workspace: string,
    readonly opportunityId: string,
    given: RawParams,
    tag?: EntityTag,
  ) {
    super();
    const params = new Params(given, [
      ...['metric', 'models', ...MODEL_OPTIONS, 'from', 'to', 'currency'],
      ...POSITION_PARAMETERS,
    ]);
    this.metric = params.oneOf('metric', METRICS);
    this.compared = comparedModelsOf(params, given);
    this.period = periodQueryOf(params);
    this.request = { ...readRequestOf(workspace, params), tag };
    params.check();
  }
}

@QueryHandler(FindOpportunityAttribution)
export class FindOpportunityAttributionHandler implements IQueryHandler<FindOpportunityAttribution> {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(CreditComputer) private readonly computer: CreditComputer,
  ) {}

  execute(query: FindOpportunityAttribution): Promise<OpportunityAttributionAnswer> {
    const { request, opportunityId, period } = query;
    return this.models.view(request, ['journey', 'opportunities', 'attribution'], async (opened) => {
      const opportunity = await findOpportunity(opened, opportunityId);
      const metric = query.metric ?? (opportunity.status === 'won' ? 'revenue' : 'pipeline');
      const scope = await resolveScope(opened, { metric, ...period }, { currencies: 'rated' });
      const ofOne = { opportunityIds: [opportunityId] };
      const ledger = await withLedger(opened, { metric, ...ofOne });
      const view = await inReportCurrency(ledger, { ...scope, ...ofOne }, MODEL_NAMES);
      const path = await pathOf(view, { opportunityId, metric });
      return {
        asOf: String(view.asOf),
        modelVersion: view.modelVersion,
        opportunityId,
        name: opportunity.name,
        accountId: opportunity.account_id,
        status: opportunity.status,
        metric,
        currency: scope.currency,
        ...(path ? await this.credited(view, scope, { path, compared: query.compared }) : nothing(opportunity)), // prettier-ignore
      };
    });
  }

  private async credited(view: CreditView, scope: ReportScope, { path, compared }: Asked): Promise<Credited> {
    await refuseOutside(view, scope, path);
    const id = path.opportunity_id;
    const rule = compared[0]?.request ?? DEFAULT_COMMITTEE;
    const ofCommittee = await withCommittee(view, scope, rule, [id]);
    const counted = (await pathOf(ofCommittee, { opportunityId: id, metric: scope.metric })) ?? path;
    const modelled = await this.modelled(ofCommittee, scope, { path: counted, compared });
    const contacts = (await peopleOfContacts(view, [id])).get(id) ?? new Map<string, PersonOfContacts>();
    const conversionOn = await conversionsOf(view, scope);
    return {
      ...ofPath(counted, modelled),
      ...conversionOn(path.currency, dayOf(path.credited_at, scope.timeZone)),
      people: peopleOf(counted, { modelled, contacts, rule }),
    };
  }

  /** What each model gives to the opportunity. */
  private async modelled(
    view: CreditView,
    scope: ReportScope,
    { path, compared }: Asked,
  ): Promise<Modelled[]> {
    const stored = await sharesOf(view, [path.path_id]);
    const modelled: Modelled[] = [];
    for (const model of compared) {
      const { name, request } = model;
      const share = stored.find((each) => each.model === name);
      if (isStored(request)) modelled.push({ ...model, credit: share && creditOf(share) });
      else modelled.push({ ...model, ...(await this.computed(view, scope, { path, request })) });
    }
    return modelled;
  }

  private async computed(
    view: CreditView,
    scope: ReportScope,
    { path, request }: { readonly path: PathRow; readonly request: ModelRequest },
  ): Promise<Pick<Modelled, 'credit' | 'rests'>> {
    const chainWide = CHAIN_WIDE_MODELS.some((name) => name === request.model);
    const rests = chainWide ? await this.computer.basis(await wholeLedger(view, scope), scope, request) : undefined; // prettier-ignore
    const model = { model: request, basis: rests?.basis ?? {} };
    const { opportunity_id: id } = path;
    const credits = await computedCredits(view, scope, model, [id]);
    return { credit: credits.get(id), ...(rests && { rests }) };
  }
}

interface Asked {
  readonly path: PathRow;
  /** Of one committee. */
  readonly compared: readonly ComparedModel[];
}

/** The ledger of the report that models over all paths rest on. */
const wholeLedger = async (view: View, scope: ReportScope): Promise<CreditView> =>
  inReportCurrency(await withLedger(view, { metric: scope.metric, models: [] }), scope, []);

/** @throws Problem 400 when the opportunity is not of the report that models over all paths rest on */
async function refuseOutside(view: CreditView, scope: ReportScope, path: PathRow): Promise<void> {
  const inside = sql`SELECT FROM ${view.ledger.paths} p WHERE ${inScope(view, scope)} AND p.opportunity_id = ${path.opportunity_id}`;
  if ((await rows(view.tx, inside)).length > 0) return;
  const message = `the opportunity counts at ${path.credited_at.toISOString()}, which is outside from and to`;
  const name = scope.from ? 'from' : 'to';
  throw new Problem(400, 'opportunity-outside-period', message, [{ path: name, message }]);
}

type Credited = Pick<
  OpportunityAttributionAnswer,
  'amount' | 'value' | 'rate' | 'divisor' | 'creditedAt' | 'committee' | 'models' | 'people' | 'touches'
>;

/** An opportunity that does not count by the metric, such as revenue of an open one. */
const nothing = ({ currency }: OpportunityRow): Credited => ({
  amount: money(0, currency),
  value: null,
  ...{ rate: null, divisor: null },
  creditedAt: null,
  committee: null,
  models: [],
  people: [],
  touches: [],
});

function ofPath(path: PathRow, modelled: readonly Modelled[]): Omit<Credited, 'people' | 'rate' | 'divisor'> {
  const { currency } = path;
  const amount = BigInt(path.amount_minor);
  return {
    amount: money(amount, currency),
    value: valueOf(path.reported_minor, path.reported_currency),
    creditedAt: path.credited_at,
    committee: path.committee,
    models: modelled.map(({ name, request, credit, rests }) => {
      const attributed = (credit?.amounts ?? []).reduce((sum, part) => sum + part, 0n);
      return {
        model: name,
        ...(!isStored(request) && { request }),
        ...(rests && basisPart(rests)),
        attributed: money(attributed, currency),
        unattributed: money(amount - attributed, currency),
      };
    }),
    touches: path.event_ids.map((_, index) => touchItem(path, modelled, index)),
  };
}

function touchItem(path: PathRow, modelled: readonly Modelled[], index: number): TouchItem {
  const credits = modelled.flatMap(({ name, credit }) => {
    const weight = credit?.weights[index] ?? 0;
    if (credit === undefined || weight <= 0) return [];
    const amount = money(credit.amounts[index] ?? 0n, path.currency);
    const value = valueOf(credit.reported?.[index] ?? null, path.reported_currency);
    return [[name, { weight: roundWeight(weight), amount, value }] as const];
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

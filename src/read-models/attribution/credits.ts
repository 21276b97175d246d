import { createHash } from 'node:crypto';
import {
  type Committee,
  type CommitteeRule,
  DEFAULT_COMMITTEE,
} from '../../domain/attribution/committee-rule.js';
import { toReportingCurrency, type Reporting } from '../../domain/attribution/money.js';
import type { AttributionSettings } from '../../domain/attribution/settings.js';
import { type Candidate, touchesOf, type Touch } from '../../domain/attribution/touches.js';
import { candidatesAt } from './candidates.js';
import { committeeAt, type CommitteeMembers } from './committee.js';
import { trueAt, type OpportunityRow, type Inputs } from './inputs.js';

/** What the journey model in force says about attribution; no reporting before the first model. */
export interface Terms {
  readonly settings: AttributionSettings;
  readonly sessionIdleMinutes: number;
  readonly reporting: Reporting | undefined;
}

/** What paths of an opportunity are kept: up to its opening, and up to its close, won or lost. A loss earns no credit. */
export const METRICS = ['pipeline', 'revenue', 'loss'] as const;
export type Metric = (typeof METRICS)[number];

/** One row of attribution_path. */
export interface Path {
  readonly workspace: string;
  readonly opportunity_id: string;
  readonly metric: Metric;
  readonly credited_at: Date;
  readonly currency: string;
  readonly amount_minor: bigint;
  readonly reported_currency: string | null;
  readonly reported_minor: bigint | null;
  readonly committee: Committee;
  readonly touches: readonly Touch[];
  readonly digest: string;
}
export type CreditPath = Omit<Path, 'digest'>;

/**
 * The paths of an opportunity right after the event at `position`: its pipeline from the opening on, its revenue while it is
 * won, its loss while it is lost. A pure function of what was true then.
 */
export function creditsAt(
  inputs: Inputs,
  opportunityId: string,
  position: bigint,
  terms: Terms,
  rule: CommitteeRule = DEFAULT_COMMITTEE,
): Path[] {
  const [opportunity] = trueAt(inputs.opportunities.get(opportunityId) ?? [], position);
  if (!opportunity) return [];
  const committee = committeeTouches(inputs, opportunity, position, rule);
  return metricsOf(opportunity).map((metric) =>
    withDigest(pathOf(opportunity, metric, committee, terms), terms.settings),
  );
}

export interface PathQuery {
  readonly position: bigint;
  readonly terms: Terms;
  readonly rule: CommitteeRule;
  readonly metric: Metric;
}

/** The path by one metric, if the opportunity counts by it. */
export function creditPath(
  inputs: Inputs,
  opportunityId: string,
  { position, terms, rule, metric }: PathQuery,
): CreditPath | undefined {
  const [opportunity] = trueAt(inputs.opportunities.get(opportunityId) ?? [], position);
  if (!opportunity || !metricsOf(opportunity).includes(metric)) return undefined;
  return pathOf(opportunity, metric, committeeTouches(inputs, opportunity, position, rule), terms);
}

function metricsOf({ status, closed_at }: OpportunityRow): readonly Metric[] {
  if (status === 'open' || !closed_at) return ['pipeline'];
  return ['pipeline', status === 'won' ? 'revenue' : 'loss'];
}

interface CommitteeTouches extends CommitteeMembers {
  readonly candidates: readonly Candidate[];
}

function committeeTouches(
  inputs: Inputs,
  opportunity: OpportunityRow,
  position: bigint,
  rule: CommitteeRule,
): CommitteeTouches {
  const found = committeeAt(inputs, opportunity, position, rule);
  const candidates = [...found.members.keys()].flatMap((leadId) => candidatesAt(inputs, leadId, position));
  return { ...found, candidates };
}

function pathOf(
  opportunity: OpportunityRow,
  metric: Metric,
  { committee, members, candidates }: CommitteeTouches,
  terms: Terms,
): CreditPath {
  const { opened_at: openedAt, closed_at } = opportunity;
  const closedAt = metric === 'pipeline' ? undefined : (closed_at ?? undefined);
  const creditedAt = closedAt ?? openedAt;
  const { touches } = touchesOf(candidates, {
    ...{ members, openedAt, reference: creditedAt, ...(closedAt && { closedAt }) },
    ...terms,
  });
  const amount = BigInt(opportunity.amount_minor);
  const { reporting } = terms;
  return {
    workspace: opportunity.workspace,
    opportunity_id: opportunity.opportunity_id,
    metric,
    credited_at: creditedAt,
    currency: opportunity.currency,
    amount_minor: amount,
    reported_currency: reporting?.currency ?? null,
    reported_minor:
      (reporting && toReportingCurrency(amount, opportunity.currency, creditedAt, reporting)) ?? null,
    committee,
    touches,
  };
}

export const withDigest = (path: CreditPath, settings: AttributionSettings): Path => ({
  ...path,
  digest: digestOf(path, settings),
});

/** Of all that a path and its shares say or follow from. */
function digestOf({ touches, ...path }: CreditPath, settings: AttributionSettings): string {
  const { timeDecay, position, uShaped, wShaped, fullPath } = settings;
  const said = touches.map((touch) => [
    touch.eventId,
    touch.leadId,
    touch.occurredAt.getTime(),
    touch.milestones,
    touch.contentId,
    touch.contentTitle,
    touch.contentStage ?? null,
    touch.channel,
    touch.campaign,
    touch.source,
  ]);
  const weighing =
    touches.length === 0 || path.metric === 'loss' ? [] : [timeDecay, position, uShaped, wShaped, fullPath];
  return createHash('md5')
    .update(
      JSON.stringify([path, said, weighing], (_, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      ),
    )
    .digest('hex');
}

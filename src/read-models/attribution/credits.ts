import { createHash } from 'node:crypto';
import {
  type Committee,
  type CommitteeRule,
  DEFAULT_COMMITTEE,
} from '../../domain/attribution/committee-rule.js';
import { toReportingCurrency, type Reporting } from '../../domain/attribution/money.js';
import type { AttributionSettings } from '../../domain/attribution/settings.js';
import { touchesOf, type Touch } from '../../domain/attribution/touches.js';
import { candidatesAt } from './candidates.js';
import { committeeAt } from './committee.js';
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
  const { committee, members } = committeeAt(inputs, opportunity, position, rule);
  const candidates = [...members.keys()].flatMap((leadId) => candidatesAt(inputs, leadId, position));
  const question = { openedAt: opportunity.opened_at, members, ...terms };
  const { touches } = touchesOf(candidates, { ...question, reference: opportunity.opened_at });
  const pipeline = pathOf(opportunity, 'pipeline', opportunity.opened_at, committee, touches, terms);
  const { status, closed_at: closedAt } = opportunity;
  if (status === 'open' || !closedAt) return [pipeline];
  const metric = status === 'won' ? 'revenue' : 'loss';
  const upToClose = touchesOf(candidates, { ...question, reference: closedAt, closedAt }).touches;
  return [pipeline, pathOf(opportunity, metric, closedAt, committee, upToClose, terms)];
}

function pathOf(
  opportunity: OpportunityRow,
  metric: Metric,
  creditedAt: Date,
  committee: Committee,
  touches: readonly Touch[],
  { settings, reporting }: Terms,
): Path {
  const amount = BigInt(opportunity.amount_minor);
  const path = {
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
  return { ...path, digest: digestOf(path, settings) };
}

/** Of all that a path and its shares say or follow from. */
function digestOf({ touches, ...path }: Omit<Path, 'digest'>, settings: AttributionSettings): string {
  const { timeDecay, position, uShaped, wShaped, fullPath } = settings;
  const said = touches.map((touch) => [
    touch.eventId,
    touch.leadId,
    touch.occurredAt.getTime(),
    touch.milestones,
    touch.contentId,
    touch.contentTitle,
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

import { createHash } from 'node:crypto';
import { MODEL_NAMES, weigh, type ModelName } from '../../domain/attribution/models.js';
import { reported, shareOut, type Reporting } from '../../domain/attribution/money.js';
import type { AttributionSettings } from '../../domain/attribution/settings.js';
import { touchesOf, type Touch } from '../../domain/attribution/touches.js';
import { trueAt, type DealRow, type Inputs } from './inputs.js';

/** What the journey model in force says about attribution; no reporting before the first model. */
export interface Terms {
  readonly settings: AttributionSettings;
  readonly sessionIdleMinutes: number;
  readonly reporting: Reporting | undefined;
}

export const METRICS = ['pipeline', 'revenue'] as const;
export type Metric = (typeof METRICS)[number];

/** One row of attribution_path, with its shares. */
export interface Path {
  readonly workspace: string;
  readonly opportunity_id: string;
  readonly metric: Metric;
  readonly credited_at: Date;
  readonly currency: string;
  readonly amount_minor: number;
  readonly reported_currency: string | null;
  readonly reported_minor: number | null;
  readonly committee: 'contacts' | 'account';
  readonly event_ids: readonly string[];
  readonly lead_ids: readonly string[];
  readonly occurred_at: readonly Date[];
  readonly milestones: readonly (string | null)[];
  readonly content_ids: readonly (string | null)[];
  readonly content_titles: readonly (string | null)[];
  readonly channels: readonly string[];
  readonly campaigns: readonly (string | null)[];
  readonly sources: readonly (string | null)[];
  readonly shares: readonly Share[];
  readonly digest: string;
}

export interface Share {
  readonly model: ModelName;
  readonly weights: readonly number[];
  readonly amounts: readonly number[];
  readonly reported: readonly number[] | null;
  readonly marks: readonly number[];
}

/**
 * The credits of a deal right after the event at `position`: its pipeline from the opening on, its revenue while it is
 * won. A pure function of what was true then.
 */
export function creditsAt(inputs: Inputs, opportunityId: string, position: bigint, terms: Terms): Path[] {
  const [deal] = trueAt(inputs.deals.get(opportunityId) ?? [], position);
  if (!deal) return [];
  const { committee, members } = committeeAt(inputs, deal, position);
  const candidates = [...members.keys()].flatMap((leadId) =>
    trueAt(inputs.journeys.get(leadId) ?? [], position).map((row) => ({
      eventId: row.event_id,
      leadId,
      occurredAt: row.occurred_at,
      kind: row.kind,
      channel: row.channel,
      source: row.source,
      campaign: row.campaign,
      contentId: row.content_id,
      contentTitle: row.content_title,
      sessionId: row.session_id,
      verdict: row.verdict,
    })),
  );
  const question = { openedAt: deal.opened_at, members, ...terms };
  const { touches } = touchesOf(candidates, { ...question, reference: deal.opened_at });
  const pipeline = path(deal, 'pipeline', deal.opened_at, committee, touches, terms);
  if (deal.status !== 'won' || !deal.closed_at) return [pipeline];
  const closing = { ...question, reference: deal.closed_at, closedAt: deal.closed_at };
  return [
    pipeline,
    path(deal, 'revenue', deal.closed_at, committee, touchesOf(candidates, closing).touches, terms),
  ];
}

/** Contacts with a role; without any, everybody of the account. With the time each became known. */
function committeeAt(
  inputs: Inputs,
  { opportunity_id, account_id }: DealRow,
  position: bigint,
): { committee: 'contacts' | 'account'; members: Map<string, Date | null> } {
  const seats = trueAt(inputs.seats.get(opportunity_id) ?? [], position);
  if (seats.length === 0) {
    const people = account_id === null ? [] : trueAt(inputs.byAccount.get(account_id) ?? [], position);
    return {
      committee: 'account',
      members: new Map(people.map(({ lead_id, known_at }) => [lead_id, known_at])),
    };
  }
  const keys = seats.flatMap((seat) => seat.keys);
  const leads = keys.flatMap((key) =>
    trueAt(inputs.keys.get(key) ?? [], position).map(({ lead_id }) => lead_id),
  );
  const members = leads.map((lead): [string, Date | null] => {
    const [profile] = trueAt(inputs.profiles.get(lead) ?? [], position);
    return [lead, profile?.known_at ?? null];
  });
  return { committee: 'contacts', members: new Map(members) };
}

function path(
  deal: DealRow,
  metric: Metric,
  creditedAt: Date,
  committee: 'contacts' | 'account',
  touches: readonly Touch[],
  { settings, reporting }: Terms,
): Path {
  const amount = Number(deal.amount_minor);
  const reportedMinor = (reporting && reported(amount, deal.currency, creditedAt, reporting)) ?? null;
  const said = {
    workspace: deal.workspace,
    opportunity_id: deal.opportunity_id,
    metric,
    credited_at: creditedAt,
    currency: deal.currency,
    amount_minor: amount,
    reported_currency: reporting?.currency ?? null,
    reported_minor: reportedMinor,
    committee,
    event_ids: touches.map(({ eventId }) => eventId),
    lead_ids: touches.map(({ leadId }) => leadId),
    occurred_at: touches.map(({ occurredAt }) => occurredAt),
    milestones: touches.map(({ milestones }) => milestones.join('+') || null),
    content_ids: touches.map(({ contentId }) => contentId),
    content_titles: touches.map(({ contentTitle }) => contentTitle),
    channels: touches.map(({ channel }) => channel),
    campaigns: touches.map(({ campaign }) => campaign),
    sources: touches.map(({ source }) => source),
    shares: touches.length === 0 ? [] : MODEL_NAMES.map((model) => share(model)),
  };
  return { ...said, digest: createHash('md5').update(JSON.stringify(said)).digest('hex') };

  function share(model: ModelName): Share {
    const weights = weigh(model, touches, settings);
    return {
      model,
      weights,
      amounts: shareOut(amount, weights),
      reported: reportedMinor === null ? null : shareOut(reportedMinor, weights),
      marks: marksOf(touches, weights),
    };
  }
}

/** Bit 0: credited; then the first credited touch with its content, channel, campaign, source (see 0007). */
function marksOf(touches: readonly Touch[], weights: readonly number[]): number[] {
  const seen = [new Set<unknown>(), new Set<unknown>(), new Set<unknown>(), new Set<unknown>()];
  return touches.map(({ contentId, channel, campaign, source }, index) => {
    if (!((weights[index] ?? 0) > 0)) return 0;
    return [contentId, channel, campaign, source].reduce<number>((marks, key, cut) => {
      const isFirst = !seen[cut]?.has(key);
      seen[cut]?.add(key);
      return isFirst ? marks | (2 << cut) : marks;
    }, 1);
  });
}

import { fractionsOf, MODEL_NAMES, weigh, type ModelName } from '../../domain/attribution/models.js';
import { shareOut } from '../../domain/attribution/money.js';
import type { AttributionSettings } from '../../domain/attribution/settings.js';
import type { Touch } from '../../domain/attribution/touches.js';
import type { Path } from './credits.js';

/** A column of a row of the credit ledger, as COPY and JSON can carry it; bigints are decimal strings. */
export type Value = string | number | null | readonly (string | number | null)[];
type Row<Column extends string> = Readonly<Record<Column, Value>>;

export const PATH_COLUMNS = [
  'path_id',
  'workspace',
  'opportunity_id',
  'metric',
  'credited_at',
  'currency',
  'amount_minor',
  'reported_currency',
  'reported_minor',
  'committee',
  'event_ids',
  'lead_ids',
  'occurred_at',
  'milestones',
  'content_ids',
  'content_titles',
  'channels',
  'campaigns',
  'sources',
  'digest',
  'known_from',
  'superseded_at',
] as const;
export type PathRecord = Row<(typeof PATH_COLUMNS)[number]>;

interface Positions {
  readonly knownFrom: bigint;
  readonly supersededAt: bigint | null;
}

export function pathRecord(id: string, path: Path, { knownFrom, supersededAt }: Positions): PathRecord {
  const { touches } = path;
  return {
    path_id: id,
    workspace: path.workspace,
    opportunity_id: path.opportunity_id,
    metric: path.metric,
    credited_at: path.credited_at.toISOString(),
    currency: path.currency,
    amount_minor: String(path.amount_minor),
    reported_currency: path.reported_currency,
    reported_minor: path.reported_minor === null ? null : String(path.reported_minor),
    committee: path.committee,
    event_ids: touches.map(({ eventId }) => eventId),
    lead_ids: touches.map(({ leadId }) => leadId),
    occurred_at: touches.map(({ occurredAt }) => occurredAt.toISOString()),
    milestones: touches.map(({ milestones }) => milestones.join('+') || null),
    content_ids: touches.map(({ contentId }) => contentId),
    content_titles: touches.map(({ contentTitle }) => contentTitle),
    channels: touches.map(({ channel }) => channel),
    campaigns: touches.map(({ campaign }) => campaign),
    sources: touches.map(({ source }) => source),
    digest: path.digest,
    known_from: String(knownFrom),
    superseded_at: supersededAt === null ? null : String(supersededAt),
  };
}

export const SHARE_COLUMNS = [
  'path_id',
  'workspace',
  'model',
  'weights',
  'amounts',
  'reported',
  'marks',
] as const;
export type ShareRecord = Row<(typeof SHARE_COLUMNS)[number]>;

/** What each of the models gives to the touches of a path; nothing for an unattributed one. */
export const shareRecords = (
  id: string,
  path: Path,
  settings: AttributionSettings,
  models: readonly ModelName[] = MODEL_NAMES,
): ShareRecord[] =>
  path.touches.length === 0 ? [] : models.map((model) => shareRecord(id, path, model, settings));

function shareRecord(id: string, path: Path, model: ModelName, settings: AttributionSettings): ShareRecord {
  const { touches, workspace, amount_minor: amount, reported_minor: reported } = path;
  const weights = weigh(model, touches, settings);
  const amounts = shareOut(amount, weights).map(String);
  const converted =
    reported === null ? null : reported === amount ? amounts : shareOut(reported, weights).map(String);
  return {
    path_id: id,
    workspace,
    model,
    weights: fractionsOf(weights),
    amounts,
    reported: converted,
    marks: marks(touches, weights),
  };
}

/** Bit 0: credited; then the first credited touch with its content, channel, campaign, source (see 0007). */
function marks(touches: readonly Touch[], weights: readonly bigint[]): number[] {
  const seen = [new Set<unknown>(), new Set<unknown>(), new Set<unknown>(), new Set<unknown>()];
  return touches.map(({ contentId, channel, campaign, source }, index) => {
    if ((weights[index] ?? 0n) === 0n) return 0;
    return [contentId, channel, campaign, source].reduce<number>((bits, key, cut) => {
      const isFirst = !seen[cut]?.has(key);
      seen[cut]?.add(key);
      return isFirst ? bits | (2 << cut) : bits;
    }, 1);
  });
}

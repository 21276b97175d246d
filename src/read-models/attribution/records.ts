import { fractionsOf, MODEL_NAMES, weightTouches, type ModelName } from '../../domain/attribution/models.js';
import { distribute } from '../../domain/attribution/money.js';
import type { AttributionSettings } from '../../domain/attribution/settings.js';
import type { Touch } from '../../domain/attribution/touches.js';
import {
  bigint,
  bigintArray,
  doubleArray,
  nullable,
  nullableTextArray,
  smallintArray,
  text,
  textOf,
  timestamptz,
  timestamptzArray,
  uuid,
  uuidArray,
} from '../column-types.js';
import { type RowOf, Table } from '../table.js';
import { versionedTable } from '../versioned-table.js';
import type { Metric, Path } from './credits.js';

/** One row an opportunity, metric and version; the touches are elements of its arrays (0007-attribution.sql). */
export const ATTRIBUTION_PATH = versionedTable(
  'attribution_path',
  {
    pathId: bigint,
    workspace: text,
    opportunityId: text,
    metric: textOf<Metric>(),
    creditedAt: timestamptz,
    currency: text,
    amountMinor: bigint,
    reportedCurrency: nullable(text),
    reportedMinor: nullable(bigint),
    committee: textOf<Path['committee']>(),
    eventIds: uuidArray,
    leadIds: uuidArray,
    occurredAt: timestamptzArray,
    milestones: nullableTextArray,
    contentIds: nullableTextArray,
    contentTitles: nullableTextArray,
    contentStages: nullableTextArray,
    channels: nullableTextArray,
    campaigns: nullableTextArray,
    sources: nullableTextArray,
    digest: uuid,
  },
  ['pathId'],
);
export type PathRow = RowOf<typeof ATTRIBUTION_PATH>;

/** What one model gives to the touches of a path, element by element. */
export const ATTRIBUTION_SHARE = new Table(
  'attribution_share',
  {
    pathId: bigint,
    workspace: text,
    model: text,
    weights: doubleArray,
    amounts: bigintArray,
    reported: nullable(bigintArray),
    marks: smallintArray,
  },
  ['pathId', 'model'],
);
export type ShareRow = RowOf<typeof ATTRIBUTION_SHARE>;

type Positions = Pick<PathRow, 'knownFrom' | 'supersededAt'>;

export function pathRow(pathId: bigint, path: Path, { knownFrom, supersededAt }: Positions): PathRow {
  const { touches } = path;
  return {
    pathId,
    workspace: path.workspace,
    opportunityId: path.opportunity_id,
    metric: path.metric,
    creditedAt: path.credited_at.getTime(),
    currency: path.currency,
    amountMinor: path.amount_minor,
    reportedCurrency: path.reported_currency,
    reportedMinor: path.reported_minor,
    committee: path.committee,
    eventIds: touches.map(({ eventId }) => eventId),
    leadIds: touches.map(({ leadId }) => leadId),
    occurredAt: touches.map(({ occurredAt }) => occurredAt.getTime()),
    milestones: touches.map(({ milestones }) => milestones.join('+') || null),
    contentIds: touches.map(({ contentId }) => contentId),
    contentTitles: touches.map(({ contentTitle }) => contentTitle),
    contentStages: touches.map(({ contentStage }) => contentStage ?? null),
    channels: touches.map(({ channel }) => channel),
    campaigns: touches.map(({ campaign }) => campaign),
    sources: touches.map(({ source }) => source),
    digest: path.digest,
    knownFrom,
    supersededAt,
  };
}

/** What each of the models gives to the touches of a path; nothing for an unattributed one, and for a loss. */
export const shareRows = (
  pathId: bigint,
  path: Path,
  settings: AttributionSettings,
  models: readonly ModelName[] = MODEL_NAMES,
): ShareRow[] =>
  path.touches.length === 0 || path.metric === 'loss'
    ? []
    : models.map((model) => shareRow(pathId, path, model, settings));

function shareRow(pathId: bigint, path: Path, model: ModelName, settings: AttributionSettings): ShareRow {
  const { touches, workspace, amount_minor: amount, reported_minor: inReported } = path;
  const weights = weightTouches(model, touches, settings);
  const amounts = distribute(amount, weights);
  const reported =
    inReported === null ? null : inReported === amount ? amounts : distribute(inReported, weights);
  return {
    ...{ pathId, workspace, model, amounts, reported },
    weights: fractionsOf(weights),
    marks: marks(touches, weights),
  };
}

/** A touch as far as cuts of reports look at it. */
export type MarkedTouch = Pick<Touch, 'contentId' | 'channel' | 'campaign' | 'source'>;

/** Bit 0: credited; then the first credited touch with its content, channel, campaign, source (see 0007). */
export function marks(touches: readonly MarkedTouch[], weights: readonly bigint[]): number[] {
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

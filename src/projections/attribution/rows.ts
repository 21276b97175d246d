import { fractionsOf, MODEL_NAMES, weigh, type ModelName } from '../../domain/attribution/models.js';
import { shareOut } from '../../domain/attribution/money.js';
import type { AttributionSettings } from '../../domain/attribution/settings.js';
import type { Touch } from '../../domain/attribution/touches.js';
import { instant, text, type Field } from '../copy.js';
import type { Path } from './credits.js';

/** Rows as COPY takes them: fields joined by tabs. */

export const PATH_COLUMNS = `path_id, workspace, opportunity_id, metric, credited_at, currency, amount_minor,
  reported_currency, reported_minor, committee, event_ids, lead_ids, occurred_at, milestones, content_ids,
  content_titles, channels, campaigns, sources, digest, known_from, superseded_at`;

export function pathRow(id: string, path: Path, knownFrom: bigint, supersededAt: bigint | null): string {
  const { touches } = path;
  const of = (value: (touch: Touch) => string | null): Field => texts(touches.map(value));
  return [
    id,
    text(path.workspace),
    text(path.opportunity_id),
    path.metric,
    instant(path.credited_at.getTime()),
    path.currency,
    path.amount_minor,
    text(path.reported_currency),
    path.reported_minor ?? text(null),
    path.committee,
    plain(touches.map(({ eventId }) => eventId)),
    plain(touches.map(({ leadId }) => leadId)),
    plain(touches.map(({ occurredAt }) => occurredAt.toISOString())),
    plain(touches.map(({ milestones }) => milestones.join('+') || 'NULL')),
    of(({ contentId }) => contentId),
    of(({ contentTitle }) => contentTitle),
    of(({ channel }) => channel),
    of(({ campaign }) => campaign),
    of(({ source }) => source),
    path.digest,
    knownFrom,
    supersededAt ?? text(null),
  ].join('\t');
}

export const SHARE_COLUMNS = 'path_id, workspace, model, weights, amounts, reported, marks';

/** What each model gives to the touches of a path; nothing for an unattributed one. */
export const shareRows = (id: string, path: Path, settings: AttributionSettings): string[] =>
  path.touches.length === 0 ? [] : MODEL_NAMES.map((model) => shareRow(id, path, model, settings));

function shareRow(id: string, path: Path, model: ModelName, settings: AttributionSettings): string {
  const { touches, workspace, amount_minor: amount, reported_minor: reported } = path;
  const weights = weigh(model, touches, settings);
  const amounts = plain(shareOut(amount, weights));
  const converted =
    reported === null ? text(null) : reported === amount ? amounts : plain(shareOut(reported, weights));
  return [
    id,
    text(workspace),
    model,
    plain(fractionsOf(weights)),
    amounts,
    converted,
    plain(marks(touches, weights)),
  ].join('\t');
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

/** An array of values that need no quotes. */
const plain = (values: readonly (string | number | bigint)[]): Field => `{${values.join(',')}}`;

const texts = (values: readonly (string | null)[]): Field =>
  text(
    `{${values.map((value) => (value === null ? 'NULL' : `"${value.replace(/["\\]/g, '\\$&')}"`)).join(',')}}`,
  );

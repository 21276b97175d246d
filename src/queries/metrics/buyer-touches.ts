import { attributionSettings } from '../../domain/attribution/settings.js';
import { isReceived } from '../../domain/session.js';
import { TOUCHPOINT_KINDS, type TouchpointKind } from '../../domain/touchpoint.js';
import type { View } from '../read-models.js';
import { allOf, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';

/** Begin and end of a report; null: open. */
export interface Period {
  readonly from: Date | null;
  readonly to: Date | null;
}

/** Kinds of touchpoints by which buyers engage: those that are touches for attribution, and not what was only sent to them. */
export function engagingKinds({ model }: Pick<View, 'model'>): readonly TouchpointKind[] {
  const { excludedKinds } = attributionSettings(model?.data.document.attribution);
  return TOUCHPOINT_KINDS.filter((kind) => !excludedKinds.includes(kind) && !isReceived(kind));
}

/**
 * Touchpoints `j` by which buyers engage: what people did, of the kinds that are touches for attribution, and not what was only
 * sent to them. The days beside the instants are for the index by day, which knows days of any time zone.
 */
export function engaged(view: View, { from, to }: Period): Sql {
  return allOf([
    sql`j.workspace = ${view.workspace} AND j.verdict IN ('human', 'unknown') AND j.kind = ANY(${engagingKinds(view)}::text[])`,
    validAt('j', view.asOf),
    from ? sql`j.occurred_at >= ${from} AND j.occurred_date >= ${from}::timestamptz::date - 2` : undefined,
    to ? sql`j.occurred_at < ${to} AND j.occurred_date <= ${to}::timestamptz::date + 2` : undefined,
  ]);
}

export const profiles = ({ workspace, asOf }: Pick<View, 'workspace' | 'asOf'>): Sql => sql`
  SELECT p.lead_id, p.persona FROM touchline.lead_profile p
  WHERE p.workspace = ${workspace} AND ${validAt('p', asOf)}`;

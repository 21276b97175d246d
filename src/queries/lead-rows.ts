import type { Lifecycle } from '../domain/lifecycle.js';
import { raw, sql, type Sql } from './sql.js';
import type { View } from './read-models.js';
import { validAt } from './valid-at.js';

/** Columns of `leadRows` that answers show as they are. */
export const LEAD_COLUMNS = raw(
  `l.lead_id, l.known, l.email, l.account_id, l.persona, l.grade, l.stage,
   l.touchpoints, l.first_touch_at, l.last_touch_at`,
);

/**
 * Leads with their state at the position of the view (touchline.lead_at). Both ways give the same rows; the quick one reads
 * one table, but only knows the present.
 */
export async function leadRows({ workspace, asOf, halfLifeDays, ...view }: View): Promise<Sql> {
  const isCurrent = await view.isCurrent('journey');
  const leads = isCurrent
    ? raw('touchline.lead_at()')
    : sql`touchline.lead_at(${asOf}::bigint, ${halfLifeDays}::float8)`;
  return sql`SELECT * FROM ${leads} at_position WHERE at_position.workspace = ${workspace}`;
}

/** The persona of a lead at the position of the view, as whose its journey is read. */
export const personaAt = ({ workspace, asOf }: View, leadId: string): Sql => sql`
  (SELECT p.persona FROM touchline.lead_profile p
   WHERE p.workspace = ${workspace} AND p.lead_id = ${leadId}::uuid AND ${validAt('p', asOf)})`;

/** What a score is worth at a later moment, two decimals: score · 0.5^(age / halfLife). No score at all is 0. */
export function decayed(
  { halfLifeDays }: View,
  { score, since, to }: { score: Sql; since: Sql; to: Sql },
): Sql {
  return sql`round(touchline.decay(${score}, ${since}, ${to}, ${halfLifeDays})::numeric, 2)::float8`;
}

/** The score of a row of `leadRows` at the moment of the view. */
export const scoreNow = (view: View, alias: string): Sql =>
  decayed(view, {
    score: raw(`${alias}.score`),
    since: raw(`${alias}.score_at`),
    to: sql`${view.at}::timestamptz`,
  });

/** Where the lead of a row is in our process. */
export const lifecycleOf = ({ workspace, asOf }: View, alias: string): Sql => sql`
  (SELECT f.lifecycle FROM touchline.lifecycle_at(${asOf}::bigint) f
   WHERE f.workspace = ${workspace} AND f.lead_id = ${raw(alias)}.lead_id)`;

/** The same as a condition, for choosing among all leads: starts from opportunities or decisions where it can. */
export const lifecycleIs = ({ workspace, asOf }: View, alias: string, lifecycle: Lifecycle): Sql => sql`
  ${raw(alias)}.lead_id IN (
    SELECT f.lead_id FROM touchline.lifecycle_at(${asOf}::bigint) f
    WHERE f.workspace = ${workspace} AND ${chosenBy(lifecycle)})`;

function chosenBy(lifecycle: Lifecycle): Sql {
  if (lifecycle === 'customer') return raw('f.has_won');
  if (lifecycle === 'opportunity') return raw('f.has_open AND NOT f.has_won');
  if (lifecycle === 'raw' || lifecycle === 'engaged' || lifecycle === 'opted_out')
    return sql`f.lifecycle = ${lifecycle}`;
  return sql`f.status = ${lifecycle} AND f.lifecycle = ${lifecycle}`;
}

/** What `lifecycleOf` and `lifecycleIs` read. */
export const LIFECYCLE_PROJECTIONS = ['journey', 'opportunities', 'lifecycle'] as const;

import { raw, sql, type Sql } from './sql.js';
import { trueAt, type View } from './read-models.js';

/** Columns of `leadRows` that answers show as they are. */
export const LEAD_COLUMNS = raw(
  `l.lead_id, l.known, l.email, l.account_id, l.persona, l.grade, l.stage,
   l.touchpoints, l.first_touch_at, l.last_touch_at`,
);

/**
 * Leads with their state at the position of the view: lead_id, known, email, account_id, persona, grade, stage, score
 * (at score_at), touchpoints, first_touch_at, last_touch_at. Both ways give the same rows; the quick one reads one
 * table, but only knows the present.
 */
export async function leadRows(view: View): Promise<Sql> {
  return (await view.isCurrent('journey')) ? leadsNow(view) : leadsThen(view);
}

const leadsNow = ({ workspace }: View): Sql => sql`
  SELECT lead_id, known, email, account_id, persona, grade, stage, score, score_at,
         touchpoints, first_touch_at, last_touch_at
  FROM touchline.lead
  WHERE workspace = ${workspace}`;

const leadsThen = ({ workspace, asOf, halfLifeDays }: View): Sql => sql`
  SELECT p.lead_id, p.known, p.email, p.account_id, p.persona, p.grade, moved.to_stage AS stage,
         coalesce(scored.score, 0) AS score, scored.scored_at AS score_at,
         touched.touchpoints, touched.first_touch_at, touched.last_touch_at
  FROM touchline.lead_profile p
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS touchpoints, min(j.occurred_at) AS first_touch_at,
           max(j.occurred_at) AS last_touch_at
    FROM touchline.journey j
    WHERE j.workspace = p.workspace AND j.lead_id = p.lead_id AND ${trueAt('j', asOf)}) touched
  LEFT JOIN LATERAL (
    SELECT t.to_stage
    FROM touchline.stage_transition t
    WHERE t.workspace = p.workspace AND t.lead_id = p.lead_id AND ${trueAt('t', asOf)}
    ORDER BY t.at DESC, t.event_id DESC LIMIT 1) moved ON true
  CROSS JOIN LATERAL touchline.score_at(p.workspace, p.lead_id, ${halfLifeDays}, ${asOf}) scored
  WHERE p.workspace = ${workspace} AND ${trueAt('p', asOf)}`;

/** The persona of a lead at the position of the view, as whose its journey is read. */
export const personaAt = ({ workspace, asOf }: View, leadId: string): Sql => sql`
  (SELECT p.persona FROM touchline.lead_profile p
   WHERE p.workspace = ${workspace} AND p.lead_id = ${leadId}::uuid AND ${trueAt('p', asOf)})`;

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

/**
 * Where the lead of a row is in our process, from what is known of deals and scores: on the committee of a won
 * opportunity, of an open one, known and engaged by points it earned, or raw.
 */
export const lifecycleOf = ({ workspace, asOf }: View, alias: string): Sql => sql`
  coalesce(
    (SELECT CASE WHEN bool_or(o.status = 'won') THEN 'customer' WHEN bool_or(o.status = 'open') THEN 'opportunity' END
     FROM touchline.identity_key k
     JOIN touchline.opportunity_contact_key ever ON ever.workspace = k.workspace AND ever.key = k.key
     JOIN touchline.opportunity_contact c
       ON c.workspace = k.workspace AND c.opportunity_id = ever.opportunity_id AND k.key = ANY(c.keys)
       AND ${trueAt('c', asOf)}
     JOIN touchline.opportunity o
       ON o.workspace = c.workspace AND o.opportunity_id = c.opportunity_id AND ${trueAt('o', asOf)}
     WHERE k.workspace = ${workspace} AND k.lead_id = ${raw(alias)}.lead_id AND ${trueAt('k', asOf)}),
    CASE WHEN ${engaged({ workspace, asOf }, alias)} THEN 'engaged' ELSE 'raw' END)`;

export const LIFECYCLES = ['raw', 'engaged', 'opportunity', 'customer'] as const;
export type Lifecycle = (typeof LIFECYCLES)[number];

/** The same as a condition, for choosing among all leads: starts from the deals and not from each lead. */
export function lifecycleIs(
  view: Pick<View, 'workspace' | 'asOf'>,
  alias: string,
  lifecycle: Lifecycle,
): Sql {
  const on = (statuses: readonly string[]): Sql =>
    sql`${raw(alias)}.lead_id IN (${committees(view, statuses)})`;
  if (lifecycle === 'customer') return on(['won']);
  if (lifecycle === 'opportunity') return sql`(${on(['open'])} AND NOT ${on(['won'])})`;
  const without = sql`NOT ${on(['won', 'open'])}`;
  const earned = engaged(view, alias);
  return lifecycle === 'engaged' ? sql`(${without} AND ${earned})` : sql`(${without} AND NOT ${earned})`;
}

const committees = (
  { workspace, asOf }: Pick<View, 'workspace' | 'asOf'>,
  statuses: readonly string[],
): Sql => sql`
  SELECT k.lead_id
  FROM touchline.opportunity o
  JOIN touchline.opportunity_contact c
    ON c.workspace = o.workspace AND c.opportunity_id = o.opportunity_id AND ${trueAt('c', asOf)}
  CROSS JOIN unnest(c.keys) AS contact(key)
  JOIN touchline.identity_key k ON k.workspace = c.workspace AND k.key = contact.key AND ${trueAt('k', asOf)}
  WHERE o.workspace = ${workspace} AND ${trueAt('o', asOf)} AND o.status = ANY(${statuses}::text[])`;

const engaged = ({ workspace, asOf }: Pick<View, 'workspace' | 'asOf'>, alias: string): Sql => sql`
  (${raw(alias)}.known AND EXISTS (
    SELECT FROM touchline.score_change e
    WHERE e.workspace = ${workspace} AND e.lead_id = ${raw(alias)}.lead_id AND e.points > 0
      AND ${trueAt('e', asOf)}))`;

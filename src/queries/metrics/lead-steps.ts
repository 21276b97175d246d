import type { View } from '../read-models.js';
import { segmentMembers } from '../segments.js';
import { empty, raw, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';

export const LEAD_CUTS = ['persona', 'source', 'segment', 'campaign', 'month'] as const;
type LeadCut = (typeof LEAD_CUTS)[number] | 'nurture';

/**
 * A nurture touch before sales qualified the lead, or else before the first step after that. Touches after it do not count: who gets
 * further has more time for them, which would look like their effect (immortal time bias).
 */
export const TOOK_STEP_AT = 'least(step.qualified_at, step.accepted_at, step.opportunity_at, step.won_at)';
export const IS_NURTURED = `(step.nurtured_at < coalesce(${TOOK_STEP_AT}, 'infinity')) IS TRUE`;

/** Cuts of leads `step` joined by `leadJoins`; the month is that of the first touch. */
export const leadColumns = (timeZone: string): Readonly<Record<LeadCut, Sql>> => ({
  persona: raw('step.persona'),
  source: raw('step.source'),
  segment: raw('member.segment_id'),
  campaign: raw('step.campaign'),
  month: sql`date_trunc('month', step.first_touch_at AT TIME ZONE ${timeZone})::date`,
  nurture: raw(`CASE WHEN ${IS_NURTURED} THEN 'nurtured' ELSE 'cold' END`),
});

/** Joins what the cuts of leads read. A lead in two segments is two rows. */
export const leadJoins = (view: View, by: readonly string[]): Sql =>
  by.includes('segment')
    ? sql`LEFT JOIN (${segmentMembers(view)}) member ON member.lead_id = step.lead_id`
    : empty;

/**
 * When each lead first took each step, NULL where it has not: lead_id, persona, known, source and campaign of the first touch,
 * first_touch_at, engaged_at, qualified_at, accepted_at with the business minutes to it, opportunity_at, won_at, and nurtured_at, the first nurture touch. Engaged
 * is what the lifecycle calls so: known, with points. Opportunities are those that a lead is a contact of. Leads without touchpoints,
 * from a list or the CRM alone, have not come to us and are left out.
 *
 * @param by cuts, without which source and campaign may be NULL
 * @param opportunities those of leads, where a query reads them elsewhere too
 */
export const leadSteps = async (
  view: View,
  by: readonly string[],
  opportunities = leadOpportunities(view),
): Promise<Sql> => sql`
  SELECT l.*, c.opportunity_at, c.won_at
  FROM (${await decidedLeads(view, by)}) l
  LEFT JOIN (${contacts(opportunities)}) c ON c.lead_id = l.lead_id`;

/** The same without opportunities; with `status` and `since`, of what was decided last. */
export async function decidedLeads(view: View, by: readonly string[]): Promise<Sql> {
  const hasOrigin = by.includes('source') || by.includes('campaign');
  const leads = (await view.isCurrent('journey')) ? leadsNow(view) : leadsAt(view, hasOrigin);
  return sql`
    SELECT l.*, d.qualified_at, d.accepted_at, d.business_minutes_to_accept, d.status, d.since
    FROM (${leads}) l
    LEFT JOIN (${decisions(view)}) d ON d.lead_id = l.lead_id`;
}

/** The newest states keep what the versions come to. */
const leadsNow = ({ workspace }: View): Sql => sql`
  SELECT l.lead_id, l.persona, l.known, l.first_source AS source, l.first_campaign AS campaign, l.first_touch_at, l.engaged_at, l.nurtured_at
  FROM touchline.lead l
  WHERE l.workspace = ${workspace} AND l.first_touch_at IS NOT NULL`;

const FIRST_TOUCH =
  'DISTINCT ON (j.lead_id) j.lead_id, j.occurred_at AS first_touch_at, j.source, j.campaign';
/** Without what it came from, the first touch needs no sort. */
const FIRST_TIME =
  'j.lead_id, min(j.occurred_at) AS first_touch_at, NULL::text AS source, NULL::text AS campaign';

const leadsAt = ({ workspace, asOf }: View, hasOrigin: boolean): Sql => sql`
  SELECT p.lead_id, p.persona, p.known, t.source, t.campaign, t.first_touch_at,
         CASE WHEN p.known AND s.at IS NOT NULL THEN greatest(s.at, p.known_at) END AS engaged_at, n.at AS nurtured_at
  FROM touchline.lead_profile p
  JOIN (SELECT ${raw(hasOrigin ? FIRST_TOUCH : FIRST_TIME)}
        FROM touchline.journey j
        WHERE j.workspace = ${workspace} AND j.verdict <> 'superseded' AND ${validAt('j', asOf)}
        ${raw(hasOrigin ? 'ORDER BY j.lead_id, j.occurred_at, j.event_id' : 'GROUP BY j.lead_id')}) t ON t.lead_id = p.lead_id
  LEFT JOIN (SELECT s.lead_id, min(s.occurred_at) AS at FROM touchline.score_change s
             WHERE s.workspace = ${workspace} AND ${validAt('s', asOf)} AND s.points > 0
             GROUP BY s.lead_id) s ON s.lead_id = p.lead_id
  LEFT JOIN (SELECT j.lead_id, min(j.occurred_at) AS at FROM touchline.journey j
             WHERE j.workspace = ${workspace} AND j.nurture AND ${validAt('j', asOf)}
             GROUP BY j.lead_id) n ON n.lead_id = p.lead_id
  WHERE p.workspace = ${workspace} AND ${validAt('p', asOf)}`;

/** First decisions on leads, and the last one, those on leads merged into them among them. */
const decisions = ({ workspace, asOf }: View): Sql => sql`
  SELECT l.lead_id, l.qualified_at, l.accepted_at, l.business_minutes_to_accept, l.status, l.since FROM touchline.lead_lifecycle l
  WHERE l.workspace = ${workspace} AND ${validAt('l', asOf)}`;

/** First opening and first win among the opportunities that a lead is a contact of. */
const contacts = (opportunities: Sql): Sql => sql`
  SELECT o.lead_id, min(o.opened_at) AS opportunity_at, min(o.closed_at) FILTER (WHERE o.status = 'won') AS won_at
  FROM (${opportunities}) o
  GROUP BY o.lead_id`;

/**
 * Opportunities with each lead that is a contact of them, once for each of its keys. A key's lead goes by the key's own id unless another key
 * of it came first, and the keys of which that is true are few: the index identity_key_merged has them, by the condition as it is written here.
 * Offset 0 has these hashed. Ids are unnested as they are read, since a lateral join calls a function for each. A key that no touchpoint
 * or claim has named yet is an id that no lead has.
 */
export const leadOpportunities = ({ workspace, asOf }: View): Sql => sql`
  SELECT coalesce(k.lead_id, c.own_lead_id) AS lead_id, o.opportunity_id, o.status, o.opened_at, o.closed_at, o.currency, o.amount_minor
  FROM (SELECT c.opportunity_id, unnest(c.own_lead_ids) AS own_lead_id FROM touchline.opportunity_contact c
        WHERE c.workspace = ${workspace} AND ${validAt('c', asOf)}) c
  JOIN touchline.opportunity o
    ON o.workspace = ${workspace} AND o.opportunity_id = c.opportunity_id AND ${validAt('o', asOf)}
  LEFT JOIN (SELECT k.own_lead_id, k.lead_id FROM touchline.identity_key k
             WHERE k.workspace = ${workspace} AND (k.lead_id <> k.own_lead_id) IS TRUE AND ${validAt('k', asOf)} OFFSET 0) k
    ON k.own_lead_id = c.own_lead_id`;

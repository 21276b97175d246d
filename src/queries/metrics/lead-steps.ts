import type { View } from '../read-models.js';
import { sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';

/**
 * When each lead first took each step, NULL where it has not: lead_id, known_at, first_touch_at, engaged_at, qualified_at,
 * accepted_at, opportunity_at and won_at. Engaged is what the lifecycle calls so: known, with points. Opportunities are those
 * that a lead is a contact of. Leads without touchpoints, from a list or the CRM alone, have not come to us and are left out.
 */
export async function leadSteps(view: View): Promise<Sql> {
  const { workspace, asOf } = view;
  return sql`
    SELECT p.lead_id, p.persona, t.first_touch_at, CASE WHEN s.at IS NOT NULL THEN greatest(s.at, p.known_at) END AS engaged_at, d.qualified_at, d.accepted_at,
           c.opportunity_at, c.won_at
    FROM (SELECT * FROM touchline.lead_profile p WHERE p.workspace = ${workspace} AND ${validAt('p', asOf)}) p
    JOIN (${await firstTouches(view)}) t ON t.lead_id = p.lead_id
    LEFT JOIN (SELECT s.lead_id, min(s.occurred_at) AS at FROM touchline.score_change s
               WHERE s.workspace = ${workspace} AND ${validAt('s', asOf)} AND s.points > 0
               GROUP BY s.lead_id) s ON s.lead_id = p.lead_id AND p.known
    LEFT JOIN (${decisions(view)}) d ON d.lead_id = p.lead_id
    LEFT JOIN (${contacts(view)}) c ON c.lead_id = p.lead_id`;
}

/** The newest states have the first touches of now; a position before is read from the journeys. */
async function firstTouches(view: View): Promise<Sql> {
  const { workspace, asOf } = view;
  if (await view.isCurrent('journey'))
    return sql`SELECT l.lead_id, l.first_touch_at FROM touchline.lead l
               WHERE l.workspace = ${workspace} AND l.first_touch_at IS NOT NULL`;
  return sql`SELECT j.lead_id, min(j.occurred_at) AS first_touch_at FROM touchline.journey j
             WHERE j.workspace = ${workspace} AND j.verdict <> 'superseded' AND ${validAt('j', asOf)} GROUP BY j.lead_id`;
}

/** First decisions on leads, those on leads merged into them among them. */
const decisions = ({ workspace, asOf }: View): Sql => sql`
  SELECT k.lead_id, min(d.occurred_at) FILTER (WHERE d.type = 'LeadQualified') AS qualified_at,
         min(d.occurred_at) FILTER (WHERE d.type = 'LeadAccepted') AS accepted_at
  FROM touchline.lead_decision d
  JOIN (SELECT DISTINCT k.own_lead_id, k.lead_id FROM touchline.identity_key k
        WHERE k.workspace = ${workspace} AND ${validAt('k', asOf)}) k ON k.own_lead_id = d.lead_id
  WHERE d.workspace = ${workspace} AND d.position <= ${asOf}
  GROUP BY k.lead_id`;

/** First opening and first win among the opportunities that a lead is a contact of. */
const contacts = ({ workspace, asOf }: View): Sql => sql`
  SELECT k.lead_id, min(o.opened_at) AS opportunity_at, min(o.closed_at) FILTER (WHERE o.status = 'won') AS won_at
  FROM touchline.opportunity_contact c
  CROSS JOIN LATERAL unnest(c.keys) AS named (key)
  JOIN touchline.identity_key k ON k.workspace = c.workspace AND k.key = named.key AND ${validAt('k', asOf)}
  JOIN touchline.opportunity o
    ON o.workspace = c.workspace AND o.opportunity_id = c.opportunity_id AND ${validAt('o', asOf)}
  WHERE c.workspace = ${workspace} AND ${validAt('c', asOf)}
  GROUP BY k.lead_id`;

/** Where the first touch of each lead of `steps` came from: lead_id, source, campaign. */
export const firstOrigins = ({ workspace, asOf }: View): Sql => sql`
  SELECT DISTINCT ON (j.lead_id) j.lead_id, j.source, j.campaign
  FROM touchline.journey j
  JOIN step ON step.lead_id = j.lead_id AND step.first_touch_at = j.occurred_at
  WHERE j.workspace = ${workspace} AND j.verdict <> 'superseded' AND ${validAt('j', asOf)}
  ORDER BY j.lead_id, j.event_id`;

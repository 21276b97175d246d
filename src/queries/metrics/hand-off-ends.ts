import type { View } from '../read-models.js';
import { firstRow, raw, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { leadOpportunities } from './lead-steps.js';

/**
 * Hand-offs `h` as handoff_end has them (0091-hand-off-ends.sql), but all at once: one is open until the lead is handed to somebody
 * else, recycled, disqualified, opts out or becomes a contact of an opportunity. It rots from `rots_at` on until the first call,
 * meeting or mail of sales, which stops its clock. What leads did is looked up for those alone that meet the condition on `h`, whose
 * columns before `ended_at` are known by then.
 */
export const handOffs = async (view: View, condition?: Sql): Promise<Sql> => sql`
  SELECT h.*, least(h.ended_at, activity.at) AS rots_until
  FROM (${await endedHandOffs(view, condition)}) h
  LEFT JOIN LATERAL (${firstActivity(view)}) activity ON true`;

/**
 * The same but for what stops their clock.
 *
 * @param many whether to read all leads and contacts of opportunities or to look up those of each hand-off; usual: what is cheaper
 */
export async function endedHandOffs(view: View, condition: Sql = raw('true'), many?: boolean): Promise<Sql> {
  const readsAll = many ?? (await areMany(view));
  const begun = sql`SELECT h.* FROM (${handedOff(view, readsAll)}) h WHERE ${condition}`;
  if (!readsAll)
    return sql`
      SELECT h.*, least(h.left_at, opened.at) AS ended_at
      FROM (${begun}) h CROSS JOIN LATERAL (${firstOpening(view)}) opened`;
  return sql`
    WITH begun AS MATERIALIZED (${begun})
    SELECT h.*, least(h.left_at, opened.at) AS ended_at
    FROM begun h
    LEFT JOIN (
      SELECT h.lead_id, h.began_at, min(o.opened_at) AS at
      FROM begun h JOIN (${leadOpportunities(view)}) o ON o.lead_id = h.lead_id AND o.opened_at >= h.began_at
      GROUP BY h.lead_id, h.began_at) opened ON opened.lead_id = h.lead_id AND opened.began_at = h.began_at`;
}

/** From so many on reading is cheaper. */
const MANY = 4_000;

export async function areMany({ tx, workspace }: View): Promise<boolean> {
  const query = sql`
    SELECT FROM touchline.lead_decision d WHERE d.workspace = ${workspace} AND d.type = 'LeadHandedOff'
    OFFSET ${MANY} LIMIT 1`;
  return (await firstRow(tx, query)) !== undefined;
}

/**
 * `decided_at`: when the lead was handed to somebody else, recycled or disqualified; `left_at`: the same, or when it opted out. To look a lead
 * up by an index takes 7 µs each; offset 0 has all of them joined by hash.
 */
const handedOff = ({ workspace, asOf }: View, readsAll: boolean): Sql => sql`
  SELECT k.lead_id, d.recipient, d.began_at, greatest(d.due_by, d.began_at) AS rots_at, d.warn_at, d.decided_at,
         least(d.decided_at, CASE WHEN refused.lead_id IS NOT NULL THEN greatest(refused.at, d.began_at) END) AS left_at
  FROM (SELECT d.lead_id, d.type, d.recipient, d.due_by, d.warn_at, d.occurred_at AS began_at, lead(d.occurred_at) OVER decisions AS decided_at
        FROM touchline.lead_decision d
        WHERE d.workspace = ${workspace} AND d.position <= ${asOf} AND d.type IN ('LeadHandedOff', 'LeadRecycled', 'LeadDisqualified')
        WINDOW decisions AS (PARTITION BY d.lead_id ORDER BY d.position)) d
  JOIN (SELECT k.own_lead_id, k.lead_id FROM touchline.identity_key k
        WHERE k.workspace = ${workspace} AND ${validAt('k', asOf)} ${raw(readsAll ? 'OFFSET 0' : '')}) k ON k.own_lead_id = d.lead_id
  LEFT JOIN (SELECT p.lead_id, p.email_consent_at AS at FROM touchline.lead_profile p
             WHERE p.workspace = ${workspace} AND p.email_consent = 'unsubscribed' AND ${validAt('p', asOf)} ${raw(readsAll ? 'OFFSET 0' : '')}) refused
    ON refused.lead_id = k.lead_id
  WHERE d.type = 'LeadHandedOff'`;

const firstOpening = ({ workspace, asOf }: View): Sql => sql`
  SELECT min(o.opened_at) AS at
  FROM touchline.identity_key k
  JOIN touchline.opportunity_contact_key ck ON ck.workspace = k.workspace AND ck.key = k.key
  JOIN touchline.opportunity_contact c
    ON c.workspace = ck.workspace AND c.opportunity_id = ck.opportunity_id AND ck.key = ANY (c.keys) AND ${validAt('c', asOf)}
  JOIN touchline.opportunity o
    ON o.workspace = ck.workspace AND o.opportunity_id = ck.opportunity_id AND o.opened_at >= h.began_at AND ${validAt('o', asOf)}
  WHERE k.workspace = ${workspace} AND k.lead_id = h.lead_id AND ${validAt('k', asOf)}`;

/** Of hand-offs `h`. The list of kinds is that of the index journey_sales_activity. */
export const firstActivity = ({ workspace, asOf }: View): Sql => sql`
  SELECT j.occurred_at AS at
  FROM touchline.journey j
  WHERE j.workspace = ${workspace} AND j.lead_id = h.lead_id
    AND j.occurred_at >= h.began_at AND (h.decided_at IS NULL OR j.occurred_at < h.decided_at)
    AND j.kind IN ('sales_call', 'sales_email', 'meeting') AND j.verdict IN ('human', 'unknown') AND ${validAt('j', asOf)}
  ORDER BY j.occurred_at
  LIMIT 1`;

-- Where leads stand, at a log position or now: one definition for the query API and schema bi. Both functions are inlined, so
-- name the workspace (and lead) in WHERE: the planner carries it inside, and leaves out columns that nobody asks for.
DROP SCHEMA IF EXISTS bi CASCADE; -- its views name the function; migrations/repeatable makes them again
DROP FUNCTION touchline.lead_lifecycle;

-- Leads as of a position, or now where it is NULL: what stands now is read from the table of the newest states, which has the
-- same rows. A score decays from score_at; as of a position it is added up with the half-life of the model in force then.
CREATE FUNCTION touchline.lead_at(as_of bigint DEFAULT NULL, half_life_days double precision DEFAULT NULL)
RETURNS TABLE (
  workspace text, lead_id uuid, known boolean, email text, account_id text, persona text, grade text, stage text,
  score double precision, score_at timestamptz, touchpoints integer, first_touch_at timestamptz, last_touch_at timestamptz
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT l.workspace, l.lead_id, l.known, l.email, l.account_id, l.persona, l.grade, l.stage, l.score, l.score_at,
       l.touchpoints, l.first_touch_at, l.last_touch_at
  FROM touchline.lead l
 WHERE as_of IS NULL
UNION ALL
SELECT p.workspace, p.lead_id, p.known, p.email, p.account_id, p.persona, p.grade, moved.to_stage,
       coalesce(scored.score, 0), scored.scored_at, touched.touchpoints, touched.first_touch_at, touched.last_touch_at
  FROM touchline.lead_profile p
 CROSS JOIN LATERAL (
   SELECT count(*)::integer AS touchpoints, min(j.occurred_at) AS first_touch_at, max(j.occurred_at) AS last_touch_at
     FROM touchline.journey j
    WHERE j.workspace = p.workspace AND j.lead_id = p.lead_id
      AND j.known_from <= as_of AND (j.superseded_at IS NULL OR j.superseded_at > as_of)
 ) touched
  LEFT JOIN LATERAL (
   SELECT t.to_stage
     FROM touchline.stage_transition t
    WHERE t.workspace = p.workspace AND t.lead_id = p.lead_id
      AND t.known_from <= as_of AND (t.superseded_at IS NULL OR t.superseded_at > as_of)
    ORDER BY t.at DESC, t.event_id DESC
    LIMIT 1
 ) moved ON true
 CROSS JOIN LATERAL touchline.score_at(p.workspace, p.lead_id, half_life_days, as_of) scored
 WHERE p.known_from <= as_of AND (p.superseded_at IS NULL OR p.superseded_at > as_of);
END;

-- Where each lead is in OUR process.
--   customer     a contact of an opportunity that is won
--   opportunity  else a contact of one that is open
--   engaged      else is known and has earned points: the journey model decides what engagement is worth
--   raw          else
-- To choose the leads of opportunities, ask has_won and has_open: then the planner starts from these instead of from all leads.
-- They are NULL where a lead is a contact of none.
CREATE FUNCTION touchline.lifecycle_at(as_of bigint DEFAULT 9223372036854775807)
RETURNS TABLE (workspace text, lead_id uuid, lifecycle text, has_won boolean, has_open boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT p.workspace, p.lead_id,
       CASE WHEN contact.has_won THEN 'customer'
            WHEN contact.has_open THEN 'opportunity'
            WHEN p.known AND EXISTS (SELECT FROM touchline.score_change s
                          WHERE s.workspace = p.workspace AND s.lead_id = p.lead_id AND s.points > 0
                            AND s.known_from <= as_of AND (s.superseded_at IS NULL OR s.superseded_at > as_of))
            THEN 'engaged'
            ELSE 'raw' END,
       contact.has_won, contact.has_open
  FROM touchline.lead_profile p
  LEFT JOIN (SELECT k.workspace, k.lead_id, bool_or(o.status = 'won') AS has_won, bool_or(o.status = 'open') AS has_open
               FROM touchline.identity_key k
               JOIN touchline.opportunity_contact_key ck ON ck.workspace = k.workspace AND ck.key = k.key
               JOIN touchline.opportunity_contact c
                 ON c.workspace = ck.workspace AND c.opportunity_id = ck.opportunity_id AND ck.key = ANY (c.keys)
                AND c.known_from <= as_of AND (c.superseded_at IS NULL OR c.superseded_at > as_of)
               JOIN touchline.opportunity o
                 ON o.workspace = ck.workspace AND o.opportunity_id = ck.opportunity_id
                AND o.known_from <= as_of AND (o.superseded_at IS NULL OR o.superseded_at > as_of)
              WHERE k.known_from <= as_of AND (k.superseded_at IS NULL OR k.superseded_at > as_of)
              GROUP BY k.workspace, k.lead_id) contact
    ON contact.workspace = p.workspace AND contact.lead_id = p.lead_id
 WHERE p.known_from <= as_of AND (p.superseded_at IS NULL OR p.superseded_at > as_of);
END;

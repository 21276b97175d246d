-- Versions of an activity that a later one supersedes are no touchpoints of a lead: it has as many whichever versions a CRM sends
-- (docs/adr/0045). Otherwise as in 0047.
CREATE OR REPLACE FUNCTION touchline.lead_at(as_of bigint DEFAULT NULL, half_life_days double precision DEFAULT NULL)
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
      AND j.verdict <> 'superseded'
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

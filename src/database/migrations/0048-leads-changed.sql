-- Which leads changed with the events in (after, up_to], for projections that work from the rows of others: a row for each
-- position at which touchpoints of a lead began or ended to be its (touched_at: when the touchpoint was), or its profile changed
-- (touched_at is NULL; membership_changed: its account or when it became known). Inlined; the inner queries are fenced (OFFSET 0,
-- LIMIT 1), so that each version is looked up by index however little the planner knows of the tables.
CREATE FUNCTION touchline.leads_changed(after bigint, up_to bigint)
RETURNS TABLE (workspace text, lead_id uuid, "position" bigint, touched_at timestamptz, membership_changed boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT j.workspace, j.lead_id, j.known_from, j.occurred_at, false
  FROM touchline.journey j
 WHERE j.known_from > after AND j.known_from <= up_to
UNION ALL
SELECT j.workspace, j.lead_id, j.superseded_at, j.occurred_at, false
  FROM touchline.journey j
 WHERE j.superseded_at > after AND j.superseded_at <= up_to
UNION ALL
SELECT p.workspace, p.lead_id, p.known_from, NULL,
       (p.known_at, p.account_id) IS DISTINCT FROM (before.known_at, before.account_id)
  FROM touchline.lead_profile p
  LEFT JOIN LATERAL (
    SELECT b.known_at, b.account_id, b.superseded_at
      FROM touchline.lead_profile b
     WHERE b.workspace = p.workspace AND b.lead_id = p.lead_id AND b.known_from < p.known_from
     ORDER BY b.known_from DESC
     LIMIT 1
  ) before ON before.superseded_at = p.known_from
 WHERE p.known_from > after AND p.known_from <= up_to
UNION ALL
SELECT p.workspace, p.lead_id, p.superseded_at, NULL, true
  FROM touchline.lead_profile p
 WHERE p.superseded_at > after AND p.superseded_at <= up_to
   AND NOT EXISTS (
     SELECT FROM touchline.lead_profile next
      WHERE next.workspace = p.workspace AND next.lead_id = p.lead_id AND next.known_from = p.superseded_at
     OFFSET 0
   );
END;

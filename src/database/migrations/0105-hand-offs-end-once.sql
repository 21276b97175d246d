-- The state of a hand-off says that it is open exactly while touchline.handoff_end has no end of it, as metrics and the clock of hand-offs
-- count: one whose lead became an opportunity has ended, also once that is lost.

-- Every hand-off, at a log position or now.
--   state              handed_off | accepted, while it is open; reassigned | recycled | disqualified, by the decision that ended it; merged, when its
--                      lead is merged into one whose other hand-off is in force; else opportunity | customer | opted_out: what its lead
--                      became since
--   ended_at           of the decision that ended it
--   first_activity_at  the first call, meeting or sales mail with the lead after the hand-off: it stops the clock
CREATE OR REPLACE FUNCTION touchline.handoff_at(as_of bigint DEFAULT 9223372036854775807)
RETURNS TABLE (workspace text, event_id uuid, lead_id uuid, cycle integer, handed_off_position bigint, model_version integer,
               recipient text, recipient_kind text, rule text, assigned_by text, assign_reason text, handed_off_at timestamptz, due_by timestamptz,
               warn_at timestamptz, accepted_at timestamptz, accepted_by text, ended_at timestamptz, end_reason text,
               state text, first_activity_at timestamptz, first_activity_kind text, first_activity_rep text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT d.workspace, d.event_id, k.lead_id, (d.data ->> 'cycle')::integer, d.position, (d.data ->> 'modelVersion')::integer,
       d.data -> 'recipient' ->> 'id', d.data -> 'recipient' ->> 'kind', d.data ->> 'rule', d.data ->> 'by', d.data ->> 'reason', d.occurred_at,
       (d.data ->> 'dueBy')::timestamptz, (d.data ->> 'warnAt')::timestamptz,
       accepted.occurred_at, accepted.data ->> 'by', ended.decided_at,
       CASE WHEN ended.decision <> 'LeadHandedOff' THEN ended.decided_reason END,
       CASE WHEN ended.decision = 'LeadHandedOff' THEN 'reassigned'
            WHEN ended.decision = 'LeadRecycled' THEN 'recycled'
            WHEN ended.decision = 'LeadDisqualified' THEN 'disqualified'
            WHEN f.decided_id IS DISTINCT FROM d.lead_id OR f.cycle IS DISTINCT FROM (d.data ->> 'cycle')::integer THEN 'merged'
            WHEN ended.ended_at IS NULL THEN f.status
            WHEN f.lifecycle IN ('opportunity', 'customer', 'opted_out') THEN f.lifecycle
            ELSE 'opportunity' END,
       ended.first_activity_at, ended.first_activity_kind, ended.first_activity_rep
  FROM touchline.lead_decision d
  JOIN touchline.identity_key k
    ON k.workspace = d.workspace AND k.own_lead_id = d.lead_id
   AND k.known_from <= as_of AND (k.superseded_at IS NULL OR k.superseded_at > as_of)
  CROSS JOIN LATERAL touchline.handoff_end(d.workspace, d.lead_id, k.lead_id, d.position, d.occurred_at, as_of) ended
  LEFT JOIN LATERAL (
    SELECT a.occurred_at, a.data
      FROM touchline.lead_decision a
     WHERE a.workspace = d.workspace AND a.lead_id = d.lead_id AND a.position > d.position
       AND a.position <= coalesce(ended.decided_position, as_of) AND a.type = 'LeadAccepted'
     ORDER BY a.position
     LIMIT 1
  ) accepted ON true
  LEFT JOIN LATERAL (
    SELECT at_position.lifecycle, at_position.status, decided.decided_id, decided.cycle
      FROM touchline.lifecycle_at(as_of) at_position
      LEFT JOIN touchline.lead_lifecycle decided
        ON decided.workspace = at_position.workspace AND decided.lead_id = at_position.lead_id
       AND decided.known_from <= as_of AND (decided.superseded_at IS NULL OR decided.superseded_at > as_of)
     WHERE at_position.workspace = d.workspace AND at_position.lead_id = k.lead_id AND ended.decision IS NULL
    OFFSET 0
  ) f ON true
 WHERE d.type = 'LeadHandedOff' AND d.position <= as_of;
END;

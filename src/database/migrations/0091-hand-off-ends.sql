-- What ends a hand-off and what stops its clock, for API, metrics and the clock of hand-offs (reactors/handoff-clock.ts).
--   ended_at           the first of: the lead is handed to somebody else, recycled or disqualified; one of its opportunities is opened; it
--                      opts out of mail. NULL: it is open
--   decision, decided_ the first decision of these alone, with its reason
--   first_activity_    the first call, meeting or sales mail of people that took place before that decision
-- Where leads are merged, decisions stay with the id that they name (of_decided), all else is of the lead as it is (of_lead).
CREATE FUNCTION touchline.handoff_end(of_workspace text, of_decided uuid, of_lead uuid, of_position bigint, since timestamptz, as_of bigint)
RETURNS TABLE (ended_at timestamptz, decision text, decided_at timestamptz, decided_position bigint, decided_reason text,
               first_activity_at timestamptz, first_activity_kind text, first_activity_rep text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT least(
         decided.occurred_at,
         (SELECT min(o.opened_at)
            FROM touchline.identity_key k
            JOIN touchline.opportunity_contact_key ck ON ck.workspace = k.workspace AND ck.key = k.key
            JOIN touchline.opportunity_contact c
              ON c.workspace = ck.workspace AND c.opportunity_id = ck.opportunity_id AND ck.key = ANY (c.keys)
             AND c.known_from <= as_of AND (c.superseded_at IS NULL OR c.superseded_at > as_of)
            JOIN touchline.opportunity o
              ON o.workspace = ck.workspace AND o.opportunity_id = ck.opportunity_id AND o.opened_at >= since
             AND o.known_from <= as_of AND (o.superseded_at IS NULL OR o.superseded_at > as_of)
           WHERE k.workspace = of_workspace AND k.lead_id = of_lead
             AND k.known_from <= as_of AND (k.superseded_at IS NULL OR k.superseded_at > as_of)),
         (SELECT greatest(p.email_consent_at, since)
            FROM touchline.lead_profile p
           WHERE p.workspace = of_workspace AND p.lead_id = of_lead AND p.email_consent = 'unsubscribed'
             AND p.known_from <= as_of AND (p.superseded_at IS NULL OR p.superseded_at > as_of))),
       decided.type, decided.occurred_at, decided.position, decided.data ->> 'reason',
       activity.occurred_at, activity.kind, activity.rep
  FROM (SELECT 1) AS one
  LEFT JOIN LATERAL (
    SELECT next.type, next.occurred_at, next.position, next.data
      FROM touchline.lead_decision next
     WHERE next.workspace = of_workspace AND next.lead_id = of_decided AND next.position > of_position AND next.position <= as_of
       AND next.type IN ('LeadHandedOff', 'LeadRecycled', 'LeadDisqualified')
     ORDER BY next.position
     LIMIT 1
  ) decided ON true
  LEFT JOIN LATERAL (
    SELECT j.occurred_at, j.kind, j.rep
      FROM touchline.journey j
     WHERE j.workspace = of_workspace AND j.lead_id = of_lead
       AND j.occurred_at >= since AND (decided.occurred_at IS NULL OR j.occurred_at < decided.occurred_at)
       AND j.kind IN ('sales_call', 'sales_email', 'meeting') AND j.verdict IN ('human', 'unknown')
       AND j.known_from <= as_of AND (j.superseded_at IS NULL OR j.superseded_at > as_of)
     ORDER BY j.occurred_at, j.event_id
     LIMIT 1
  ) activity ON true;
END;

-- Every hand-off, at a log position or now. One ends when the lead is handed to somebody else, recycled or disqualified, or when
-- its lead is merged into one whose other hand-off is in force.
--   state              handed_off | accepted, while it is open; else reassigned | recycled | disqualified | merged, or where the
--                      lead is otherwise: opportunity | customer | opted_out
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
            ELSE f.lifecycle END,
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
    SELECT at_position.lifecycle, decided.decided_id, decided.cycle
      FROM touchline.lifecycle_at(as_of) at_position
      LEFT JOIN touchline.lead_lifecycle decided
        ON decided.workspace = at_position.workspace AND decided.lead_id = at_position.lead_id
       AND decided.known_from <= as_of AND (decided.superseded_at IS NULL OR decided.superseded_at > as_of)
     WHERE at_position.workspace = d.workspace AND at_position.lead_id = k.lead_id AND ended.decision IS NULL
    OFFSET 0
  ) f ON true
 WHERE d.type = 'LeadHandedOff' AND d.position <= as_of;
END;

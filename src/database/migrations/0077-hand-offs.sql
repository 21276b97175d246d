-- Hand-offs of leads to recipients, derived from the decisions on leads (0074): API, schema bi and routing share these functions.
SELECT touchline.alter_read_model('lifecycle', $$
  CREATE INDEX lead_decision_recipient
    ON lead_decision (workspace, (data -> 'recipient' ->> 'id'), position) WHERE type = 'LeadHandedOff';
  CREATE INDEX lead_decision_rule
    ON lead_decision (workspace, (data ->> 'rule'), (data -> 'recipient' ->> 'id'), position) WHERE type = 'LeadHandedOff';
$$);

-- Every hand-off, at a log position or now. One ends when the lead is handed to somebody else, recycled or disqualified, or when
-- its lead is merged into one whose other hand-off is in force.
--   state              handed_off | accepted, while it is open; else reassigned | recycled | disqualified | merged, or where the
--                      lead is otherwise: opportunity | customer | opted_out
--   first_activity_at  the first call, meeting or sales mail with the lead after the hand-off: it stops the clock
CREATE FUNCTION touchline.handoff_at(as_of bigint DEFAULT 9223372036854775807)
RETURNS TABLE (workspace text, event_id uuid, lead_id uuid, cycle integer, handed_off_position bigint, model_version integer,
               recipient text, recipient_kind text, rule text, assigned_by text, assign_reason text, handed_off_at timestamptz, due_by timestamptz,
               warn_at timestamptz, accepted_at timestamptz, accepted_by text, ended_at timestamptz, end_reason text,
               state text, first_activity_at timestamptz, first_activity_kind text, first_activity_rep text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT d.workspace, d.event_id, k.lead_id, (d.data ->> 'cycle')::integer, d.position, (d.data ->> 'modelVersion')::integer,
       d.data -> 'recipient' ->> 'id', d.data -> 'recipient' ->> 'kind', d.data ->> 'rule', d.data ->> 'by', d.data ->> 'reason', d.occurred_at,
       (d.data ->> 'dueBy')::timestamptz, (d.data ->> 'warnAt')::timestamptz,
       accepted.occurred_at, accepted.data ->> 'by', ended.occurred_at,
       CASE WHEN ended.type <> 'LeadHandedOff' THEN ended.data ->> 'reason' END,
       CASE WHEN ended.type = 'LeadHandedOff' THEN 'reassigned'
            WHEN ended.type = 'LeadRecycled' THEN 'recycled'
            WHEN ended.type = 'LeadDisqualified' THEN 'disqualified'
            WHEN f.decided_id IS DISTINCT FROM d.lead_id OR f.cycle IS DISTINCT FROM (d.data ->> 'cycle')::integer THEN 'merged'
            ELSE f.lifecycle END,
       activity.occurred_at, activity.kind, activity.rep
  FROM touchline.lead_decision d
  JOIN touchline.identity_key k
    ON k.workspace = d.workspace AND k.own_lead_id = d.lead_id
   AND k.known_from <= as_of AND (k.superseded_at IS NULL OR k.superseded_at > as_of)
  LEFT JOIN LATERAL (
    SELECT next.type, next.occurred_at, next.position, next.data
      FROM touchline.lead_decision next
     WHERE next.workspace = d.workspace AND next.lead_id = d.lead_id AND next.position > d.position AND next.position <= as_of
       AND next.type IN ('LeadHandedOff', 'LeadRecycled', 'LeadDisqualified')
     ORDER BY next.position
     LIMIT 1
  ) ended ON true
  LEFT JOIN LATERAL (
    SELECT a.occurred_at, a.data
      FROM touchline.lead_decision a
     WHERE a.workspace = d.workspace AND a.lead_id = d.lead_id AND a.position > d.position
       AND a.position <= coalesce(ended.position, as_of) AND a.type = 'LeadAccepted'
     ORDER BY a.position
     LIMIT 1
  ) accepted ON true
  LEFT JOIN LATERAL (
    SELECT at_position.lifecycle, decided.decided_id, decided.cycle
      FROM touchline.lifecycle_at(as_of) at_position
      LEFT JOIN touchline.lead_lifecycle decided
        ON decided.workspace = at_position.workspace AND decided.lead_id = at_position.lead_id
       AND decided.known_from <= as_of AND (decided.superseded_at IS NULL OR decided.superseded_at > as_of)
     WHERE at_position.workspace = d.workspace AND at_position.lead_id = k.lead_id AND ended.type IS NULL
    OFFSET 0
  ) f ON true
  LEFT JOIN LATERAL (
    SELECT j.occurred_at, j.kind, j.rep
      FROM touchline.journey j
     WHERE j.workspace = d.workspace AND j.lead_id = k.lead_id
       AND j.occurred_at >= d.occurred_at AND (ended.occurred_at IS NULL OR j.occurred_at < ended.occurred_at)
       AND j.kind IN ('sales_call', 'sales_email', 'meeting') AND j.verdict IN ('human', 'unknown')
       AND j.known_from <= as_of AND (j.superseded_at IS NULL OR j.superseded_at > as_of)
     ORDER BY j.occurred_at, j.event_id
     LIMIT 1
  ) activity ON true
 WHERE d.type = 'LeadHandedOff' AND d.position <= as_of;
END;

-- The clock of a hand-off at an instant: stopped by sales activity or because it ended, else rotten once it is due.
CREATE FUNCTION touchline.handoff_clock(state text, first_activity_at timestamptz, due_by timestamptz, warn_at timestamptz,
                                        at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN first_activity_at <= at OR state NOT IN ('handed_off', 'accepted') THEN 'stopped'
            WHEN due_by <= at THEN 'rotten'
            WHEN warn_at <= at THEN 'warning'
            ELSE 'running' END;

-- Who owns an account: the CRM's word, else the owner of its opportunity that was opened last and is open.
CREATE FUNCTION touchline.account_owner(of_workspace text, of_account text, as_of bigint DEFAULT 9223372036854775807) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT coalesce(
  (SELECT a.traits ->> 'owner' FROM touchline.account a
    WHERE a.workspace = of_workspace AND a.account_id = of_account AND a.traits ->> 'owner' <> ''
      AND a.known_from <= as_of AND (a.superseded_at IS NULL OR a.superseded_at > as_of)),
  (SELECT o.owner FROM touchline.opportunity o
    WHERE o.workspace = of_workspace AND o.account_id = of_account AND o.status = 'open' AND o.owner IS NOT NULL
      AND o.known_from <= as_of AND (o.superseded_at IS NULL OR o.superseded_at > as_of)
    ORDER BY o.opened_at DESC, o.opportunity_id
    LIMIT 1));
END;

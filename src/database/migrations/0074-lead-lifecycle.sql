-- Decisions on leads and where each lead stands by them, as versions by log position (see 0005). Written by projections/lifecycle.ts.
DROP SCHEMA IF EXISTS bi CASCADE; -- its views name the function; migrations/repeatable makes them again
DROP FUNCTION touchline.lifecycle_at;

-- One row a decision. Decisions stand: no row is ever superseded.
CREATE TABLE touchline.lead_decision (
  workspace      text        NOT NULL,
  lead_id        uuid        NOT NULL,              -- as the event names it; once leads are merged it may be an alias
  position       bigint      NOT NULL,              -- of the event: known from there on
  event_id       uuid        NOT NULL,
  type           text        NOT NULL,              -- LeadQualified | LeadHandedOff | LeadAccepted | LeadRecycled | LeadDisqualified
  occurred_at    timestamptz NOT NULL,
  data           json        NOT NULL,              -- of the event
  PRIMARY KEY (workspace, lead_id, position)
);
CREATE INDEX lead_decision_event ON touchline.lead_decision (workspace, event_id);

-- What the decisions on a lead, and on those that were merged into it, come to (domain/lead-lifecycle.ts).
CREATE TABLE touchline.lead_lifecycle (
  workspace      text        NOT NULL,
  lead_id        uuid        NOT NULL,              -- the lead at that position
  status         text        NOT NULL,              -- qualified | handed_off | accepted | recycled | disqualified
  cycle          integer     NOT NULL,
  last_cycle     integer     NOT NULL,              -- the highest of all leads that were merged into it
  decided_id     uuid        NOT NULL,              -- lead_decision.lead_id of the decision
  event_id       uuid        NOT NULL,              -- the decision
  since          timestamptz NOT NULL,
  decided_by     text,                              -- NULL: Touchline
  reason         text,
  recipient      text,                              -- handed_off, accepted
  recipient_kind text,                              -- rep | partner | distributor
  rule           text,                              -- of the routing
  due_by         timestamptz,
  warn_at        timestamptz,
  wake_at        timestamptz,                       -- recycled
  wake_when      json,                              -- recycled: a behaviour, as in the journey model
  known_from     bigint      NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, lead_id, known_from)
);
CREATE UNIQUE INDEX lead_lifecycle_current ON touchline.lead_lifecycle (workspace, lead_id) WHERE superseded_at IS NULL;
CREATE INDEX lead_lifecycle_status ON touchline.lead_lifecycle (workspace, status);
CREATE INDEX lead_lifecycle_wake ON touchline.lead_lifecycle (wake_at)
  WHERE superseded_at IS NULL AND status = 'recycled' AND wake_at IS NOT NULL;

INSERT INTO touchline.bi_table (name) VALUES ('lead_decision'), ('lead_lifecycle');
SELECT touchline.add_read_model('lifecycle', 'lead_decision', 'lead_lifecycle');

-- Where each lead is in OUR process, at a log position or now; docs/lifecycle.md has the table. The first that holds:
--   customer      a contact of an opportunity that is won
--   opportunity   a contact of one that is open
--   opted_out     does not want mail
--   disqualified, accepted, handed_off, qualified, recycled   what was decided last
--   engaged       is known and has earned points: the journey model decides what engagement is worth
--   raw           else
-- To choose the leads of opportunities or of a decision, ask has_won, has_open and status: then the planner starts from these
-- instead of from all leads. They are NULL where a lead is a contact of none, or nothing was decided.
CREATE FUNCTION touchline.lifecycle_at(as_of bigint DEFAULT 9223372036854775807)
RETURNS TABLE (workspace text, lead_id uuid, lifecycle text, has_won boolean, has_open boolean, opted_out boolean, status text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT p.workspace, p.lead_id,
       CASE WHEN contact.has_won THEN 'customer'
            WHEN contact.has_open THEN 'opportunity'
            WHEN p.email_consent = 'unsubscribed' THEN 'opted_out'
            WHEN decided.status IS NOT NULL THEN decided.status
            WHEN p.known AND EXISTS (SELECT FROM touchline.score_change s
                          WHERE s.workspace = p.workspace AND s.lead_id = p.lead_id AND s.points > 0
                            AND s.known_from <= as_of AND (s.superseded_at IS NULL OR s.superseded_at > as_of))
            THEN 'engaged'
            ELSE 'raw' END,
       contact.has_won, contact.has_open, p.email_consent IS NOT DISTINCT FROM 'unsubscribed', decided.status
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
  LEFT JOIN touchline.lead_lifecycle decided
    ON decided.workspace = p.workspace AND decided.lead_id = p.lead_id
   AND decided.known_from <= as_of AND (decided.superseded_at IS NULL OR decided.superseded_at > as_of)
 WHERE p.known_from <= as_of AND (p.superseded_at IS NULL OR p.superseded_at > as_of);
END;

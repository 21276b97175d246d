-- What else a row of a journey, the stages and the ledger repeated of other events: the claim that gave the touchpoint to the
-- lead, which an earlier claim replaced in all rows of the lead, and the lead's persona, which is that of lead_profile at any
-- position. With them a title that changes to and fro rewrote the whole history each time.
DROP SCHEMA IF EXISTS bi CASCADE; -- its views name the columns; migrations/repeatable makes them again

ALTER TABLE touchline.journey DROP COLUMN linked_by;
ALTER TABLE touchline.stage_transition DROP COLUMN persona;
ALTER TABLE touchline.score_change DROP COLUMN persona;

-- The first event that linked a touchpoint's anonymous id to its lead; NULL: a key of its own names the lead, or the id does.
-- As of a position, or now where it is NULL.
CREATE FUNCTION touchline.linked_by(of_workspace text, of_lead uuid, identity text[], as_of bigint) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT l.event_id
    FROM touchline.identity_link l
    JOIN touchline.identity_key k ON k.workspace = l.workspace AND k.key = l.key AND k.lead_id = of_lead
   WHERE l.workspace = of_workspace AND l.other_key = identity[1] AND l.kind = 'claimed'
     AND NOT starts_with(l.key, 'anonymous:')
     AND NOT EXISTS (SELECT FROM unnest(identity) own (key) WHERE NOT starts_with(own.key, 'anonymous:'))
     AND (as_of IS NULL OR l.known_from <= as_of) AND (l.superseded_at IS NULL OR l.superseded_at > as_of)
     AND (as_of IS NULL OR k.known_from <= as_of) AND (k.superseded_at IS NULL OR k.superseded_at > as_of)
   ORDER BY l.occurred_at, l.event_id
   LIMIT 1;
END;

INSERT INTO touchline.bi_table (name) VALUES ('identity_link');

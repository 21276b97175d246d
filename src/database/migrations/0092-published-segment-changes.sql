-- Who enters and leaves segments is published to Kafka (src/reactors/publish-to-kafka.ts), in the order in which it was found out:
-- one number a change, drawn by the only process that writes them.
CREATE SEQUENCE touchline.segment_change;

ALTER TABLE touchline.segment_membership
  ADD COLUMN entered_change      bigint,
  ADD COLUMN left_change         bigint,    -- NULL: it is in the segment
  ADD COLUMN left_model_version  integer;   -- of the journey model that it left by

WITH change AS (
  SELECT ctid, false AS leaves, known_from AS position, entered_at AS at FROM touchline.segment_membership
  UNION ALL
  SELECT ctid, true, superseded_at, left_at FROM touchline.segment_membership WHERE superseded_at IS NOT NULL
), numbered AS (
  SELECT ctid, leaves, nextval('touchline.segment_change') AS number
    FROM (SELECT * FROM change ORDER BY position, at, NOT leaves) in_order
), stay AS (
  SELECT ctid, min(number) FILTER (WHERE NOT leaves) AS entered, min(number) FILTER (WHERE leaves) AS left
    FROM numbered GROUP BY ctid
)
UPDATE touchline.segment_membership m
   SET entered_change = stay.entered,
       left_change = stay.left,
       left_model_version = CASE WHEN stay.left IS NOT NULL THEN coalesce(
         (SELECT max(j.version) FROM touchline.journey_model j WHERE j.workspace = m.workspace AND j.known_from <= m.superseded_at),
         m.model_version) END
  FROM stay
 WHERE m.ctid = stay.ctid;

ALTER TABLE touchline.segment_membership
  ALTER COLUMN entered_change SET DEFAULT nextval('touchline.segment_change'),
  ALTER COLUMN entered_change SET NOT NULL;
CREATE UNIQUE INDEX segment_membership_entered ON touchline.segment_membership (entered_change);
CREATE UNIQUE INDEX segment_membership_left ON touchline.segment_membership (left_change) WHERE left_change IS NOT NULL;

-- The last change that was published; moved with the checkpoint of kafka_events.
CREATE TABLE touchline.segment_change_published (
  is_only      boolean  PRIMARY KEY DEFAULT true CHECK (is_only),
  last_change  bigint   NOT NULL
);
INSERT INTO touchline.segment_change_published (last_change) VALUES (0);

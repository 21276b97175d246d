-- Touchpoints that a nurture rule of the journey model matches. They are few: the index holds what reports ask of them.
SELECT touchline.alter_read_model('journey', $$
  ALTER TABLE journey ADD COLUMN nurture boolean NOT NULL DEFAULT false;
  CREATE INDEX journey_nurture ON journey (workspace, lead_id, occurred_at) INCLUDE (known_from, superseded_at) WHERE nurture;
$$);

-- Touchpoints that a nurture rule of the journey model matches. They are few: the index holds what reports ask of them.
-- Leads keep what a funnel asks of all of them now; what it was at a position follows from the versions.
SELECT touchline.alter_read_model('journey', $$
  ALTER TABLE journey ADD COLUMN nurture boolean NOT NULL DEFAULT false;
  CREATE INDEX journey_nurture ON journey (workspace, lead_id, occurred_at) INCLUDE (known_from, superseded_at) WHERE nurture;
  ALTER TABLE lead
    ADD COLUMN first_source text,          -- of the first touchpoint
    ADD COLUMN first_campaign text,
    ADD COLUMN engaged_at timestamptz,     -- first known, with points
    ADD COLUMN nurtured_at timestamptz;    -- first nurture touch
$$);

-- When a lead was qualified and accepted for the first time, in whatever cycle.
SELECT touchline.alter_read_model('lifecycle', $$
  ALTER TABLE lead_lifecycle ADD COLUMN qualified_at timestamptz, ADD COLUMN accepted_at timestamptz;
$$);

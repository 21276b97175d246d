-- Where the credit ledger (0007) leaves versions out. Every version holds all touches of its opportunity, so a version for
-- each of many changes would cost the square of their number. What a version follows from is itself kept by position, so
-- the credits as of a position of a gap are computed when somebody asks (see docs/adr/0030).
-- Written by projections/attribution.ts.
CREATE TABLE touchline.attribution_gap (
  workspace       text      NOT NULL,
  opportunity_id  text      NOT NULL,
  positions       int8range NOT NULL                -- [first, last); no end: the credits are left to a later batch
);
-- Gaps are narrow: few of all workspaces contain one position.
CREATE INDEX attribution_gap_positions ON touchline.attribution_gap USING gist (positions);

CREATE UNIQUE INDEX attribution_gap_open ON touchline.attribution_gap (workspace, opportunity_id) WHERE upper_inf(positions);

-- Which leads are in which segments of the journey model (docs/adr/0050), as versions by log position (see 0005). Written by
-- reactors/follow-segments.ts in the transaction that moves its checkpoint.

-- One row a stay: a lead that comes back has another one.
CREATE TABLE touchline.segment_membership (
  workspace      text        NOT NULL,
  segment_id     text        NOT NULL,
  lead_id        uuid        NOT NULL,
  entered_at     timestamptz NOT NULL,  -- by the event, or when a score had decayed or a window of days had passed
  left_at        timestamptz,           -- NULL: it is in the segment
  model_version  integer     NOT NULL,  -- of the journey model that it entered by
  known_from     bigint      NOT NULL,  -- what changed with time alone is known from the next event on
  superseded_at  bigint,
  PRIMARY KEY (workspace, segment_id, lead_id, known_from, entered_at)
);
CREATE UNIQUE INDEX segment_membership_current ON touchline.segment_membership (workspace, lead_id, segment_id)
  WHERE superseded_at IS NULL;
CREATE INDEX segment_membership_lead ON touchline.segment_membership (workspace, lead_id);

-- When a lead must be assessed again although nothing happens.
CREATE TABLE touchline.segment_due (
  workspace  text        NOT NULL,
  lead_id    uuid        NOT NULL,
  due_at     timestamptz NOT NULL,
  PRIMARY KEY (workspace, lead_id)
);
CREATE INDEX segment_due_at ON touchline.segment_due (due_at);

-- How far a workspace is assessed by its segments, in the order of lead ids: from the start again when a model is published, has
-- reached all leads, or the read models were rebuilt.
CREATE TABLE touchline.segment_evaluation (
  workspace       text    PRIMARY KEY,
  builds          text    NOT NULL,     -- of the read models, at the start
  evaluated_to    uuid    NOT NULL      -- ffffffff-ffff-ffff-ffff-ffffffffffff: all leads
);

INSERT INTO touchline.bi_table (name) VALUES ('segment_membership');

-- What is known of an opportunity follows from its events in the order in which they happened, whatever order they came
-- in: so they are kept beside its versions. Written by projections/opportunities.ts.

-- Every event of an opportunity. Rows are only added; working state of the projection.
CREATE TABLE touchline.opportunity_event (
  workspace       text        NOT NULL,
  opportunity_id  text        NOT NULL,
  event_id        uuid        NOT NULL,
  type            text        NOT NULL,
  occurred_at     timestamptz NOT NULL,
  data            jsonb       NOT NULL,
  PRIMARY KEY (workspace, opportunity_id, event_id)
);

-- The sales stages and statuses that an opportunity entered, as versions by log position (see 0005). When it left one is
-- when it entered the next, so a late change touches its neighbours only.
CREATE TABLE touchline.opportunity_stage (
  workspace       text        NOT NULL,
  opportunity_id  text        NOT NULL,
  event_id        uuid        NOT NULL,             -- the event that made it enter
  entered_at      timestamptz NOT NULL,             -- one entry an instant
  stage           text,
  status          text        NOT NULL,             -- open | won | lost
  amount_minor    bigint      NOT NULL,             -- then
  currency        text        NOT NULL,
  known_from      bigint      NOT NULL,
  superseded_at   bigint,
  PRIMARY KEY (workspace, opportunity_id, event_id, known_from)
);
CREATE INDEX opportunity_stage_current ON touchline.opportunity_stage (workspace, opportunity_id, entered_at)
  WHERE superseded_at IS NULL;

ALTER TABLE touchline.opportunity_stage ENABLE ROW LEVEL SECURITY;
INSERT INTO touchline.bi_table (name) VALUES ('opportunity_stage');

-- `version` of touchline.opportunity: how many changes of it are known, roles apart.

CREATE OR REPLACE VIEW bi.fact_opportunity_stage WITH (security_invoker = true) AS
WITH entered AS (
  SELECT s.*, lag(s.stage) OVER in_order AS from_stage, lag(s.status) OVER in_order AS from_status,
         lead(s.entered_at) OVER in_order AS left_at, row_number() OVER in_order AS nr
    FROM touchline.opportunity_stage s
   WHERE s.superseded_at IS NULL
  WINDOW in_order AS (PARTITION BY s.workspace, s.opportunity_id ORDER BY s.entered_at)
)
SELECT e.workspace,
       e.workspace || '/' || e.opportunity_id AS opportunity_key,
       e.opportunity_id,
       e.from_stage,
       e.stage AS to_stage,
       e.from_status,
       e.status AS to_status,
       e.entered_at,
       (e.entered_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS entered_date,
       e.left_at,
       round(extract(epoch FROM e.left_at - e.entered_at) / 86400, 2) AS days_in_stage,
       e.amount_minor,
       touchline.major_units(e.amount_minor, e.currency) AS amount,
       e.currency,
       e.nr::integer AS version
  FROM entered e
  LEFT JOIN touchline.workspace_setting w ON w.workspace = e.workspace;

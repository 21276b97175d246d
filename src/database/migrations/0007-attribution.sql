-- The credit ledger (§8): who earned how much of an opportunity, by model, as versions by log position (see 0005).
-- Written by projections/attribution.ts.
--
-- A credit belongs to (opportunity, metric, model, touch), but rows of that grain would be 5.4 million for 10,000
-- opportunities with 30 touches each. So the touches of an opportunity are one row of parallel arrays, and each model
-- adds one row of arrays beside them: a tenth of the size, and a report of 300,000 touches is read from 20,000 rows.
-- The view attribution_credit shows it in the plain grain.

CREATE TABLE touchline.attribution_path (
  path_id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace          text        NOT NULL,
  opportunity_id     text        NOT NULL,
  metric             text        NOT NULL,          -- pipeline: from the opening on | revenue: only while won
  credited_at        timestamptz NOT NULL,          -- reference date: opened_at for pipeline, closed_at for revenue
  currency           text        NOT NULL,
  amount_minor       bigint      NOT NULL,
  reported_currency  text,                          -- the model's; NULL before the first model
  reported_minor     bigint,                        -- at the published rate of the reference day; NULL: no rate is known
  committee          text        NOT NULL,          -- contacts | account: whose touchpoints were asked
  -- The touches by (occurred_at, event_id), one array element each. No elements: the opportunity is unattributed.
  event_ids          uuid[]        NOT NULL,
  lead_ids           uuid[]        NOT NULL,
  occurred_at        timestamptz[] NOT NULL,
  milestones         text[]        NOT NULL,        -- first, lead_created, opportunity_created, close, joined by '+'
  content_ids        text[]        NOT NULL,
  content_titles     text[]        NOT NULL,
  channels           text[]        NOT NULL,
  campaigns          text[]        NOT NULL,
  sources            text[]        NOT NULL,
  digest             uuid,                          -- of all that this row and its shares say: the same again is no new version
  known_from         bigint      NOT NULL,
  superseded_at      bigint
);
CREATE UNIQUE INDEX attribution_path_version
  ON touchline.attribution_path (workspace, opportunity_id, metric, known_from);
CREATE UNIQUE INDEX attribution_path_current
  ON touchline.attribution_path (workspace, opportunity_id, metric) WHERE superseded_at IS NULL;
CREATE INDEX attribution_path_credited ON touchline.attribution_path (workspace, metric, credited_at);

-- What one model gives to the touches of a path, element by element. Lives as long as its path.
CREATE TABLE touchline.attribution_share (
  path_id            bigint      NOT NULL,
  workspace          text        NOT NULL,
  model              text        NOT NULL,
  weights            double precision[] NOT NULL,   -- 0 to 1; they add up to 1
  amounts            bigint[]    NOT NULL,          -- minor units; they add up to the path's amount_minor
  reported           bigint[],                      -- they add up to reported_minor; NULL where that is NULL
  -- So that a report counts without grouping twice: bit 0: weight > 0; bits 1 to 4: the first such touch of the
  -- opportunity with its content, channel, campaign, source.
  marks              smallint[]  NOT NULL,
  PRIMARY KEY (path_id, model)
);

CREATE VIEW touchline.attribution_credit WITH (security_invoker = true) AS
SELECT
  path.workspace,
  path.opportunity_id,
  touch.event_id,                                   -- the touchpoint
  touch.touch,                                      -- 1 is the first of the opportunity
  touch.lead_id,
  path.metric,
  share.model,
  touch.milestone,                                  -- NULL: none
  touch.weight,
  touch.amount_minor,
  path.currency,
  touch.reported_minor,
  path.reported_currency,
  path.credited_at,
  touch.occurred_at,
  touch.content_id,
  touch.content_title,
  touch.channel,
  touch.campaign,
  touch.source,
  path.known_from,
  path.superseded_at
FROM touchline.attribution_path path
JOIN touchline.attribution_share share USING (path_id)
CROSS JOIN LATERAL unnest(
  path.event_ids, path.lead_ids, path.occurred_at, path.milestones, path.content_ids, path.content_titles,
  path.channels, path.campaigns, path.sources, share.weights, share.amounts, share.reported
) WITH ORDINALITY AS touch (
  event_id, lead_id, occurred_at, milestone, content_id, content_title,
  channel, campaign, source, weight, amount_minor, reported_minor, touch
)
WHERE touch.weight > 0;

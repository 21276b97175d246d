-- The credit ledger (§8): who earned how much of an opportunity, by model, as versions by log position (see 0005).
-- Written by projections/attribution.ts.

CREATE TABLE touchline.attribution_credit (
  workspace       text        NOT NULL,
  opportunity_id  text        NOT NULL,
  event_id        uuid        NOT NULL,             -- the touchpoint
  lead_id         uuid        NOT NULL,
  metric          text        NOT NULL,             -- pipeline | revenue
  model           text        NOT NULL,
  milestone       text,                             -- first | lead_created | opportunity_created | close, joined by '+'
  weight          double precision NOT NULL,        -- 0 to 1; the weights of one (opportunity, metric, model) add up to 1
  amount_minor    bigint      NOT NULL,
  currency        text        NOT NULL,
  credited_at     timestamptz NOT NULL,             -- reference date: opened_at for pipeline, closed_at for revenue
  occurred_at     timestamptz NOT NULL,             -- of the touchpoint
  content_id      text,
  content_title   text,
  channel         text        NOT NULL,
  campaign        text,
  source          text,
  model_version   integer     NOT NULL,             -- journey model
  known_from      bigint      NOT NULL,
  superseded_at   bigint
);
CREATE INDEX attribution_credit_opportunity ON touchline.attribution_credit (workspace, opportunity_id);

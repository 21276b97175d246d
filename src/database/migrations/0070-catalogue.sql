-- Contents, campaigns and what was invested, as versions by log position (see 0005). Each report replaces the one before as a
-- whole; the latest by occurred_at, then event, counts. Written by projections/catalogue.ts.

CREATE TABLE touchline.content (
  workspace       text        NOT NULL,
  content_id      text        NOT NULL,
  title           text,
  type            text,
  author          text,
  publisher       text,
  publisher_kind  text,                             -- ours | analyst | media | independent_expert
  url             text,
  serves          jsonb       NOT NULL,             -- [{persona, stage}]
  event_id        uuid        NOT NULL,
  occurred_at     timestamptz NOT NULL,
  known_from      bigint      NOT NULL,
  superseded_at   bigint,
  PRIMARY KEY (workspace, content_id, known_from)
);
CREATE UNIQUE INDEX content_current ON touchline.content (workspace, content_id) WHERE superseded_at IS NULL;

CREATE TABLE touchline.campaign (
  workspace       text        NOT NULL,
  campaign_id     text        NOT NULL,
  name            text,
  source          text,                             -- investments in it are investments in these as well
  channel         text,
  event_id        uuid        NOT NULL,
  occurred_at     timestamptz NOT NULL,
  known_from      bigint      NOT NULL,
  superseded_at   bigint,
  PRIMARY KEY (workspace, campaign_id, known_from)
);
CREATE UNIQUE INDEX campaign_current ON touchline.campaign (workspace, campaign_id) WHERE superseded_at IS NULL;

CREATE TABLE touchline.investment (
  workspace       text        NOT NULL,
  investment_id   text        NOT NULL,
  amount_minor    bigint      NOT NULL,             -- negative: a credit note
  currency        text        NOT NULL,
  period_from     date        NOT NULL,             -- days of the workspace's time zone
  period_to       date        NOT NULL,             -- exclusive
  dimension       text        NOT NULL,             -- source | campaign | channel | content
  target          text        NOT NULL,             -- its value
  note            text,
  event_id        uuid        NOT NULL,
  occurred_at     timestamptz NOT NULL,
  known_from      bigint      NOT NULL,
  superseded_at   bigint,
  PRIMARY KEY (workspace, investment_id, known_from)
);
CREATE UNIQUE INDEX investment_current ON touchline.investment (workspace, investment_id) WHERE superseded_at IS NULL;
CREATE INDEX investment_period ON touchline.investment (workspace, period_from);

-- Before they become tables of a build: that opens them to the roles that read schema bi, each to its own workspace.
INSERT INTO touchline.bi_table (name) VALUES ('content'), ('campaign'), ('investment');
SELECT touchline.add_read_model('catalogue', 'content', 'campaign', 'investment');

-- Rules of workspaces that decide who acted (docs/adr/0038), as versions by log position. The later one goes before the earlier.
CREATE TABLE touchline.verdict_rule (
  workspace      text         NOT NULL,
  rule_id        uuid         NOT NULL,
  version        integer      NOT NULL,  -- in the stream of rules
  rule           json         NOT NULL,
  event_id       uuid         NOT NULL,
  published_at   timestamptz  NOT NULL,
  known_from     bigint       NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, rule_id)
);

SELECT touchline.add_read_model('journey', 'verdict_rule');

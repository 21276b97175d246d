-- What models over all paths (markov, shapley) gave to each channel and month when they were last computed for schema bi: their
-- credits change with any event, so they are not kept with each opportunity (docs/adr/0053 and 0062). `touchline attribution
-- compute` replaces the rows of a workspace, metric and model; nothing else does.
CREATE TABLE touchline.computed_attribution (
  workspace        text        NOT NULL,
  metric           text        NOT NULL,            -- revenue | pipeline
  model            text        NOT NULL,            -- markov | shapley
  channel          text        NOT NULL,
  month            date        NOT NULL,            -- its first day, in the workspace's time zone
  currency         text        NOT NULL,            -- of reports at the position
  credited_minor   bigint      NOT NULL,
  opportunities    integer     NOT NULL,
  touches          integer     NOT NULL,
  model_value      double precision NOT NULL,       -- of the channel: removal effect or Shapley value, the same in each month
  parameters       jsonb       NOT NULL,
  position         bigint      NOT NULL,            -- of the log, that it was computed at
  model_version    integer     NOT NULL,            -- of the journey model
  computed_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace, metric, model, channel, month)
);
INSERT INTO touchline.bi_table (name) VALUES ('computed_attribution');

-- A path with steps that follow themselves once: D A B B C D C C becomes D A B C D C (`repeats=exposure` of reports).
CREATE FUNCTION touchline.without_repeats(path text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT t.step FROM unnest(path, array_prepend(NULL, path)) WITH ORDINALITY AS t (step, before, nr)
              WHERE t.nr <= cardinality(path) AND (t.nr = 1 OR t.step IS DISTINCT FROM t.before) ORDER BY t.nr);

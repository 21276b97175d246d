-- Attribution reports under a stable address: parameters with a name. What they answer is never stored.
CREATE TABLE touchline.saved_report (
  id          text        PRIMARY KEY DEFAULT 'rep_' || replace(gen_random_uuid()::text, '-', ''),
  workspace   text        NOT NULL REFERENCES touchline.workspace (slug),
  name        text        NOT NULL,
  parameters  jsonb       NOT NULL,                              -- as they were sent
  resolved    jsonb       NOT NULL,                              -- as the report understood them when it was saved
  as_of       bigint,                                            -- its answer is as of this position for ever; NULL: current
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (workspace, name)
);

-- Where a workspace wants to be told of its leads, and the secrets that sign what is sent there (docs/adr/0048).

CREATE TABLE touchline.webhook_endpoint (
  id                   text        PRIMARY KEY DEFAULT 'wh_' || replace(gen_random_uuid()::text, '-', ''),
  workspace            text        NOT NULL REFERENCES touchline.workspace (slug),
  url                  text        NOT NULL,
  description          text,
  event_types          text[],                                   -- NULL: all
  is_enabled           boolean     NOT NULL DEFAULT true,
  disabled_reason      text,                                     -- manual | gone (it answered 410); NULL while enabled
  start_position       bigint      NOT NULL,                     -- the log when it was added: it gets what follows
  consecutive_failures integer     NOT NULL DEFAULT 0,           -- of attempts since the last success
  created_at           timestamptz NOT NULL DEFAULT now(),
  updated_at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_endpoint_workspace ON touchline.webhook_endpoint (workspace);

-- Several are valid while one is rotated: each of them signs.
CREATE TABLE touchline.webhook_secret (
  id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  endpoint    text        NOT NULL REFERENCES touchline.webhook_endpoint (id) ON DELETE CASCADE,
  sealed      bytea       NOT NULL,                              -- as touchline.collector_secret
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at  timestamptz
);
CREATE INDEX webhook_secret_endpoint ON touchline.webhook_secret (endpoint);

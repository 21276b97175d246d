-- A collector is configured: its wire format, settings, mapping and signing secrets. Its id is in the addresses of webhooks.

ALTER TABLE touchline.collector
  ADD COLUMN id         text        NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
  ADD COLUMN format     text,                                    -- NULL: whatever its write keys send
  ADD COLUMN settings   jsonb       NOT NULL DEFAULT '{}',
  ADD COLUMN mapping    jsonb       NOT NULL DEFAULT '[]',
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),      -- also of its secrets: what a process has decrypted is of this time
  ADD CONSTRAINT collector_id UNIQUE (id);

-- What a provider signs its webhooks with. Several are live while one is rotated.
CREATE TABLE touchline.collector_secret (
  id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  workspace   text        NOT NULL,
  collector   text        NOT NULL,
  sealed      bytea       NOT NULL,                              -- AES-256-GCM: version, nonce, tag, ciphertext
  created_at  timestamptz NOT NULL DEFAULT now(),
  expires_at  timestamptz,
  FOREIGN KEY (workspace, collector) REFERENCES touchline.collector (workspace, name)
);
CREATE INDEX collector_secret_collector ON touchline.collector_secret (workspace, collector);

-- Snowplow trackers name themselves by an app id and have no key: an app id is of one collector in the deployment.
CREATE TABLE touchline.collector_app_id (
  app_id      text        PRIMARY KEY,
  workspace   text        NOT NULL,
  collector   text        NOT NULL,
  FOREIGN KEY (workspace, collector) REFERENCES touchline.collector (workspace, name)
);
CREATE INDEX collector_app_id_collector ON touchline.collector_app_id (workspace, collector);

-- A key that was rotated stays valid until then.
ALTER TABLE touchline.write_key ADD COLUMN expires_at timestamptz;

-- Tokens of signed webhooks that may be used once (Mailgun), for as long as their signature is accepted.
CREATE TABLE touchline.webhook_token (
  collector   text        NOT NULL,                              -- id
  token       text        NOT NULL,
  body_hash   bytea       NOT NULL,                              -- SHA-256: the same request sent again has the same
  expires_at  timestamptz NOT NULL,
  PRIMARY KEY (collector, token)
);
CREATE INDEX webhook_token_expiry ON touchline.webhook_token (expires_at);

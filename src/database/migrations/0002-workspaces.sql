-- Tenants, their collectors and keys. A key is kept as its SHA-256 (hex): its text is shown once, when it is made.

CREATE TABLE touchline.workspace (
  slug        text        PRIMARY KEY CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name        text        NOT NULL,
  time_zone   text        NOT NULL DEFAULT 'UTC',   -- IANA name: the days of reports
  currency    text        NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),  -- ISO 4217: the money of reports
  created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE touchline.collector (
  workspace   text        NOT NULL REFERENCES touchline.workspace (slug),
  name        text        NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace, name)
);

-- Opens the query and command API of its workspace.
CREATE TABLE touchline.api_key (
  key_hash    text        PRIMARY KEY,
  prefix      text        NOT NULL,                 -- its first characters, to tell keys apart in lists
  workspace   text        NOT NULL REFERENCES touchline.workspace (slug),
  created_at  timestamptz NOT NULL DEFAULT now(),
  revoked_at  timestamptz
);

-- Lets one collector hand in events; public where a web page carries it.
CREATE TABLE touchline.write_key (
  key_hash    text        PRIMARY KEY,
  prefix      text        NOT NULL,
  workspace   text        NOT NULL,
  collector   text        NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  revoked_at  timestamptz,
  FOREIGN KEY (workspace, collector) REFERENCES touchline.collector (workspace, name)
);

-- Where each projection stands, who works on it, and the events that wait because they, or one before them, failed.
-- Written by src/projections/checkpoint.ts and parking.ts.

CREATE TABLE touchline.projection (
  name           text        PRIMARY KEY,
  version        integer     NOT NULL,              -- of the code that made its rows
  position       bigint      NOT NULL DEFAULT 0,    -- everything up to here is in its rows; moved in their transaction
  status         text        NOT NULL CHECK (status IN ('running', 'rebuilding', 'failed')),
  error          text,                              -- why it failed; it is tried again all the same
  rebuild_to     bigint,                            -- not NULL: it is rebuilt, and may be read again from there on
  emptied        boolean     NOT NULL DEFAULT true, -- false: a rebuild was asked for and its rows are the old ones still
  epoch          bigint      NOT NULL DEFAULT 0,    -- raised by every owner, and by a rebuild: a late writer's is too small
  owner          text,                              -- the process that works on it
  lease_until    timestamptz,                       -- by the database's clock; past: anybody may take it
  updated_at     timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 20);                           -- a small table, always updated in place: room for HOT updates

-- Who takes part in the sharing of projections, whether it has any or not.
CREATE TABLE touchline.projection_runner (
  owner          text        PRIMARY KEY,
  seen_until     timestamptz NOT NULL
);

CREATE TABLE touchline.parked_event (
  projection     text        NOT NULL REFERENCES touchline.projection (name),
  position       bigint      NOT NULL,
  workspace      text        NOT NULL,
  event_id       uuid        NOT NULL,
  type           text        NOT NULL,
  keys           text[]      NOT NULL,              -- later events that share one of them are parked too
  behind         bigint,                            -- position of the parked event it waits for; NULL: it failed itself
  error          text,                              -- NULL: it has not been tried
  attempts       integer     NOT NULL,
  overtaken      boolean     NOT NULL DEFAULT false, -- what came later has touched its lead: only a rebuild puts it right
  retry          boolean     NOT NULL DEFAULT false, -- somebody asked for another try
  parked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (projection, position)
);
CREATE INDEX parked_event_workspace ON touchline.parked_event (workspace, projection, position);

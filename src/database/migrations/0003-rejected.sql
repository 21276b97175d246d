-- Input that could not be accepted, whole, with the reason (law 9). Written by src/intake/rejected.ts alone.

CREATE TABLE touchline.rejected (
  workspace      text        NOT NULL,
  id             uuid        NOT NULL,              -- from what was sent: the same input sent again is the same row
  number         bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,  -- order of arrival: lists and replays go by it
  received_at    timestamptz NOT NULL,
  collector      text        NOT NULL,
  format         text        NOT NULL,              -- native | segment
  call           text        NOT NULL,              -- the route: track, batch, touchpoints …
  unit           text        NOT NULL CHECK (unit IN ('item', 'request')),
  payload        bytea       NOT NULL,              -- an item: its JSON in UTF-8; a request: its body as it came
  payload_bytes  integer     NOT NULL,              -- of what was sent; more than payload holds when that was not read
  encoding       text,                              -- of a request: its Content-Encoding
  charset        text,                              -- of a request: what its Content-Type says
  message_id     text,
  code           text        NOT NULL,              -- stable: identity-missing, unreadable-body …
  message        text        NOT NULL,
  path           text,                              -- dotted path of the field at fault
  attempts       integer     NOT NULL DEFAULT 1,
  replayed_at    timestamptz,                       -- accepted then, after the cause was mended
  position       bigint,                            -- of its (first) event then
  PRIMARY KEY (workspace, id)
);
CREATE UNIQUE INDEX rejected_number ON touchline.rejected (workspace, number);
CREATE INDEX rejected_open ON touchline.rejected (workspace, code, number) WHERE replayed_at IS NULL;

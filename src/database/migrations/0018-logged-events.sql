-- What is in the log when the log is EventStoreDB (docs/adr/0015): found by id before an append, so that an event sent
-- again is known for ever. An index of the log and never more: emptied, it is read again from there. With the log in
-- PostgreSQL these tables stay empty.

-- All events of a stream up to `version` are in logged_event. Its row lock puts appends to the stream in one line.
CREATE TABLE touchline.logged_stream (
  key      uuid    PRIMARY KEY,                               -- touchline.stream_key(workspace, stream)
  version  integer NOT NULL                                   -- 0: none yet
) WITH (fillfactor = 60);

-- A row is claimed before its event is appended, which makes others with the same event wait, and completed after it in
-- the same transaction: so half of a page is left free for the second version of its rows.
CREATE TABLE touchline.logged_event (
  position   bigint  NOT NULL,                                -- 0: claimed, seen by nobody else
  id         uuid    NOT NULL,
  version    integer NOT NULL,
  workspace  text    NOT NULL,
  PRIMARY KEY (id, workspace)
) WITH (fillfactor = 55);

-- Positions at which an event lies, one of each batch: a server reads from those only, a caller may ask for any number.
CREATE TABLE touchline.logged_position (
  position  bigint PRIMARY KEY
);

-- What of messages that were accepted was replaced or left out: times that cannot be, addresses that are none,
-- placeholders in the place of ids. Written by src/intake/warnings.ts alone; the messages are in the log.

CREATE TABLE touchline.intake_warning (
  workspace    text        NOT NULL,
  number       bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,  -- order of arrival: lists go by it
  event_id     uuid        NOT NULL,                -- of the message's first event
  message_id   text        NOT NULL,
  received_at  timestamptz NOT NULL,
  collector    text        NOT NULL,
  format       text        NOT NULL,
  call         text        NOT NULL,                -- the route: track, batch, touchpoints …
  code         text        NOT NULL,                -- stable: time-replaced, email-invalid …
  message      text        NOT NULL,
  path         text        NOT NULL,                -- dotted path of the field
  PRIMARY KEY (workspace, event_id, code, path)     -- the same message sent again adds nothing
);
CREATE UNIQUE INDEX intake_warning_number ON touchline.intake_warning (workspace, number);
CREATE INDEX intake_warning_code ON touchline.intake_warning (workspace, code, number);

-- The last items that each collector received, as they were sent: what a changed mapping is tried on. A sample where many come.

CREATE TABLE touchline.recent_item (
  number      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace   text        NOT NULL,
  collector   text        NOT NULL,
  received_at timestamptz NOT NULL,
  format      text        NOT NULL,
  call        text        NOT NULL,
  key_scope   text,
  item        text        NOT NULL                               -- JSON; text: it may hold what jsonb does not
);
CREATE INDEX recent_item_collector ON touchline.recent_item (workspace, collector, number);
CREATE INDEX recent_item_age ON touchline.recent_item (received_at);

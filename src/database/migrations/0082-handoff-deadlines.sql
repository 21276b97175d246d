-- When hand-offs are to be warned of and rot, while nothing has stopped their clock (src/reactors/watch-handoffs.ts).
CREATE TABLE touchline.handoff_deadline (
  workspace     text        NOT NULL,
  lead_id       uuid        NOT NULL,                            -- as it was handed off; it may be an alias since
  fact          text        NOT NULL CHECK (fact IN ('LeadAboutToRot', 'LeadRotten')),
  cycle         integer     NOT NULL,
  hand_off_id   uuid        NOT NULL,                            -- event id of the LeadHandedOff
  handed_off_at timestamptz NOT NULL,
  recipient     jsonb       NOT NULL,
  due_by        text        NOT NULL,                            -- RFC 3339, as the event says it
  at            timestamptz NOT NULL,                            -- when the fact is recorded
  PRIMARY KEY (workspace, lead_id, fact)
);
CREATE INDEX handoff_deadline_at ON touchline.handoff_deadline (at);

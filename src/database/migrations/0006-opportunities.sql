-- Opportunities and their committees as versions by log position (see 0005). Written by projections/opportunities.ts.

CREATE TABLE touchline.opportunity (
  workspace       text        NOT NULL,
  opportunity_id  text        NOT NULL,
  name            text,
  account_id      text,
  amount_minor    bigint      NOT NULL,
  currency        text        NOT NULL,
  stage           text,
  status          text        NOT NULL,             -- open | won | lost
  owner           text,
  source          text,
  reason          text,                             -- of the last win, loss or reopening
  opened_at       timestamptz NOT NULL,
  closed_at       timestamptz,                      -- NULL while open
  event_id        uuid        NOT NULL,             -- the event that made this version
  occurred_at     timestamptz NOT NULL,
  version         integer     NOT NULL,             -- stream version of that event
  known_from      bigint      NOT NULL,
  superseded_at   bigint,
  PRIMARY KEY (workspace, opportunity_id, known_from)
);
CREATE UNIQUE INDEX opportunity_current ON touchline.opportunity (workspace, opportunity_id) WHERE superseded_at IS NULL;
CREATE INDEX opportunity_account ON touchline.opportunity (workspace, account_id);
CREATE INDEX opportunity_reference ON touchline.opportunity (greatest(opened_at, closed_at));

CREATE TABLE touchline.opportunity_contact (
  workspace       text        NOT NULL,
  opportunity_id  text        NOT NULL,
  contact         text        NOT NULL,             -- its first key, e.g. 'email:ada@acme.example'
  keys            text[]      NOT NULL,
  role            text        NOT NULL,
  event_id        uuid        NOT NULL,
  occurred_at     timestamptz NOT NULL,
  known_from      bigint      NOT NULL,
  superseded_at   bigint,                           -- taken off the committee, or given another role or more keys
  PRIMARY KEY (workspace, opportunity_id, contact, known_from)
);
CREATE UNIQUE INDEX opportunity_contact_current ON touchline.opportunity_contact (workspace, opportunity_id, contact)
  WHERE superseded_at IS NULL;

-- Which opportunities a key was ever a contact of: the way from a person to the deals. Rows are only added.
CREATE TABLE touchline.opportunity_contact_key (
  workspace       text        NOT NULL,
  key             text        NOT NULL,
  opportunity_id  text        NOT NULL,
  PRIMARY KEY (workspace, key, opportunity_id)
);

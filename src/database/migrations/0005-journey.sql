-- Read models of one lead: identity, journey, stages, scores. Written by projections/journey.ts alone.
--
-- Rows are versions: `known_from` is the log position whose event made the row true, `superseded_at` the position
-- whose event ended it (NULL: still true). A question asked `asOf` position p reads rows with
-- known_from <= p and (superseded_at is null or superseded_at > p). Rows are never deleted, save by a rebuild.
--
-- Whatever stands at position p is what the journey model in force at p makes of the events up to p, so no row names
-- a model version: journey_model tells which one was in force.

CREATE TABLE touchline.journey_model (
  workspace      text        NOT NULL,
  version        integer     NOT NULL,              -- of the event in the workspace's stream `model`: 1, 2, 3 …
  name           text        NOT NULL,
  document       jsonb       NOT NULL,
  event_id       uuid        NOT NULL,
  published_at   timestamptz NOT NULL,
  known_from     bigint      NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, version)
);

-- Which lead a key means. An anonymous id that people shared names its latest owner here; each touchpoint of it is in
-- the journey of whoever owned it at the time.
CREATE TABLE touchline.identity_key (
  workspace      text        NOT NULL,
  key            text        NOT NULL,              -- 'email:ada@acme.example', 'anonymous:a-1', …
  own_lead_id    uuid        NOT NULL,              -- the id a lead of this key alone goes by; a lead's other own ids are its aliases
  lead_id        uuid        NOT NULL,
  known_from     bigint      NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, key, known_from)
);
CREATE INDEX identity_key_own ON touchline.identity_key (workspace, own_lead_id);
CREATE INDEX identity_key_lead ON touchline.identity_key (workspace, lead_id);
CREATE INDEX identity_key_known_from ON touchline.identity_key (known_from);
CREATE INDEX identity_key_superseded ON touchline.identity_key (superseded_at) WHERE superseded_at IS NOT NULL;

-- Every link between two keys, with the event that made it: of several events that name both, the one that happened
-- first. Of explicit decisions about a pair the last stands.
CREATE TABLE touchline.identity_link (
  workspace      text        NOT NULL,
  key            text        NOT NULL,              -- of a claim: the event's main key (user, else email, else CRM id)
  other_key      text        NOT NULL,
  kind           text        NOT NULL,              -- claimed | merged | split
  event_id       uuid        NOT NULL,
  occurred_at    timestamptz NOT NULL,
  known_from     bigint      NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, key, other_key, event_id)
);
CREATE INDEX identity_link_other ON touchline.identity_link (workspace, other_key);

CREATE TABLE touchline.lead_profile (
  workspace      text        NOT NULL,
  lead_id        uuid        NOT NULL,
  known          boolean     NOT NULL,
  known_at       timestamptz,                       -- occurredAt of the first event that carried a known key
  email          text,                              -- the first seen; one of a company before one of a free-mail provider
  user_id        text,
  name           text,
  title          text,
  account_id     text,
  persona        text,                              -- NULL: no rule of the model matches
  grade          text,                              -- A to F; NULL: no traits
  traits         jsonb       NOT NULL,
  known_from     bigint      NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, lead_id, known_from)
);
CREATE UNIQUE INDEX lead_profile_current ON touchline.lead_profile (workspace, lead_id) WHERE superseded_at IS NULL;
CREATE INDEX lead_profile_account ON touchline.lead_profile (workspace, account_id) WHERE account_id IS NOT NULL;
CREATE INDEX lead_profile_known_from ON touchline.lead_profile (known_from);
CREATE INDEX lead_profile_superseded ON touchline.lead_profile (superseded_at) WHERE superseded_at IS NOT NULL;

CREATE TABLE touchline.journey (
  workspace      text        NOT NULL,
  lead_id        uuid        NOT NULL,
  event_id       uuid        NOT NULL,
  position       bigint      NOT NULL,              -- of the event
  occurred_at    timestamptz NOT NULL,
  recorded_at    timestamptz NOT NULL,
  kind           text        NOT NULL,
  name           text,
  channel        text        NOT NULL,
  source         text,
  medium         text,
  campaign       text,
  content_id     text,                              -- the client's, else the catalogue's by URL, else the URL itself
  content_url    text,
  content_title  text,
  content_type   text,
  content_stage  text,                              -- buying stage the model maps the content to
  identity       text[]      NOT NULL,              -- the keys the touchpoint carried
  linked_by      uuid,                              -- first event that linked its anonymous id to this lead; NULL: its own keys
  collector      text,
  rep            text,
  verdict        text        NOT NULL,
  session_id     uuid        NOT NULL,              -- event id of the first touch of the session
  origin_id      uuid,                              -- touchpoint of the session whose channel, source, medium and campaign it took, having none
  detail         jsonb,                             -- what else a refold reads: properties, content as the client named it
  known_from     bigint      NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, event_id, known_from)
);
CREATE INDEX journey_lead ON touchline.journey (workspace, lead_id, occurred_at, event_id);
CREATE INDEX journey_known_from ON touchline.journey (known_from);
CREATE INDEX journey_superseded ON touchline.journey (superseded_at) WHERE superseded_at IS NOT NULL;

CREATE TABLE touchline.stage_transition (
  workspace      text        NOT NULL,
  lead_id        uuid        NOT NULL,
  event_id       uuid        NOT NULL,              -- the cause
  from_stage     text,                              -- NULL: had not entered any
  to_stage       text        NOT NULL,
  at             timestamptz NOT NULL,
  rule           text        NOT NULL,
  persona        text,
  known_from     bigint      NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, event_id, known_from)
);
CREATE INDEX stage_transition_lead ON touchline.stage_transition (workspace, lead_id, at, event_id);

CREATE TABLE touchline.score_change (
  workspace      text        NOT NULL,
  lead_id        uuid        NOT NULL,
  event_id       uuid        NOT NULL,
  rule           text        NOT NULL,
  points         double precision NOT NULL,
  score_after    double precision NOT NULL,         -- right after occurred_at; decays from there
  occurred_at    timestamptz NOT NULL,
  persona        text,
  known_from     bigint      NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, event_id, known_from)
);
CREATE INDEX score_change_lead ON touchline.score_change (workspace, lead_id, occurred_at, event_id);

-- Companies as AccountObserved told of them. A lead may belong to an account nobody observed: then account_id is
-- its e-mail domain, or the id a client or the CRM named.
CREATE TABLE touchline.account (
  workspace      text        NOT NULL,
  account_id     text        NOT NULL,
  name           text,
  domain         text,                              -- leads with this e-mail domain belong to account_id
  traits         jsonb       NOT NULL,
  first_seen_at  timestamptz NOT NULL,
  known_from     bigint      NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, account_id, known_from)
);

-- Working state from here on: the newest only, kept in place. Queries may read `lead`; the others are the projection's own.

-- The newest state of each lead, so that a new touchpoint advances it without reading the journey.
CREATE TABLE touchline.lead (
  workspace      text        NOT NULL,
  lead_id        uuid        NOT NULL,
  known          boolean     NOT NULL,
  email          text,
  email_domain   text,                              -- registrable, NULL for free-mail
  account_id     text,
  persona        text,
  grade          text,
  stage          text,                              -- NULL: has not entered the first stage
  score          double precision NOT NULL,         -- at score_at; decays from there
  score_at       timestamptz,                       -- occurredAt of the last ledger row
  touchpoints    integer     NOT NULL,
  first_touch_at timestamptz,
  last_touch_at  timestamptz,
  position       bigint      NOT NULL,              -- the last position that changed it
  state          jsonb       NOT NULL,              -- what advance() and the identity rules need beyond these columns
  PRIMARY KEY (workspace, lead_id)
) WITH (fillfactor = 70);
CREATE INDEX lead_account ON touchline.lead (workspace, account_id) WHERE account_id IS NOT NULL;
CREATE INDEX lead_email_domain ON touchline.lead (workspace, email_domain) WHERE email_domain IS NOT NULL;

-- What is known of each key: when it was first seen, what it was named together with, who claimed it when.
CREATE TABLE touchline.identity_state (
  workspace      text        NOT NULL,
  key            text        NOT NULL,
  lead_id        uuid        NOT NULL,
  first_seen_at  timestamptz NOT NULL,
  first_seen_id  uuid        NOT NULL,
  state          jsonb       NOT NULL,
  PRIMARY KEY (workspace, key)
) WITH (fillfactor = 80);
CREATE INDEX identity_state_lead ON touchline.identity_state (workspace, lead_id);

-- What was said of each account and when.
CREATE TABLE touchline.account_state (
  workspace      text        NOT NULL,
  account_id     text        NOT NULL,
  domain         text,
  state          jsonb       NOT NULL,
  PRIMARY KEY (workspace, account_id)
);
CREATE INDEX account_state_domain ON touchline.account_state (workspace, domain) WHERE domain IS NOT NULL;

-- Facts about a person beside touchpoints: claims, traits, accounts. Read again when leads are joined or split,
-- or a shared computer gets another owner.
CREATE TABLE touchline.identity_fact (
  workspace      text        NOT NULL,
  event_id       uuid        NOT NULL,
  lead_id        uuid        NOT NULL,
  occurred_at    timestamptz NOT NULL,
  keys           text[]      NOT NULL,
  traits         jsonb,
  account_id     text,
  crm_account_id text,
  PRIMARY KEY (workspace, event_id)
);
CREATE INDEX identity_fact_lead ON touchline.identity_fact (workspace, lead_id);

-- Read models of one lead: identity, journey, stages, scores. Written by projections/journey.ts alone.
--
-- Rows are versions: `known_from` is the log position whose event made the row true, `superseded_at` the position
-- whose event ended it (NULL: still true). A question asked `asOf` position p reads rows with
-- known_from <= p and (superseded_at is null or superseded_at > p). Rows are never deleted, save by a rebuild.

CREATE TABLE touchline.identity_key (
  workspace      text        NOT NULL,
  key            text        NOT NULL,              -- 'email:ada@acme.example', 'anonymous:a-1', …
  lead_id        uuid        NOT NULL,              -- for an anonymous id: its latest owner
  first_seen_at  timestamptz NOT NULL,              -- working state, kept in place: decides which lead id survives
  first_seen_id  uuid        NOT NULL,
  ownership      jsonb,                             -- working state of anonymous ids: when which known key claimed it
  known_from     bigint      NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, key, known_from)
);
CREATE UNIQUE INDEX identity_key_current ON touchline.identity_key (workspace, key) WHERE superseded_at IS NULL;
CREATE INDEX identity_key_lead ON touchline.identity_key (workspace, lead_id);
CREATE INDEX identity_key_superseded ON touchline.identity_key (superseded_at) WHERE superseded_at IS NOT NULL;
CREATE INDEX identity_key_known_from ON touchline.identity_key (known_from);

CREATE TABLE touchline.identity_link (
  workspace      text        NOT NULL,
  key            text        NOT NULL,
  other_key      text        NOT NULL,
  kind           text        NOT NULL,              -- claimed | merged | split
  event_id       uuid        NOT NULL,              -- the event that made the link
  occurred_at    timestamptz NOT NULL,
  known_from     bigint      NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, key, other_key, event_id, known_from)
);
CREATE INDEX identity_link_other ON touchline.identity_link (workspace, other_key);

CREATE TABLE touchline.lead_profile (
  workspace      text        NOT NULL,
  lead_id        uuid        NOT NULL,
  known          boolean     NOT NULL,
  known_at       timestamptz,                       -- occurredAt of the first event that carried a known key
  email          text,
  user_id        text,
  name           text,
  title          text,
  account_id     text,
  persona        text,                              -- NULL: no rule of the model matches
  grade          text,                              -- A to F
  traits         jsonb       NOT NULL DEFAULT '{}',
  aliases        uuid[]      NOT NULL DEFAULT '{}', -- other ids this lead went by
  model_version  integer     NOT NULL,
  known_from     bigint      NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, lead_id, known_from)
);
CREATE UNIQUE INDEX lead_profile_current ON touchline.lead_profile (workspace, lead_id) WHERE superseded_at IS NULL;
CREATE INDEX lead_profile_account ON touchline.lead_profile (workspace, account_id) WHERE account_id IS NOT NULL;
CREATE INDEX lead_profile_superseded ON touchline.lead_profile (superseded_at) WHERE superseded_at IS NOT NULL;
CREATE INDEX lead_profile_known_from ON touchline.lead_profile (known_from);

-- The newest state of each lead, so that a new touchpoint advances it without reading the journey. Not versioned.
CREATE TABLE touchline.lead (
  workspace      text        NOT NULL,
  lead_id        uuid        NOT NULL,
  known          boolean     NOT NULL,
  email          text,
  account_id     text,
  persona        text,
  grade          text,
  stage          text,                              -- NULL: has not entered the first stage
  score          double precision NOT NULL,         -- at score_at; decays from there
  score_at       timestamptz,                       -- occurredAt of the last ledger row
  touchpoints    integer     NOT NULL,
  first_touch_at timestamptz,
  last_touch_at  timestamptz,
  last_event_id  uuid,
  position       bigint      NOT NULL,              -- the last position that changed it
  state          jsonb       NOT NULL,              -- what advance() needs beyond these columns
  PRIMARY KEY (workspace, lead_id)
);
CREATE INDEX lead_account ON touchline.lead (workspace, account_id) WHERE account_id IS NOT NULL;

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
  content_id     text,
  content_url    text,
  content_title  text,
  content_type   text,
  content_stage  text,                              -- buying stage the model maps the content to
  identity       text[]      NOT NULL,              -- the keys the touchpoint carried
  linked_by      uuid,                              -- the event whose claim gave this touchpoint to the lead; NULL: its own keys
  collector      text,
  rep            text,
  verdict        text        NOT NULL,
  session_id     uuid        NOT NULL,              -- event id of the first touch of the session (30 minutes idle)
  stage_after    text,
  score_after    double precision NOT NULL,
  model_version  integer     NOT NULL,
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
  from_stage     text,
  to_stage       text        NOT NULL,
  at             timestamptz NOT NULL,
  rule           text        NOT NULL,
  persona        text,
  model_version  integer     NOT NULL,
  known_from     bigint      NOT NULL,
  superseded_at  bigint
);
CREATE INDEX stage_transition_lead ON touchline.stage_transition (workspace, lead_id, at, event_id);

CREATE TABLE touchline.score_change (
  workspace      text        NOT NULL,
  lead_id        uuid        NOT NULL,
  event_id       uuid        NOT NULL,
  rule           text        NOT NULL,
  points         double precision NOT NULL,
  score_after    double precision NOT NULL,         -- right after occurred_at
  occurred_at    timestamptz NOT NULL,
  persona        text,
  model_version  integer     NOT NULL,
  known_from     bigint      NOT NULL,
  superseded_at  bigint
);
CREATE INDEX score_change_lead ON touchline.score_change (workspace, lead_id, occurred_at, event_id);

-- Companies as AccountObserved told of them; versions by position.
CREATE TABLE touchline.account (
  workspace      text        NOT NULL,
  account_id     text        NOT NULL,
  name           text,
  domain         text,                              -- leads with this e-mail domain belong to account_id
  traits         jsonb       NOT NULL DEFAULT '{}',
  first_seen_at  timestamptz NOT NULL,
  known_from     bigint      NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, account_id, known_from)
);
CREATE INDEX account_domain ON touchline.account (workspace, domain) WHERE domain IS NOT NULL;

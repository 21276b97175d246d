-- Stalls and content gaps read the moves of all leads in the order of time: from the index alone they need no sort. An entry has what they
-- read besides its key; a version that ends changes an entry of another index already, so that no more rows are written.
-- Those without consent are few, and plans, stalls and hand-offs ask for them alone.
SELECT touchline.alter_read_model('journey', $$
  ALTER TABLE stage_transition DROP CONSTRAINT stage_transition_pkey;
  ALTER TABLE stage_transition ADD PRIMARY KEY (lead_id, at, event_id, known_from) INCLUDE (workspace, to_stage, superseded_at);
  CREATE INDEX lead_profile_unsubscribed ON lead_profile (workspace, lead_id) WHERE email_consent = 'unsubscribed';
$$);

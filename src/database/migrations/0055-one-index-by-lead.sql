-- Versions of what touchpoints did are found by their lead and time. One index that holds the version as well takes the place of
-- that and of the primary key by event: an entry of a random key costs 2 to 4 µs a row, and a page of the write-ahead log once
-- the index outgrows what is written between two checkpoints. Touchpoints are found by event as well, in a narrow index.
SELECT touchline.alter_read_model('journey', $$
  ALTER TABLE journey DROP CONSTRAINT journey_pkey;
  DROP INDEX journey_lead;
  ALTER TABLE journey ADD PRIMARY KEY (lead_id, occurred_at, event_id, known_from);
  CREATE INDEX journey_event ON journey (event_id);

  ALTER TABLE stage_transition DROP CONSTRAINT stage_transition_pkey;
  DROP INDEX stage_transition_lead;
  ALTER TABLE stage_transition ADD PRIMARY KEY (lead_id, at, event_id, known_from);

  ALTER TABLE score_change DROP CONSTRAINT score_change_pkey;
  DROP INDEX score_change_lead;
  ALTER TABLE score_change ADD PRIMARY KEY (lead_id, occurred_at, event_id, known_from);

  -- The primary key begins with the same columns.
  DROP INDEX lead_profile_current;
$$);

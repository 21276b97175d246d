-- Metrics over touches look up which leads changed in a range of the log (docs/adr/0068).
SELECT touchline.alter_read_model('journey', $$
  CREATE INDEX stage_transition_known_from ON stage_transition (known_from);
  CREATE INDEX stage_transition_superseded ON stage_transition (superseded_at) WHERE superseded_at IS NOT NULL;
$$);

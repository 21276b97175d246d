-- What funnels, plans and nurture lift read of all leads: 60 bytes of an index, where the rows are 1.5 KB, mostly state. None of it changes
-- with a touchpoint once a lead is engaged, so that updates of rows stay heap-only.
SELECT touchline.alter_read_model('journey', $$
  CREATE INDEX lead_steps
    ON lead (workspace, known) INCLUDE (lead_id, persona, first_source, first_campaign, first_touch_at, engaged_at, nurtured_at)
    WHERE first_touch_at IS NOT NULL;
$$);

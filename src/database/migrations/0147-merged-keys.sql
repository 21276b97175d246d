-- Keys whose lead goes by another id are what reports look up, and few. The statistics say how few: without them the planner takes the
-- condition for true of all keys and scans the table.
SELECT touchline.alter_read_model('journey', $$
  CREATE INDEX identity_key_merged ON identity_key (workspace, own_lead_id) INCLUDE (lead_id, known_from, superseded_at)
    WHERE (lead_id <> own_lead_id) IS TRUE;
  CREATE STATISTICS identity_key_merged_share ON ((lead_id <> own_lead_id)) FROM identity_key;
$$);

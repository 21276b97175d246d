-- Reactors look up with each batch what changed in a range of the log: by index, however long the tables are.
SELECT touchline.alter_read_model('journey', $$
  CREATE INDEX account_known_from ON account (known_from);
  CREATE INDEX account_superseded ON account (superseded_at) WHERE superseded_at IS NOT NULL;
$$);
SELECT touchline.alter_read_model('opportunities', $$
  CREATE INDEX opportunity_known_from ON opportunity (known_from);
  CREATE INDEX opportunity_superseded ON opportunity (superseded_at) WHERE superseded_at IS NOT NULL;
  CREATE INDEX opportunity_contact_known_from ON opportunity_contact (known_from);
  CREATE INDEX opportunity_contact_superseded ON opportunity_contact (superseded_at) WHERE superseded_at IS NOT NULL;
$$);
SELECT touchline.alter_read_model('lifecycle', $$
  CREATE INDEX lead_lifecycle_known_from ON lead_lifecycle (known_from);
  CREATE INDEX lead_lifecycle_superseded ON lead_lifecycle (superseded_at) WHERE superseded_at IS NOT NULL;
$$);

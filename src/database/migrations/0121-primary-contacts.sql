-- Which contacts of an opportunity the CRM calls primary: reports may count their touchpoints alone.
SELECT touchline.alter_read_model('opportunities', $$
  ALTER TABLE opportunity_contact ADD COLUMN is_primary boolean NOT NULL DEFAULT false;
$$);

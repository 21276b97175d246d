-- The stage that the journey model mapped the content of each touch to, so that reports need not look a million of them up in the
-- journey. NULL: a build of before wrote the path, and its touches are looked up.
SELECT touchline.alter_read_model('attribution', $$
  ALTER TABLE attribution_path ADD COLUMN content_stages text[];
$$);

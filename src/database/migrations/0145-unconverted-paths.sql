-- Each report names the opportunities without a rate, which are few, and read all of its paths to find them.
SELECT touchline.alter_read_model('attribution', $$
  CREATE INDEX attribution_path_unconverted ON attribution_path (workspace, metric, credited_at) WHERE reported_minor IS NULL;
$$);

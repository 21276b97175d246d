-- Led by the status: a plan that was made while the table was small may find one lead by any index led by the workspace, and by this
-- one it read all decided leads of the workspace, for each lead, until the table had statistics.
SELECT touchline.alter_read_model('lifecycle', $$
  DROP INDEX lead_lifecycle_status;
  CREATE INDEX lead_lifecycle_status ON lead_lifecycle (status, workspace);
$$);

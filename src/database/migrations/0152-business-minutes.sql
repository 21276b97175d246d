-- Business minutes of hand-offs for metrics. To compute them by touchline.working_minutes takes some 100 µs each: those until a lead was
-- accepted never change and are kept; others are computed by schedule, of which many hand-offs have the same.
SELECT touchline.alter_read_model('lifecycle', $$
  ALTER TABLE lead_decision
    ADD COLUMN work_schedule uuid GENERATED ALWAYS AS (md5(data ->> 'workSchedule')::uuid) STORED;   -- of LeadHandedOff: equal ones have equal ids
  CREATE INDEX lead_decision_schedule ON lead_decision (workspace, work_schedule) WHERE work_schedule IS NOT NULL;

  ALTER TABLE lead_lifecycle
    ADD COLUMN business_minutes_to_accept double precision;   -- from the hand-off to accepted_at; NULL: not accepted, or without its schedule
$$);

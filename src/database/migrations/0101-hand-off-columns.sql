-- What metrics read of all hand-offs, as columns: to parse their JSON takes 6 µs each. What stops their clock is a hundredth of the
-- touchpoints, which an index of their own finds without the others of a lead.

-- The offset of an instant in RFC 3339 makes it the same in every session, which PostgreSQL cannot know of a text.
CREATE FUNCTION touchline.instant_of(rfc3339 text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN rfc3339::timestamptz; END $$;

SELECT touchline.alter_read_model('lifecycle', $$
  ALTER TABLE lead_decision
    ADD COLUMN recipient text GENERATED ALWAYS AS (data -> 'recipient' ->> 'id') STORED,       -- of LeadHandedOff, as are the next two
    ADD COLUMN due_by timestamptz GENERATED ALWAYS AS (touchline.instant_of(data ->> 'dueBy')) STORED,
    ADD COLUMN warn_at timestamptz GENERATED ALWAYS AS (touchline.instant_of(data ->> 'warnAt')) STORED;
$$);

SELECT touchline.alter_read_model('journey', $$
  CREATE INDEX journey_sales_activity ON journey (lead_id, occurred_at)
    WHERE kind IN ('sales_call', 'sales_email', 'meeting') AND verdict IN ('human', 'unknown');
$$);

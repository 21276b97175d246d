-- When mail to an address of a lead bounced for good, as of a position; NULL: it did not, or mail to it arrived since.
SELECT touchline.alter_read_model('journey', $$
  CREATE INDEX ON journey (workspace, lead_id) WHERE kind = 'email_bounce'
$$);

CREATE FUNCTION touchline.email_bounced_at(
  of_workspace text, of_lead uuid, of_email text, as_of bigint DEFAULT 9223372036854775807
) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT bounce.occurred_at
  FROM touchline.journey bounce
 WHERE bounce.workspace = of_workspace AND bounce.lead_id = of_lead AND bounce.kind = 'email_bounce'
   AND bounce.detail -> 'properties' ->> 'bounceType' = 'hard'
   AND 'email:' || of_email = ANY (bounce.identity)
   AND bounce.known_from <= as_of AND (bounce.superseded_at IS NULL OR bounce.superseded_at > as_of)
   AND NOT EXISTS (
     SELECT FROM touchline.journey arrived
      WHERE arrived.workspace = of_workspace AND arrived.lead_id = of_lead AND arrived.occurred_at > bounce.occurred_at
        AND arrived.kind IN ('email_delivered', 'email_open', 'email_click')
        AND 'email:' || of_email = ANY (arrived.identity)
        AND arrived.known_from <= as_of AND (arrived.superseded_at IS NULL OR arrived.superseded_at > as_of))
 ORDER BY bounce.occurred_at DESC
 LIMIT 1;
END;

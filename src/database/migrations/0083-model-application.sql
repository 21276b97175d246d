-- Which version of the journey model leads are computed with (docs/adr/0049), as versions by log position (see 0005). A
-- publication reaches leads in the order of their ids: those up to applied_to are at model_version, unless a row of a higher
-- version reaches them too. Written by projections/journey.ts.
CREATE TABLE touchline.model_application (
  workspace      text         NOT NULL,
  model_version  integer      NOT NULL,
  applied_to     uuid         NOT NULL,  -- ffffffff-ffff-ffff-ffff-ffffffffffff: all leads
  started_at     timestamptz  NOT NULL,  -- recorded_at of the publication
  applied_at     timestamptz  NOT NULL,  -- recorded_at of the event that this row is known from
  known_from     bigint       NOT NULL,
  superseded_at  bigint,
  PRIMARY KEY (workspace, model_version, known_from)
);
CREATE INDEX model_application_current ON touchline.model_application (workspace) WHERE superseded_at IS NULL;

SELECT touchline.add_read_model('journey', 'model_application');

-- The version of the journey model that a lead is computed with as of a position, or now where it is NULL.
CREATE FUNCTION touchline.lead_model_version(of_workspace text, of_lead uuid, as_of bigint DEFAULT NULL) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT max(a.model_version)
  FROM touchline.model_application a
 WHERE a.workspace = of_workspace AND a.applied_to >= of_lead
   AND CASE WHEN as_of IS NULL THEN a.superseded_at IS NULL
            ELSE a.known_from <= as_of AND (a.superseded_at IS NULL OR a.superseded_at > as_of) END;
END;

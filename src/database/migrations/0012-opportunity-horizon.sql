-- How late the openings and closes of a workspace's deals are, as known at a position: a touchpoint after all of them is
-- none of any deal's touches, and in a log in the order of time nearly every new one is. A row for each event that moves
-- it on; it never goes back, so it may be later than it has to be. Working state of projections/opportunities.ts.
CREATE TABLE touchline.opportunity_horizon (
  workspace   text        NOT NULL,
  known_from  bigint      NOT NULL,
  latest      timestamptz NOT NULL,
  PRIMARY KEY (workspace, known_from)
);

DROP INDEX touchline.opportunity_reference;

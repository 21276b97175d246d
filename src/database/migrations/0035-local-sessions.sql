-- A row of journey says of its session only what follows from the touchpoint and its nearest neighbours. Its session and the
-- origin that it inherits are derived when they are read, by the functions below: a late touchpoint at the start of a session
-- changes a row or two of it instead of all.
DROP SCHEMA IF EXISTS bi CASCADE; -- its views name the columns; migrations/repeatable makes them again

-- The defaults are for rows of before, until the projection, whose version has changed, has written them again.
ALTER TABLE touchline.journey
  DROP COLUMN session_id,
  DROP COLUMN origin_id,
  ADD COLUMN session text NOT NULL DEFAULT 'alone' CHECK (session IN ('start', 'within', 'alone')),
  ADD COLUMN sets_origin boolean NOT NULL DEFAULT false;  -- what follows in the session comes from where it came from
ALTER TABLE touchline.journey
  ALTER COLUMN session DROP DEFAULT,
  ALTER COLUMN sets_origin DROP DEFAULT;

-- An entry for each session, and one for each touchpoint that changes the origin of a running session. Without superseded
-- rows: touchpoints that arrive in reverse order leave one start after the other behind.
CREATE INDEX journey_session ON touchline.journey (lead_id, occurred_at, event_id)
  WHERE session = 'start' AND superseded_at IS NULL;
CREATE INDEX journey_session_origin ON touchline.journey (lead_id, occurred_at, event_id)
  WHERE session = 'within' AND sets_origin AND superseded_at IS NULL;

-- The functions look among the rows that were true at a position, or among those that stand now where it is NULL: only then
-- the planner, which inlines them, can use the indexes above.

-- The touchpoint that started the session of one that is a start or within a session.
CREATE FUNCTION touchline.session_start(
  of_workspace text, of_lead uuid, of_time timestamptz, of_event uuid, as_of bigint
) RETURNS TABLE (
  event_id uuid, occurred_at timestamptz, sets_origin boolean, channel text, source text, medium text, campaign text
) LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT s.event_id, s.occurred_at, s.sets_origin, s.channel, s.source, s.medium, s.campaign
    FROM touchline.journey s
   WHERE s.workspace = of_workspace AND s.lead_id = of_lead AND s.session = 'start'
     AND (s.occurred_at, s.event_id) <= (of_time, of_event)
     AND (as_of IS NULL OR s.known_from <= as_of) AND (s.superseded_at IS NULL OR s.superseded_at > as_of)
   ORDER BY s.occurred_at DESC, s.event_id DESC
   LIMIT 1;
END;

-- The origin of the running session right before a touchpoint within it: none where nothing has shown one yet.
CREATE FUNCTION touchline.session_origin(
  of_workspace text, of_lead uuid, of_time timestamptz, of_event uuid, as_of bigint
) RETURNS TABLE (event_id uuid, channel text, source text, medium text, campaign text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce(later.event_id, start.event_id),
         coalesce(later.channel, start.channel),
         CASE WHEN later.event_id IS NULL THEN start.source ELSE later.source END,
         CASE WHEN later.event_id IS NULL THEN start.medium ELSE later.medium END,
         CASE WHEN later.event_id IS NULL THEN start.campaign ELSE later.campaign END
    FROM touchline.session_start(of_workspace, of_lead, of_time, of_event, as_of) start
    LEFT JOIN LATERAL (
      SELECT o.event_id, o.channel, o.source, o.medium, o.campaign
        FROM touchline.journey o
       WHERE o.workspace = of_workspace AND o.lead_id = of_lead AND o.session = 'within' AND o.sets_origin
         AND (o.occurred_at, o.event_id) > (start.occurred_at, start.event_id)
         AND (o.occurred_at, o.event_id) < (of_time, of_event)
         AND (as_of IS NULL OR o.known_from <= as_of) AND (o.superseded_at IS NULL OR o.superseded_at > as_of)
       ORDER BY o.occurred_at DESC, o.event_id DESC
       LIMIT 1
    ) later ON true
   WHERE start.sets_origin OR later.event_id IS NOT NULL;
END;

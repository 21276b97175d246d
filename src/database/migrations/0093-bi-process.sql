-- What schema bi needs beside the read models for the views of bi-1a-process.sql.

-- Kinds of touchpoints by which no buyer engages, whatever the journey model says: sent, not done by the buyer, or said again by
-- another touchpoint. As domain/attribution/settings.ts and domain/session.ts have them; a test compares.
CREATE FUNCTION touchline.kinds_without_engagement() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['session_start', 'email_sent', 'email_delivered', 'email_bounce', 'email_unsubscribe', 'ad_impression', 'sales_email'];

-- The buying stages of each persona by their place: its own, else those of the model. Those of leads without a persona have ''.
CREATE FUNCTION touchline.stages_of_personas(document jsonb)
RETURNS TABLE (persona text, persona_name text, stage text, stage_name text, number integer)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT p.persona, p.name, s.item ->> 'id', s.item ->> 'name', s.number::integer
  FROM (SELECT item ->> 'id' AS persona, item ->> 'name' AS name, coalesce(item -> 'stages', document -> 'stages') AS stages
          FROM jsonb_array_elements(document -> 'personas') AS each (item)
        UNION ALL
        SELECT '', NULL, document -> 'stages') p
 CROSS JOIN LATERAL jsonb_array_elements(p.stages) WITH ORDINALITY AS s (item, number);
END;

-- Which cells of persona × stage the contents of a model serve: their own stage, for their personas or for all, and `alsoServes`.
CREATE FUNCTION touchline.cells_of_contents(document jsonb)
RETURNS TABLE (content_id text, each_page boolean, persona text, stage text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT DISTINCT c.item ->> 'id', coalesce((c.item ->> 'eachPage')::boolean, false), p.persona, cell.stage
  FROM jsonb_array_elements(document -> 'contents') AS c (item)
 CROSS JOIN LATERAL (
   SELECT c.item ->> 'stage' AS stage, c.item -> 'personas' AS personas WHERE c.item ? 'stage'
   UNION ALL
   SELECT also.item ->> 'stage', also.item -> 'personas' FROM jsonb_array_elements(c.item -> 'alsoServes') AS also (item)
 ) cell
 CROSS JOIN LATERAL (
   SELECT each.persona FROM jsonb_array_elements_text(cell.personas) AS each (persona)
   UNION ALL
   SELECT each.item ->> 'id' FROM jsonb_array_elements(document -> 'personas') AS each (item) WHERE cell.personas IS NULL
 ) p;
END;

-- Working time of hand-offs, in the schedule that LeadHandedOff keeps since this version: API and schema bi share these functions. They
-- count as src/domain/business-hours.ts does, which computed the deadline.

-- The first instant of a local day: where the clock goes back over midnight, the earlier one.
CREATE FUNCTION touchline.start_of_day(day date, zone text) RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN CASE WHEN (((day::timestamp AT TIME ZONE zone) - interval '1 hour') AT TIME ZONE zone) >= day::timestamp
            THEN (day::timestamp AT TIME ZONE zone) - interval '1 hour'
            ELSE day::timestamp AT TIME ZONE zone END;

-- Minutes of work between two instants; 0 when `until` is not after `since`; NULL where the schedule is not known.
-- Local time is UTC plus an offset that holds for a day in UTC, or on days on which the clock is changed for a quarter of an hour (none
-- was changed within one since 2011). An interval of days added to an instant would depend on the time zone of the session.
CREATE FUNCTION touchline.working_minutes(schedule jsonb, since timestamptz, until timestamptz) RETURNS numeric
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
WITH zone AS (
  SELECT coalesce(schedule #>> '{hours,timeZone}', schedule ->> 'timeZone') AS name
), day AS (
  SELECT d.at, d.at AT TIME ZONE zone.name - d.at AT TIME ZONE 'UTC'
               = (d.at + interval '24 hours') AT TIME ZONE zone.name - (d.at + interval '24 hours') AT TIME ZONE 'UTC' AS is_even
    FROM zone CROSS JOIN generate_series(date_trunc('day', since, 'UTC'), until, interval '24 hours') AS d (at)
), piece AS (
  SELECT greatest(at, since) AS starts_at, least(at + interval '24 hours', until) AS ends_at FROM day WHERE is_even
   UNION ALL
  SELECT greatest(quarter, since), least(quarter + interval '15 minutes', until)
    FROM day CROSS JOIN generate_series(at, at + interval '23 hours 45 minutes', interval '15 minutes') AS quarter
   WHERE NOT is_even
), local_piece AS (
  SELECT p.starts_at AT TIME ZONE zone.name AS starts, p.starts_at AT TIME ZONE zone.name + (p.ends_at - p.starts_at) AS ends,
         p.starts_at AT TIME ZONE zone.name - p.starts_at AT TIME ZONE 'UTC' AS ahead
    FROM piece p CROSS JOIN zone
   WHERE p.starts_at < p.ends_at
), open AS (
  SELECT (greatest(p.starts, d.day + (r.hours ->> 'from')::interval) - p.ahead) AT TIME ZONE 'UTC' AS opens_at,
         (least(p.ends, d.day + (r.hours ->> 'to')::interval) - p.ahead) AT TIME ZONE 'UTC' AS closes_at
    FROM local_piece p
   CROSS JOIN generate_series(p.starts::date::timestamp, p.ends, interval '1 day') AS d (day)
   CROSS JOIN LATERAL jsonb_array_elements(schedule #> ARRAY['hours', 'week', (ARRAY['monday', 'tuesday', 'wednesday', 'thursday',
                        'friday', 'saturday', 'sunday'])[extract(isodow FROM d.day)::integer]]) AS r (hours)
   WHERE schedule #> '{hours}' IS NOT NULL
     AND NOT coalesce(schedule #> '{hours,holidays}', '[]') @> jsonb_build_array(jsonb_build_object('date', d.day::date::text))
   UNION ALL
  SELECT since, until WHERE schedule #> '{hours}' IS NULL
), away AS (
  SELECT range_agg(tstzrange(touchline.start_of_day((a ->> 'from')::date, schedule ->> 'timeZone'),
                             touchline.start_of_day((a ->> 'to')::date, schedule ->> 'timeZone'))) AS times
    FROM jsonb_array_elements(schedule -> 'outOfOffice') AS a
)
SELECT coalesce(round(sum(extract(epoch FROM upper(working) - lower(working))) / 60, 2), 0)
  FROM away
 CROSS JOIN (SELECT range_agg(tstzrange(opens_at, closes_at)) AS times FROM open WHERE opens_at < closes_at) opened
 CROSS JOIN unnest(opened.times - coalesce(away.times, '{}')) AS working;
END;

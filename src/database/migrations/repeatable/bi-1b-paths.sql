-- Paths of opportunities and the credit of channels, in the form of common attribution packages (docs/how-to/dbt.md).
--
-- `changed_position` is the log position at which the row last changed, so that an incremental model reads only what is new. All
-- of it follows from the credit ledger, which one projection writes in the order of the log: a row that changes later has a
-- higher one. Views that add up look at superseded versions too, because what left a sum changed it.

CREATE VIEW bi.path_to_conversion WITH (security_invoker = true) AS
SELECT p.workspace::varchar,
       touchline.bi_key(p.workspace, p.opportunity_id) AS opportunity_key,
       p.opportunity_id::varchar,
       p.credited_at AS converted_at,
       (p.credited_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS converted_date,
       nullif(array_to_string(p.channels, ' > '), '')::varchar AS channel_path,
       nullif(array_to_string(touchline.without_repeats(p.channels), ' > '), '')::varchar AS channel_transformed_path,
       nullif(array_to_string(p.campaigns, ' > ', '(no campaign)'), '')::varchar AS campaign_path,
       (SELECT string_agg(coalesce(t.title, t.id, '(no content)'), ' > ' ORDER BY t.nr)
          FROM unnest(p.content_ids, p.content_titles) WITH ORDINALITY AS t (id, title, nr))::varchar AS content_path,
       p.channels AS channels,
       p.campaigns AS campaigns,
       p.content_ids AS contents,
       p.event_ids AS touchpoint_keys,
       p.lead_ids AS lead_keys,
       p.occurred_at AS touch_times,
       cardinality(p.event_ids) AS touches,
       (SELECT count(DISTINCT t.lead_id) FROM unnest(p.lead_ids) AS t (lead_id))::integer AS people,
       p.occurred_at[1] AS first_touch_at,
       p.occurred_at[cardinality(p.occurred_at)] AS last_touch_at,
       p.channels[1]::varchar AS first_channel,
       p.channels[cardinality(p.channels)]::varchar AS last_channel,
       p.reported_minor AS revenue_minor,
       touchline.major_units(p.reported_minor, p.reported_currency)::numeric(23, 4) AS revenue,
       p.reported_currency::varchar AS currency,
       p.amount_minor AS opportunity_minor,
       touchline.major_units(p.amount_minor, p.currency)::numeric(23, 4) AS opportunity_amount,
       p.currency::varchar AS opportunity_currency,
       p.known_from AS changed_position
  FROM touchline.attribution_path p
  LEFT JOIN touchline.workspace_setting w ON w.workspace = p.workspace
 WHERE p.metric = 'revenue' AND p.superseded_at IS NULL;

-- Lost ones up to the loss, as those won up to the close. Open ones up to the opening: what comes after would change with every
-- touchpoint. An opportunity that was reopened is here since the end of its close.
CREATE VIEW bi.path_to_non_conversion WITH (security_invoker = true) AS
SELECT p.workspace::varchar,
       touchline.bi_key(p.workspace, p.opportunity_id) AS opportunity_key,
       p.opportunity_id::varchar,
       (CASE p.metric WHEN 'loss' THEN 'lost' ELSE 'open' END)::varchar AS outcome,
       CASE p.metric WHEN 'loss' THEN p.credited_at END AS lost_at,
       CASE p.metric WHEN 'loss' THEN (p.credited_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date END AS lost_date,
       (CASE p.metric WHEN 'loss' THEN 'loss' ELSE 'opening' END)::varchar AS path_until,
       nullif(array_to_string(p.channels, ' > '), '')::varchar AS channel_path,
       nullif(array_to_string(touchline.without_repeats(p.channels), ' > '), '')::varchar AS channel_transformed_path,
       nullif(array_to_string(p.campaigns, ' > ', '(no campaign)'), '')::varchar AS campaign_path,
       (SELECT string_agg(coalesce(t.title, t.id, '(no content)'), ' > ' ORDER BY t.nr)
          FROM unnest(p.content_ids, p.content_titles) WITH ORDINALITY AS t (id, title, nr))::varchar AS content_path,
       p.channels AS channels,
       p.campaigns AS campaigns,
       p.content_ids AS contents,
       p.event_ids AS touchpoint_keys,
       p.lead_ids AS lead_keys,
       p.occurred_at AS touch_times,
       cardinality(p.event_ids) AS touches,
       (SELECT count(DISTINCT t.lead_id) FROM unnest(p.lead_ids) AS t (lead_id))::integer AS people,
       p.occurred_at[1] AS first_touch_at,
       p.occurred_at[cardinality(p.occurred_at)] AS last_touch_at,
       p.channels[1]::varchar AS first_channel,
       p.channels[cardinality(p.channels)]::varchar AS last_channel,
       p.reported_minor AS amount_minor,
       touchline.major_units(p.reported_minor, p.reported_currency)::numeric(23, 4) AS amount,
       p.reported_currency::varchar AS currency,
       p.amount_minor AS opportunity_minor,
       touchline.major_units(p.amount_minor, p.currency)::numeric(23, 4) AS opportunity_amount,
       p.currency::varchar AS opportunity_currency,
       greatest(p.known_from, CASE p.metric WHEN 'pipeline' THEN closed.last_end END) AS changed_position
  FROM touchline.attribution_path p
  LEFT JOIN touchline.workspace_setting w ON w.workspace = p.workspace
  LEFT JOIN (SELECT workspace, opportunity_id, bool_or(superseded_at IS NULL) AS is_closed, max(superseded_at) AS last_end
               FROM touchline.attribution_path
              WHERE metric IN ('revenue', 'loss')
              GROUP BY workspace, opportunity_id) closed
    ON closed.workspace = p.workspace AND closed.opportunity_id = p.opportunity_id
 WHERE p.superseded_at IS NULL
   AND (p.metric = 'loss' OR p.metric = 'pipeline' AND closed.is_closed IS NOT TRUE);

-- Paths of closed opportunities only: that of an open one has not ended.
CREATE VIEW bi.path_summary WITH (security_invoker = true) AS
WITH path AS (
  SELECT workspace, metric, reported_currency, reported_minor, touchline.without_repeats(channels) AS channels,
         superseded_at IS NULL AS is_current, greatest(known_from, superseded_at) AS changed_position
    FROM touchline.attribution_path
   WHERE metric IN ('revenue', 'loss')
), summed AS (
  SELECT workspace, reported_currency, channels,
         count(*) FILTER (WHERE is_current AND metric = 'revenue') AS conversions,
         count(*) FILTER (WHERE is_current AND metric = 'loss') AS non_conversions,
         count(*) FILTER (WHERE is_current AND metric = 'revenue' AND reported_minor IS NULL) AS conversions_without_rate,
         (sum(reported_minor) FILTER (WHERE is_current AND metric = 'revenue'))::bigint AS revenue_minor,
         max(changed_position) AS changed_position
    FROM path
   GROUP BY workspace, reported_currency, channels
  HAVING bool_or(is_current)
)
SELECT workspace::varchar,
       md5(concat_ws('/', workspace, coalesce(reported_currency, '-'), array_to_string(channels, ' > ')))::uuid AS path_key,
       nullif(array_to_string(channels, ' > '), '')::varchar AS transformed_path,
       channels,
       cardinality(channels) AS path_length,
       conversions,
       non_conversions,
       conversions::double precision / (conversions + non_conversions) AS conversion_rate,
       conversions_without_rate,
       revenue_minor,
       touchline.major_units(revenue_minor, reported_currency)::numeric(23, 4) AS revenue,
       reported_currency::varchar AS currency,
       changed_position
  FROM summed;

-- The rule models from the ledger; those over all paths as they were last computed. As reports of the query API do, it leaves out
-- opportunities that no rate is published for. Bits of a mark: 1 credited, 4 the first touch of the opportunity with its channel.
CREATE VIEW bi.channel_attribution WITH (security_invoker = true) AS
WITH changed AS (
  SELECT p.workspace, p.metric, coalesce(w.time_zone, 'UTC') AS time_zone,
         date_trunc('month', p.credited_at AT TIME ZONE coalesce(w.time_zone, 'UTC')) AS month,
         max(greatest(p.known_from, p.superseded_at)) AS changed_position
    FROM touchline.attribution_path p
    LEFT JOIN touchline.workspace_setting w ON w.workspace = p.workspace
   WHERE p.metric IN ('revenue', 'pipeline')
   GROUP BY p.workspace, p.metric, 3, 4
), credited AS (
  -- Month by month, so that a condition on changed_position saves the touches of the others. The bounds, a day wider than any time zone
  -- needs, are for the index. `timestamp_eq` and the cast to boolean say what `=` would, but PostgreSQL expects a third or half of the
  -- rows to pass, not one in 200, and hashes millions of touches instead of sorting them: a third of the time.
  SELECT m.workspace, m.metric, month.model, month.channel, month.currency, m.month::date AS month, month.credited_minor,
         month.opportunities, month.touches, m.changed_position
    FROM changed m
   CROSS JOIN LATERAL (
     SELECT s.model, t.channel, p.reported_currency AS currency, sum(t.reported)::bigint AS credited_minor,
            (count(*) FILTER (WHERE t.mark & 4 = 4))::integer AS opportunities, count(*)::integer AS touches
       FROM touchline.attribution_path p
       JOIN touchline.attribution_share s ON s.path_id = p.path_id
      CROSS JOIN LATERAL unnest(p.channels, s.reported, s.marks) AS t (channel, reported, mark)
      WHERE p.workspace = m.workspace AND p.metric = m.metric AND p.superseded_at IS NULL AND p.reported_minor IS NOT NULL
        AND p.credited_at >= (m.month - interval '1 day') AT TIME ZONE 'UTC'
        AND p.credited_at < (m.month + interval '1 month 1 day') AT TIME ZONE 'UTC'
        AND timestamp_eq(date_trunc('month', p.credited_at AT TIME ZONE m.time_zone), m.month)
        AND (t.mark & 1)::integer::boolean
      GROUP BY s.model, t.channel, p.reported_currency
   ) month
), attributed AS (
  SELECT workspace, metric, model, channel, month, currency, credited_minor, opportunities, touches,
         NULL::double precision AS model_value, NULL::jsonb AS parameters, NULL::bigint AS computed_position,
         NULL::timestamptz AS computed_at, changed_position
    FROM credited
  UNION ALL
  SELECT workspace, metric, model, channel, month, currency, credited_minor, opportunities, touches, model_value, parameters,
         position, computed_at, position
    FROM touchline.computed_attribution
)
SELECT workspace::varchar,
       md5(concat_ws('/', workspace, metric, model, channel, month, currency))::uuid AS attribution_key,
       metric::varchar,
       model::varchar,
       channel::varchar,
       month AS month_start,
       CASE metric WHEN 'revenue' THEN credited_minor END AS revenue_minor,
       CASE metric WHEN 'revenue' THEN touchline.major_units(credited_minor, currency) END::numeric(23, 4) AS revenue,
       CASE metric WHEN 'pipeline' THEN credited_minor END AS pipeline_minor,
       CASE metric WHEN 'pipeline' THEN touchline.major_units(credited_minor, currency) END::numeric(23, 4) AS pipeline,
       currency::varchar,
       opportunities,
       touches,
       computed_position IS NOT NULL AS is_computed,
       model_value,
       parameters,
       computed_position,
       computed_at,
       changed_position
  FROM attributed;

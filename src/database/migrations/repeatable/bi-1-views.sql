-- Schema bi: the star schema that BI tools read. Views only; docs/read-models.md is generated from the comments in bi-2-comments.sql.
--
-- Rules, the same in every view:
--   * `…_key` joins facts to dimensions, one column, unique over all workspaces; `…_id` is the name the business knows.
--     A fact without content, campaign, source or account has the key `<workspace>#none` of the dimension's row for none, never
--     NULL, so that an inner join loses no row and no money; no id can make that key (touchline.bi_key).
--   * A fact view holds what is true now, one row a fact, so that nobody counts twice by leaving out a filter. What was
--     once believed (before a late event, a merge, a new journey model) is in the view of the same name with _history,
--     with `is_current`, `known_from` and `superseded_at`.
--   * Instants are timestamptz and shown in UTC; `…_date` is the day in the workspace's time zone, as in the query API.
--   * Money is there twice: `…_minor` in integer minor units, exact, and in major units as numeric(23, 4), which holds every
--     amount of every currency: ODBC drivers need the digits declared.
--   * Texts are varchar: ODBC drivers take text for a memo, which they neither join nor group by.

-- A repeatable migration (see database/migrate.ts): change the views here, in place. Views that somebody built on these are
-- dropped with them.

DROP SCHEMA IF EXISTS bi CASCADE;
CREATE SCHEMA bi;
COMMENT ON SCHEMA bi IS 'Touchline''s star schema for BI tools: views only, read-only, one workspace a role.';

-- Dimensions ---------------------------------------------------------------------------------------------------------

-- From 1989 to 2049 (no touchpoint is older than 1990), and on both sides as far as opportunities and investments reach: a fact without its
-- day would be lost in a join.
CREATE VIEW bi.dim_date WITH (security_invoker = true) AS
WITH reach AS (
  SELECT least(opened, invested) AS first, greatest(closed, spent) AS last
    FROM (SELECT least(min(opened_at), min(closed_at))::timestamp - interval '1 day' AS opened,
                 greatest(max(opened_at), max(closed_at))::timestamp + interval '1 day' AS closed
            FROM touchline.opportunity) opportunities,
         (SELECT min(period_from)::timestamp AS invested, max(period_to)::timestamp AS spent
            FROM touchline.investment) investments
)
SELECT day::date AS date,
       extract(year FROM day)::integer AS year,
       extract(quarter FROM day)::integer AS quarter,
       to_char(day, 'YYYY-"Q"Q')::varchar(7) AS year_quarter,
       extract(month FROM day)::integer AS month,
       to_char(day, 'FMMonth')::varchar(9) AS month_name,
       to_char(day, 'YYYY-MM')::varchar(7) AS year_month,
       date_trunc('month', day)::date AS month_start,
       extract(isoyear FROM day)::integer AS iso_year,
       extract(week FROM day)::integer AS iso_week,
       to_char(day, 'IYYY-"W"IW')::varchar(8) AS iso_year_week,
       date_trunc('week', day)::date AS week_start,
       extract(day FROM day)::integer AS day_of_month,
       extract(doy FROM day)::integer AS day_of_year,
       extract(isodow FROM day)::integer AS day_of_week,
       to_char(day, 'FMDay')::varchar(9) AS day_name,
       extract(isodow FROM day) > 5 AS is_weekend
  FROM reach,
       generate_series(date_trunc('year', least(timestamp '1989-01-01', first)),
                       date_trunc('year', greatest(timestamp '2049-01-01', last)) + interval '1 year -1 day',
                       interval '1 day') AS day;

CREATE VIEW bi.dim_lead WITH (security_invoker = true) AS
SELECT p.workspace::varchar,
       p.lead_id AS lead_key,
       p.email::varchar,
       p.user_id::varchar,
       p.name::varchar AS lead_name,
       p.title::varchar AS job_title,
       touchline.bi_key(p.workspace, p.account_id) AS account_key,
       p.account_id::varchar,
       p.persona::varchar,
       p.grade::varchar,
       p.known AS is_known,
       p.known_at,
       p.traits,
       ARRAY(SELECT DISTINCT k.own_lead_id FROM touchline.identity_key k
              WHERE k.workspace = p.workspace AND k.lead_id = p.lead_id AND k.own_lead_id <> p.lead_id
                AND k.superseded_at IS NULL
              ORDER BY k.own_lead_id) AS aliases,
       p.known_from
  FROM touchline.lead_profile p
 WHERE p.superseded_at IS NULL;

CREATE VIEW bi.dim_account WITH (security_invoker = true) AS
WITH named AS (
  SELECT workspace, account_id FROM touchline.account
  UNION
  SELECT workspace, account_id FROM touchline.lead_profile WHERE account_id IS NOT NULL
  UNION
  SELECT workspace, account_id FROM touchline.opportunity WHERE account_id IS NOT NULL
)
SELECT n.workspace::varchar,
       touchline.bi_key(n.workspace, n.account_id) AS account_key,
       n.account_id::varchar,
       coalesce(a.name, n.account_id)::varchar AS account_name,
       a.domain::varchar,
       (a.traits ->> 'industry')::varchar AS industry,
       CASE WHEN jsonb_typeof(a.traits -> 'employees') = 'number'
            THEN CASE WHEN (a.traits -> 'employees')::numeric BETWEEN 0 AND 1e12 THEN (a.traits -> 'employees')::bigint END
       END AS employees,
       (a.traits ->> 'country')::varchar AS country,
       a.traits,
       a.account_id IS NOT NULL AS is_described,
       a.first_seen_at
  FROM named n
  LEFT JOIN touchline.account a ON a.workspace = n.workspace AND a.account_id = n.account_id AND a.superseded_at IS NULL
UNION ALL
SELECT slug::varchar, touchline.bi_key(slug, NULL), NULL, '(no account)', NULL, NULL, NULL, NULL, NULL, false, NULL FROM touchline.workspace;

-- Contents that were touched, those of the catalogue that nobody has touched yet, and those that were invested in. What was
-- catalogued by its id goes before the journey model's catalogue, and that before what touchpoints say. As in the other dimensions, one that
-- only superseded rows name is there too, without times: facts of the history views join it.
CREATE VIEW bi.dim_content WITH (security_invoker = true) AS
WITH variant AS (
  SELECT workspace, content_id, content_title, content_type, content_stage, content_url,
         min(occurred_at) FILTER (WHERE superseded_at IS NULL) AS first_touch_at,
         max(occurred_at) FILTER (WHERE superseded_at IS NULL) AS last_touch_at
    FROM touchline.journey
   WHERE content_id IS NOT NULL
   GROUP BY workspace, content_id, content_title, content_type, content_stage, content_url
), touched AS (
  SELECT DISTINCT ON (workspace, content_id)
         workspace, content_id, content_title, content_type, content_stage, content_url,
         min(first_touch_at) OVER same AS first_touch_at, max(last_touch_at) OVER same AS last_touch_at
    FROM variant
  WINDOW same AS (PARTITION BY workspace, content_id)
   ORDER BY workspace, content_id, variant.last_touch_at DESC NULLS LAST, content_title, content_url
), catalogued AS (
  SELECT m.workspace, entry.id AS content_id, entry.title, entry.type, entry.stage, entry.author, entry.publisher
    FROM touchline.journey_model m
   CROSS JOIN LATERAL jsonb_to_recordset(m.document -> 'contents')
           AS entry (id text, title text, type text, stage text, author text, publisher text, "eachPage" boolean)
   WHERE m.superseded_at IS NULL AND "eachPage" IS NOT true
), described AS (
  SELECT workspace, content_id, title, type, author, publisher, publisher_kind, url, true AS is_catalogued
    FROM touchline.content
   WHERE superseded_at IS NULL
  UNION ALL
  SELECT DISTINCT workspace, target, NULL, NULL, NULL, NULL, NULL, NULL, false
    FROM touchline.investment i
   WHERE dimension = 'content'
     AND NOT EXISTS (SELECT FROM touchline.content d
                      WHERE d.workspace = i.workspace AND d.content_id = i.target AND d.superseded_at IS NULL)
)
SELECT workspace::varchar,
       touchline.bi_key(workspace, content_id) AS content_key,
       content_id::varchar,
       coalesce(d.title, c.title, t.content_title, t.content_url, d.url, content_id)::varchar AS content_title,
       coalesce(d.type, c.type, t.content_type)::varchar AS content_type,
       coalesce(c.stage, t.content_stage)::varchar AS content_stage,
       coalesce(t.content_url, d.url)::varchar AS content_url,
       coalesce(d.author, c.author)::varchar AS author,
       coalesce(d.publisher, c.publisher)::varchar AS publisher,
       coalesce(d.publisher_kind, CASE WHEN c.publisher IN ('ours', 'analyst', 'media', 'independent_expert') THEN c.publisher END)::varchar
         AS publisher_kind,
       c.content_id IS NOT NULL OR coalesce(d.is_catalogued, false) AS is_catalogued,
       t.first_touch_at,
       t.last_touch_at
  FROM touched t
  FULL JOIN catalogued c USING (workspace, content_id)
  FULL JOIN described d USING (workspace, content_id)
UNION ALL
SELECT slug::varchar, touchline.bi_key(slug, NULL), NULL, '(no content)', NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, NULL FROM touchline.workspace;

CREATE VIEW bi.dim_campaign WITH (security_invoker = true) AS
WITH variant AS (
  SELECT workspace, campaign, channel, source, count(*) FILTER (WHERE superseded_at IS NULL) AS touches,
         min(occurred_at) FILTER (WHERE superseded_at IS NULL) AS first_touch_at,
         max(occurred_at) FILTER (WHERE superseded_at IS NULL) AS last_touch_at
    FROM touchline.journey
   WHERE campaign IS NOT NULL
   GROUP BY workspace, campaign, channel, source
), main AS (
  SELECT DISTINCT ON (workspace, campaign)
         workspace, campaign, channel, source,
         min(first_touch_at) OVER same AS first_touch_at, max(last_touch_at) OVER same AS last_touch_at
    FROM variant
  WINDOW same AS (PARTITION BY workspace, campaign)
   ORDER BY workspace, campaign, touches DESC, channel, source
)
SELECT workspace::varchar, touchline.bi_key(workspace, campaign) AS campaign_key, campaign::varchar AS campaign_id,
       coalesce(d.name, campaign)::varchar AS campaign_name, main.channel::varchar AS main_channel,
       main.source::varchar AS main_source, first_touch_at, last_touch_at, d.source::varchar AS defined_source,
       d.channel::varchar AS defined_channel, coalesce(d.is_defined, false) AS is_defined
  FROM main
  FULL JOIN (
    SELECT workspace, campaign_id AS campaign, name, source, channel, true AS is_defined
      FROM touchline.campaign
     WHERE superseded_at IS NULL
    UNION ALL
    SELECT DISTINCT workspace, target, NULL, NULL, NULL, false
      FROM touchline.investment i
     WHERE dimension = 'campaign'
       AND NOT EXISTS (SELECT FROM touchline.campaign d
                        WHERE d.workspace = i.workspace AND d.campaign_id = i.target AND d.superseded_at IS NULL)
  ) d USING (workspace, campaign)
UNION ALL
SELECT slug::varchar, touchline.bi_key(slug, NULL), NULL, '(no campaign)', NULL, NULL, NULL, NULL, NULL, NULL, false FROM touchline.workspace;

-- Lead sources, of touchpoints, of opportunities and of investments.
CREATE VIEW bi.dim_source WITH (security_invoker = true) AS
WITH variant AS (
  SELECT workspace, source, channel, count(*) FILTER (WHERE superseded_at IS NULL) AS touches,
         min(occurred_at) FILTER (WHERE superseded_at IS NULL) AS first_touch_at,
         max(occurred_at) FILTER (WHERE superseded_at IS NULL) AS last_touch_at
    FROM touchline.journey
   WHERE source IS NOT NULL
   GROUP BY workspace, source, channel
  UNION ALL
  -- As the CRM writes them, and as touchpoints and investments have them.
  SELECT DISTINCT workspace, spelling, NULL, 0, NULL::timestamptz, NULL::timestamptz
    FROM touchline.opportunity CROSS JOIN LATERAL (VALUES (source), (lower(source))) AS spelled (spelling)
   WHERE source IS NOT NULL
  UNION ALL
  SELECT DISTINCT workspace, target, NULL, 0, NULL::timestamptz, NULL::timestamptz
    FROM touchline.investment
   WHERE dimension = 'source'
  UNION ALL
  SELECT DISTINCT workspace, source, NULL, 0, NULL::timestamptz, NULL::timestamptz
    FROM touchline.campaign
   WHERE source IS NOT NULL
), main AS (
  SELECT DISTINCT ON (workspace, source)
         workspace, source, channel,
         min(first_touch_at) OVER same AS first_touch_at, max(last_touch_at) OVER same AS last_touch_at
    FROM variant
  WINDOW same AS (PARTITION BY workspace, source)
   ORDER BY workspace, source, touches DESC, channel
)
SELECT workspace::varchar, touchline.bi_key(workspace, source) AS source_key, source::varchar AS source_id,
       source::varchar AS source_name, channel::varchar AS main_channel, first_touch_at, last_touch_at
  FROM main
UNION ALL
SELECT slug::varchar, touchline.bi_key(slug, NULL), NULL, '(no source)', NULL, NULL, NULL FROM touchline.workspace;

-- The journey models that were in force, each from one log position to another.
CREATE VIEW bi.dim_journey_model WITH (security_invoker = true) AS
SELECT workspace::varchar, version AS model_version, name::varchar AS model_name, time_zone::varchar, currency::varchar,
       half_life_days, published_at,
       known_from, superseded_at, superseded_at IS NULL AS is_current
  FROM touchline.journey_model;

-- Facts --------------------------------------------------------------------------------------------------------------

-- A touchpoint as it stands alone: what it takes from its session is in fact_touchpoint, because it may have taken one origin
-- after the other while this version was true.
CREATE VIEW bi.fact_touchpoint_history WITH (security_invoker = true) AS
SELECT j.workspace::varchar,
       j.event_id AS touchpoint_key,
       j.lead_id AS lead_key,
       touchline.bi_key(j.workspace, l.account_id) AS account_key,
       touchline.bi_key(j.workspace, j.content_id) AS content_key,
       touchline.bi_key(j.workspace, j.campaign) AS campaign_key,
       touchline.bi_key(j.workspace, j.source) AS source_key,
       j.occurred_at,
       j.occurred_date,
       j.recorded_at,
       (j.detail -> 'clamped' ->> 'reason')::varchar AS occurred_at_replaced_because,
       (j.detail -> 'clamped' ->> 'original')::varchar AS occurred_at_original,
       j.kind::varchar AS touchpoint_kind,
       j.name::varchar AS touchpoint_name,
       j.channel::varchar,
       j.source::varchar,
       j.medium::varchar,
       j.campaign::varchar,
       j.content_id::varchar,
       j.content_title::varchar,
       j.content_type::varchar,
       j.content_stage::varchar,
       j.content_url::varchar,
       j.verdict::varchar,
       j.verdict IN ('human', 'unknown') AS is_human,
       ARRAY(SELECT json_array_elements_text(j.detail -> 'reasons')) AS verdict_reasons,
       coalesce(j.detail -> 'recorded' ->> 'verdict', j.verdict)::varchar AS verdict_recorded,
       j.session = 'start' AS starts_session,
       j.rep::varchar,
       j.collector::varchar,
       j.identity AS identity_keys,
       touchline.linked_by(j.workspace, j.lead_id, j.identity, NULL) AS linked_by_event_id,
       (j.detail -> 'properties')::jsonb AS properties,
       j.position AS log_position,
       j.known_from,
       j.superseded_at,
       j.superseded_at IS NULL AS is_current
  FROM touchline.journey j
  LEFT JOIN touchline.lead_profile l
    ON l.workspace = j.workspace AND l.lead_id = j.lead_id AND l.superseded_at IS NULL;

-- `origin` is found once a row, whichever columns show it. It is an aggregate of at most one row, because then PostgreSQL
-- knows that it is one, and leaves it out of queries that show none of its columns.
CREATE VIEW bi.fact_touchpoint WITH (security_invoker = true) AS
SELECT j.workspace::varchar,
       j.event_id AS touchpoint_key,
       j.lead_id AS lead_key,
       touchline.bi_key(j.workspace, l.account_id) AS account_key,
       touchline.bi_key(j.workspace, j.content_id) AS content_key,
       touchline.bi_key(j.workspace, coalesce(origin.campaign, j.campaign)) AS campaign_key,
       touchline.bi_key(j.workspace, coalesce(origin.source, j.source)) AS source_key,
       j.occurred_at,
       j.occurred_date,
       j.recorded_at,
       (j.detail -> 'clamped' ->> 'reason')::varchar AS occurred_at_replaced_because,
       (j.detail -> 'clamped' ->> 'original')::varchar AS occurred_at_original,
       j.kind::varchar AS touchpoint_kind,
       j.name::varchar AS touchpoint_name,
       coalesce(origin.channel, j.channel)::varchar AS channel,
       coalesce(origin.source, j.source)::varchar AS source,
       coalesce(origin.medium, j.medium)::varchar AS medium,
       coalesce(origin.campaign, j.campaign)::varchar AS campaign,
       j.content_id::varchar,
       j.content_title::varchar,
       j.content_type::varchar,
       j.content_stage::varchar,
       j.content_url::varchar,
       j.verdict::varchar,
       j.verdict IN ('human', 'unknown') AS is_human,
       ARRAY(SELECT json_array_elements_text(j.detail -> 'reasons')) AS verdict_reasons,
       coalesce(j.detail -> 'recorded' ->> 'verdict', j.verdict)::varchar AS verdict_recorded,
       coalesce(
         CASE j.session
           WHEN 'within' THEN (SELECT s.event_id
                                 FROM touchline.session_start(j.workspace, j.lead_id, j.occurred_at, j.event_id, NULL) s)
         END, j.event_id) AS session_key,
       j.session = 'start' AS starts_session,
       (SELECT t.to_stage FROM touchline.stage_transition t
         WHERE t.workspace = j.workspace AND t.lead_id = j.lead_id AND t.superseded_at IS NULL
           AND (t.at, t.event_id) <= (j.occurred_at, j.event_id)
         ORDER BY t.at DESC, t.event_id DESC LIMIT 1)::varchar AS buying_stage_after,
       j.rep::varchar,
       j.collector::varchar,
       j.identity AS identity_keys,
       touchline.linked_by(j.workspace, j.lead_id, j.identity, NULL) AS linked_by_event_id,
       (j.detail -> 'properties')::jsonb AS properties,
       j.position AS log_position,
       j.known_from
  FROM touchline.journey j
  LEFT JOIN touchline.lead_profile l
    ON l.workspace = j.workspace AND l.lead_id = j.lead_id AND l.superseded_at IS NULL
  LEFT JOIN LATERAL (
    SELECT max(o.channel) AS channel, max(o.source) AS source, max(o.medium) AS medium, max(o.campaign) AS campaign
      FROM touchline.session_origin(j.workspace, j.lead_id, j.occurred_at, j.event_id, NULL) o
     WHERE j.session = 'within' AND j.verdict IN ('human', 'unknown')
       AND j.channel = 'direct' AND coalesce(j.source, j.medium, j.campaign) IS NULL
  ) origin ON true
 WHERE j.superseded_at IS NULL;

CREATE VIEW bi.fact_stage_transition_history WITH (security_invoker = true) AS
SELECT t.workspace::varchar,
       t.lead_id AS lead_key,
       touchline.bi_key(t.workspace, l.account_id) AS account_key,
       t.event_id AS touchpoint_key,
       t.from_stage::varchar,
       t.to_stage::varchar,
       t.at AS occurred_at,
       (t.at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS occurred_date,
       t.rule::varchar,
       l.persona::varchar,
       t.known_from,
       t.superseded_at,
       t.superseded_at IS NULL AS is_current
  FROM touchline.stage_transition t
  LEFT JOIN touchline.workspace_setting w ON w.workspace = t.workspace
  LEFT JOIN touchline.lead_profile l
    ON l.workspace = t.workspace AND l.lead_id = t.lead_id AND l.superseded_at IS NULL;

CREATE VIEW bi.fact_stage_transition WITH (security_invoker = true) AS
SELECT workspace, lead_key, account_key, touchpoint_key, from_stage, to_stage, occurred_at, occurred_date, rule, persona,
       known_from
  FROM bi.fact_stage_transition_history
 WHERE superseded_at IS NULL;

CREATE VIEW bi.fact_score_change_history WITH (security_invoker = true) AS
SELECT s.workspace::varchar,
       s.lead_id AS lead_key,
       touchline.bi_key(s.workspace, l.account_id) AS account_key,
       s.event_id AS touchpoint_key,
       s.occurred_at,
       (s.occurred_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS occurred_date,
       s.rule::varchar,
       s.points,
       l.persona::varchar,
       s.known_from,
       s.superseded_at,
       s.superseded_at IS NULL AS is_current
  FROM touchline.score_change s
  LEFT JOIN touchline.workspace_setting w ON w.workspace = s.workspace
  LEFT JOIN touchline.lead_profile l
    ON l.workspace = s.workspace AND l.lead_id = s.lead_id AND l.superseded_at IS NULL;

-- Conditions on lead_key and workspace choose the ledgers that are added up; others apply to the result.
CREATE VIEW bi.fact_score_change WITH (security_invoker = true) AS
SELECT h.workspace, lead_key, account_key, touchpoint_key, occurred_at, occurred_date, rule, points,
       (touchline.decayed_sum(points, occurred_at, w.half_life_days) OVER ledger).score AS score_after, persona, known_from
  FROM bi.fact_score_change_history h
  LEFT JOIN touchline.workspace_setting w ON w.workspace = h.workspace
 WHERE superseded_at IS NULL
WINDOW ledger AS (PARTITION BY lead_key, h.workspace ORDER BY occurred_at, touchpoint_key ROWS UNBOUNDED PRECEDING);

CREATE VIEW bi.fact_opportunity_history WITH (security_invoker = true) AS
SELECT o.workspace::varchar,
       touchline.bi_key(o.workspace, o.opportunity_id) AS opportunity_key,
       touchline.bi_key(o.workspace, o.account_id) AS account_key,
       touchline.bi_key(o.workspace, o.source) AS source_key,
       o.opportunity_id::varchar,
       o.name::varchar AS opportunity_name,
       o.account_id::varchar,
       o.status::varchar,
       o.status = 'open' AS is_open,
       o.status = 'won' AS is_won,
       o.status = 'lost' AS is_lost,
       o.stage::varchar AS sales_stage,
       o.owner::varchar,
       o.source::varchar,
       o.reason::varchar,
       o.amount_minor,
       touchline.major_units(o.amount_minor, o.currency)::numeric(23, 4) AS amount,
       o.currency::varchar,
       o.opened_at,
       (o.opened_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS opened_date,
       o.closed_at,
       (o.closed_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS closed_date,
       round(extract(epoch FROM o.closed_at - o.opened_at) / 86400, 2)::numeric(12, 2) AS days_to_close,
       (SELECT count(DISTINCT coalesce(k.lead_id::text, c.contact)) FROM touchline.opportunity_contact c
          LEFT JOIN touchline.identity_key k
            ON k.workspace = c.workspace AND k.key = ANY(c.keys) AND k.superseded_at IS NULL
         WHERE c.workspace = o.workspace AND c.opportunity_id = o.opportunity_id AND c.superseded_at IS NULL) AS contacts,
       o.occurred_at AS changed_at,
       o.version,
       o.known_from,
       o.superseded_at,
       o.superseded_at IS NULL AS is_current
  FROM touchline.opportunity o
  LEFT JOIN touchline.workspace_setting w ON w.workspace = o.workspace;

CREATE VIEW bi.fact_opportunity WITH (security_invoker = true) AS
SELECT workspace, opportunity_key, account_key, source_key, opportunity_id, opportunity_name, account_id, status, is_open,
       is_won, is_lost, sales_stage, owner, source, reason, amount_minor, amount, currency, opened_at, opened_date,
       closed_at, closed_date, days_to_close, contacts, changed_at, known_from
  FROM bi.fact_opportunity_history
 WHERE superseded_at IS NULL;

-- One row for each time an opportunity entered a stage or a status; the sales stages of the CRM, not the buying stages of leads.
CREATE VIEW bi.fact_opportunity_stage WITH (security_invoker = true) AS
WITH entered AS (
  SELECT s.*, lag(s.stage) OVER in_order AS from_stage, lag(s.status) OVER in_order AS from_status,
         lead(s.entered_at) OVER in_order AS left_at, row_number() OVER in_order AS nr
    FROM touchline.opportunity_stage s
   WHERE s.superseded_at IS NULL
  WINDOW in_order AS (PARTITION BY s.workspace, s.opportunity_id ORDER BY s.entered_at)
)
SELECT e.workspace::varchar,
       touchline.bi_key(e.workspace, e.opportunity_id) AS opportunity_key,
       e.opportunity_id::varchar,
       e.from_stage::varchar,
       e.stage::varchar AS to_stage,
       e.from_status::varchar,
       e.status::varchar AS to_status,
       e.entered_at,
       (e.entered_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS entered_date,
       e.left_at,
       round(extract(epoch FROM e.left_at - e.entered_at) / 86400, 2)::numeric(12, 2) AS days_in_stage,
       e.amount_minor,
       touchline.major_units(e.amount_minor, e.currency)::numeric(23, 4) AS amount,
       e.currency::varchar,
       e.nr::integer AS version
  FROM entered e
  LEFT JOIN touchline.workspace_setting w ON w.workspace = e.workspace;

-- Who sits on the buying committee of which opportunity.
CREATE VIEW bi.bridge_opportunity_contact WITH (security_invoker = true) AS
SELECT DISTINCT ON (c.workspace, c.opportunity_id, k.lead_id)
       c.workspace::varchar,
       touchline.bi_key(c.workspace, c.opportunity_id) AS opportunity_key,
       k.lead_id AS lead_key,
       c.role::varchar,
       c.occurred_at AS assigned_at
  FROM touchline.opportunity_contact c
 CROSS JOIN LATERAL unnest(c.keys) AS contact (key)
  JOIN touchline.identity_key k ON k.workspace = c.workspace AND k.key = contact.key AND k.superseded_at IS NULL
 WHERE c.superseded_at IS NULL
 ORDER BY c.workspace, c.opportunity_id, k.lead_id, c.occurred_at, c.role;

-- What there is to share out: one row an opportunity and metric, also of opportunities that nobody touched.
CREATE VIEW bi.fact_attribution_total_history WITH (security_invoker = true) AS
SELECT p.workspace::varchar,
       touchline.bi_key(p.workspace, p.opportunity_id) AS opportunity_key,
       touchline.bi_key(p.workspace, o.account_id) AS account_key,
       p.opportunity_id::varchar,
       p.metric::varchar,
       CASE p.metric WHEN 'revenue' THEN p.reported_minor END AS revenue_minor,
       CASE p.metric WHEN 'revenue' THEN touchline.major_units(p.reported_minor, p.reported_currency) END::numeric(23, 4) AS revenue,
       CASE p.metric WHEN 'pipeline' THEN p.reported_minor END AS pipeline_minor,
       CASE p.metric WHEN 'pipeline' THEN touchline.major_units(p.reported_minor, p.reported_currency) END::numeric(23, 4) AS pipeline,
       p.reported_currency::varchar AS currency,
       p.amount_minor AS opportunity_minor,
       touchline.major_units(p.amount_minor, p.currency)::numeric(23, 4) AS opportunity_amount,
       p.currency::varchar AS opportunity_currency,
       cardinality(p.event_ids) > 0 AS is_attributed,
       p.committee::varchar AS touches_of,
       cardinality(p.event_ids) AS touches,
       p.credited_at,
       (p.credited_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS credited_date,
       p.known_from,
       p.superseded_at,
       p.superseded_at IS NULL AS is_current
  FROM touchline.attribution_path p
  LEFT JOIN touchline.workspace_setting w ON w.workspace = p.workspace
  LEFT JOIN touchline.opportunity o
    ON o.workspace = p.workspace AND o.opportunity_id = p.opportunity_id AND o.superseded_at IS NULL
 WHERE p.metric IN ('revenue', 'pipeline');

CREATE VIEW bi.fact_attribution_total WITH (security_invoker = true) AS
SELECT workspace, opportunity_key, account_key, opportunity_id, metric, revenue_minor, revenue, pipeline_minor, pipeline,
       currency, opportunity_minor, opportunity_amount, opportunity_currency, is_attributed, touches_of, touches, credited_at, credited_date,
       known_from
  FROM bi.fact_attribution_total_history
 WHERE superseded_at IS NULL;

CREATE VIEW bi.fact_attribution_credit_history WITH (security_invoker = true) AS
SELECT c.workspace::varchar,
       touchline.bi_key(c.workspace, c.opportunity_id) AS opportunity_key,
       c.event_id AS touchpoint_key,
       c.lead_id AS lead_key,
       touchline.bi_key(c.workspace, o.account_id) AS account_key,
       touchline.bi_key(c.workspace, c.content_id) AS content_key,
       touchline.bi_key(c.workspace, c.campaign) AS campaign_key,
       touchline.bi_key(c.workspace, c.source) AS source_key,
       c.opportunity_id::varchar,
       c.model::varchar,
       c.metric::varchar,
       c.touch AS touch_number,
       c.milestone::varchar,
       c.weight,
       CASE c.metric WHEN 'revenue' THEN c.reported_minor END AS revenue_minor,
       CASE c.metric WHEN 'revenue' THEN touchline.major_units(c.reported_minor, c.reported_currency) END::numeric(23, 4) AS revenue,
       CASE c.metric WHEN 'pipeline' THEN c.reported_minor END AS pipeline_minor,
       CASE c.metric WHEN 'pipeline' THEN touchline.major_units(c.reported_minor, c.reported_currency) END::numeric(23, 4) AS pipeline,
       c.reported_currency::varchar AS currency,
       c.amount_minor AS opportunity_minor,
       touchline.major_units(c.amount_minor, c.currency)::numeric(23, 4) AS opportunity_amount,
       c.currency::varchar AS opportunity_currency,
       c.credited_at,
       (c.credited_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS credited_date,
       c.occurred_at AS touched_at,
       c.channel::varchar,
       c.source::varchar,
       c.campaign::varchar,
       c.content_id::varchar,
       c.content_title::varchar,
       c.known_from,
       c.superseded_at,
       c.superseded_at IS NULL AS is_current
  FROM touchline.attribution_credit c
  LEFT JOIN touchline.workspace_setting w ON w.workspace = c.workspace
  LEFT JOIN touchline.opportunity o
    ON o.workspace = c.workspace AND o.opportunity_id = c.opportunity_id AND o.superseded_at IS NULL;

CREATE VIEW bi.fact_attribution_credit WITH (security_invoker = true) AS
SELECT workspace, opportunity_key, touchpoint_key, lead_key, account_key, content_key, campaign_key, source_key,
       opportunity_id, model, metric, touch_number, milestone, weight, revenue_minor, revenue, pipeline_minor, pipeline,
       currency, opportunity_minor, opportunity_amount, opportunity_currency, credited_at, credited_date, touched_at, channel, source, campaign,
       content_id, content_title, known_from
  FROM bi.fact_attribution_credit_history
 WHERE superseded_at IS NULL;

-- What was invested, one row an investment and day: the amount is spread evenly, to the last minor unit, and converted as a
-- whole at the rate of its first day.
CREATE VIEW bi.fact_investment_history WITH (security_invoker = true) AS
SELECT i.workspace::varchar,
       touchline.bi_key(i.workspace, i.investment_id) AS investment_key,
       touchline.bi_key(i.workspace, CASE i.dimension WHEN 'source' THEN i.target ELSE c.source END) AS source_key,
       touchline.bi_key(i.workspace, CASE i.dimension WHEN 'campaign' THEN i.target END) AS campaign_key,
       touchline.bi_key(i.workspace, CASE i.dimension WHEN 'content' THEN i.target END) AS content_key,
       i.investment_id::varchar,
       i.period_from + day.number AS invested_date,
       day.number + 1 AS day_number,
       i.dimension::varchar AS invested_in,
       CASE i.dimension WHEN 'channel' THEN i.target ELSE c.channel END::varchar AS channel,
       touchline.amount_of_days(whole.reported, whole.days, day.number, day.number + 1) AS invested_minor,
       touchline.major_units(touchline.amount_of_days(whole.reported, whole.days, day.number, day.number + 1), w.currency)::numeric(23, 4) AS invested,
       w.currency::varchar AS currency,
       touchline.amount_of_days(i.amount_minor, whole.days, day.number, day.number + 1) AS original_minor,
       touchline.major_units(touchline.amount_of_days(i.amount_minor, whole.days, day.number, day.number + 1), i.currency)::numeric(23, 4) AS original,
       i.currency::varchar AS original_currency,
       i.period_from,
       i.period_to,
       touchline.major_units(i.amount_minor, i.currency)::numeric(23, 4) AS period_amount,
       i.note::varchar,
       i.known_from,
       i.superseded_at,
       i.superseded_at IS NULL AS is_current
  FROM touchline.investment i
  LEFT JOIN touchline.workspace_setting w ON w.workspace = i.workspace
  LEFT JOIN touchline.journey_model m ON m.workspace = i.workspace AND m.superseded_at IS NULL
  LEFT JOIN touchline.campaign c
    ON c.workspace = i.workspace AND c.campaign_id = i.target AND i.dimension = 'campaign' AND c.superseded_at IS NULL
 CROSS JOIN LATERAL (
   SELECT i.period_to - i.period_from AS days,
          touchline.reported_minor(i.amount_minor, i.currency, i.period_from, w.currency, coalesce(m.document -> 'rates', '[]')) AS reported
   OFFSET 0) whole
 CROSS JOIN LATERAL generate_series(0, whole.days - 1) AS day (number);

CREATE VIEW bi.fact_investment WITH (security_invoker = true) AS
SELECT workspace, investment_key, source_key, campaign_key, content_key, investment_id, invested_date, day_number, invested_in,
       channel, invested_minor, invested, currency, original_minor, original, original_currency, period_from, period_to,
       period_amount, note, known_from
  FROM bi.fact_investment_history
 WHERE superseded_at IS NULL;

-- Decisions stand, so there is no history of them; whose they are follows the identity of the lead.
CREATE VIEW bi.fact_lifecycle_event WITH (security_invoker = true) AS
SELECT d.workspace::varchar,
       d.event_id AS decision_key,
       coalesce(k.lead_id, d.lead_id) AS lead_key,
       touchline.bi_key(d.workspace, l.account_id) AS account_key,
       (CASE d.type WHEN 'LeadQualified' THEN 'qualified' WHEN 'LeadHandedOff' THEN 'handed_off' WHEN 'LeadAccepted' THEN 'accepted'
                    WHEN 'LeadRecycled' THEN 'recycled' ELSE 'disqualified' END)::varchar AS decision,
       d.occurred_at,
       (d.occurred_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS occurred_date,
       (d.data ->> 'cycle')::integer AS cycle,
       (d.data ->> 'modelVersion')::integer AS model_version,
       (d.data ->> 'persona')::varchar AS persona,
       (d.data ->> 'stage')::varchar AS buying_stage,
       (d.data ->> 'score')::double precision AS score,
       (d.data ->> 'grade')::varchar AS grade,
       (SELECT string_agg(reason, '; ' ORDER BY nr) FROM json_array_elements_text(d.data -> 'reasons') WITH ORDINALITY AS r (reason, nr))::varchar AS reasons,
       (d.data -> 'recipient' ->> 'id')::varchar AS recipient,
       (d.data -> 'recipient' ->> 'kind')::varchar AS recipient_kind,
       (d.data ->> 'rule')::varchar AS routing_rule,
       (d.data ->> 'dueBy')::timestamptz AS due_by,
       (d.data ->> 'by')::varchar AS decided_by,
       (d.data ->> 'reason')::varchar AS reason,
       (d.data ->> 'wakeAt')::timestamptz AS wake_at,
       d.position AS known_from
  FROM touchline.lead_decision d
  LEFT JOIN touchline.workspace_setting w ON w.workspace = d.workspace
  LEFT JOIN touchline.identity_key k
    ON k.workspace = d.workspace AND k.own_lead_id = d.lead_id AND k.superseded_at IS NULL
  LEFT JOIN touchline.lead_profile l
    ON l.workspace = d.workspace AND l.lead_id = coalesce(k.lead_id, d.lead_id) AND l.superseded_at IS NULL;

-- The segments of the journey model in effect, and those of former models that leads were in.
CREATE VIEW bi.dim_segment WITH (security_invoker = true) AS
SELECT coalesce(current.workspace, former.workspace)::varchar AS workspace,
       touchline.bi_key(coalesce(current.workspace, former.workspace), coalesce(current.id, former.segment_id)) AS segment_key,
       coalesce(current.id, former.segment_id)::varchar AS segment_id,
       coalesce(current.name, former.segment_id)::varchar AS segment_name,
       current.description::varchar AS description,
       current.id IS NOT NULL AS is_current
  FROM (SELECT m.workspace, entry.id, entry.name, entry.description
          FROM touchline.journey_model m
         CROSS JOIN LATERAL jsonb_to_recordset(m.document -> 'segments') AS entry (id text, name text, description text)
         WHERE m.superseded_at IS NULL) current
  FULL JOIN (SELECT DISTINCT workspace, segment_id FROM touchline.segment_membership) former
    ON former.workspace = current.workspace AND former.segment_id = current.id;

-- A stay that has ended stays a fact, so there is no history of them beside.
CREATE VIEW bi.fact_segment_membership WITH (security_invoker = true) AS
SELECT m.workspace::varchar,
       touchline.bi_key(m.workspace, m.segment_id) AS segment_key,
       m.lead_id AS lead_key,
       m.entered_at,
       (m.entered_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS entered_date,
       m.left_at,
       (m.left_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS left_date,
       m.superseded_at IS NULL AS is_current,
       m.model_version,
       m.known_from,
       m.superseded_at
  FROM touchline.segment_membership m
  LEFT JOIN touchline.workspace_setting w ON w.workspace = m.workspace;

-- Where every lead stands now --------------------------------------------------------------------------------------

CREATE VIEW bi.lead_current WITH (security_invoker = true) AS
SELECT p.workspace::varchar,
       p.lead_id AS lead_key,
       p.email::varchar,
       p.name::varchar AS lead_name,
       p.title::varchar AS job_title,
       touchline.bi_key(p.workspace, p.account_id) AS account_key,
       p.account_id::varchar,
       p.known AS is_known,
       p.persona::varchar,
       p.grade::varchar,
       s.stage::varchar AS buying_stage,
       (SELECT t.at FROM touchline.stage_transition t
         WHERE t.workspace = p.workspace AND t.lead_id = p.lead_id AND t.superseded_at IS NULL
         ORDER BY t.at DESC, t.event_id DESC LIMIT 1) AS buying_stage_since,
       f.lifecycle::varchar,
       d.status::varchar AS last_decision,
       d.cycle,
       d.since AS last_decision_at,
       d.recipient::varchar,
       d.due_by,
       round(touchline.decay(s.score, s.score_at, now(), w.half_life_days)::numeric, 2)::double precision AS score,
       s.score AS score_at_last_change,
       s.score_at AS score_changed_at,
       coalesce(s.touchpoints, 0) AS touchpoints,
       s.first_touch_at,
       s.last_touch_at
  FROM touchline.lead_profile p
  JOIN touchline.workspace_setting w ON w.workspace = p.workspace
  JOIN touchline.lifecycle_at() f ON f.workspace = p.workspace AND f.lead_id = p.lead_id
  LEFT JOIN touchline.lead_lifecycle d
    ON d.workspace = p.workspace AND d.lead_id = p.lead_id AND d.superseded_at IS NULL
  LEFT JOIN touchline.lead_at() s ON s.workspace = p.workspace AND s.lead_id = p.lead_id
 WHERE p.superseded_at IS NULL;

-- Until when the views tell the truth: a read model that is being rebuilt is incomplete.
CREATE VIEW bi.freshness AS
SELECT name::varchar AS read_model, position AS log_position, status::varchar, updated_at FROM touchline.projection WHERE is_live;

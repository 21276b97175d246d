-- Schema bi: the star schema that BI tools read. Views only; docs/read-models.md is generated from the comments in bi-2-comments.sql.
--
-- Rules, the same in every view:
--   * `…_key` joins facts to dimensions, one column, unique over all workspaces; `…_id` is the name the business knows.
--     A fact without content, campaign, source or account has the key of the dimension's "(none)" row, never NULL, so
--     that an inner join loses no row and no money.
--   * A fact view holds what is true now, one row a fact, so that nobody counts twice by leaving out a filter. What was
--     once believed (before a late event, a merge, a new journey model) is in the view of the same name with _history,
--     with `is_current`, `known_from` and `superseded_at`.
--   * Instants are timestamptz and shown in UTC; `…_date` is the day in the workspace's time zone, as in the query API.
--   * Money is there twice: `…_minor` in integer minor units, exact, and as decimal in major units.

-- A repeatable migration (see database/migrate.ts): change the views here, in place. Views that somebody built on these are
-- dropped with them.

DROP SCHEMA IF EXISTS bi CASCADE;
CREATE SCHEMA bi;
COMMENT ON SCHEMA bi IS 'Touchline''s star schema for BI tools: views only, read-only, one workspace a role.';

-- Dimensions ---------------------------------------------------------------------------------------------------------

CREATE VIEW bi.dim_date AS
SELECT day::date AS date,
       extract(year FROM day)::integer AS year,
       extract(quarter FROM day)::integer AS quarter,
       to_char(day, 'YYYY-"Q"Q') AS year_quarter,
       extract(month FROM day)::integer AS month,
       to_char(day, 'FMMonth') AS month_name,
       to_char(day, 'YYYY-MM') AS year_month,
       date_trunc('month', day)::date AS month_start,
       extract(isoyear FROM day)::integer AS iso_year,
       extract(week FROM day)::integer AS iso_week,
       to_char(day, 'IYYY-"W"IW') AS iso_year_week,
       date_trunc('week', day)::date AS week_start,
       extract(day FROM day)::integer AS day_of_month,
       extract(doy FROM day)::integer AS day_of_year,
       extract(isodow FROM day)::integer AS day_of_week,
       to_char(day, 'FMDay') AS day_name,
       extract(isodow FROM day) > 5 AS is_weekend
  FROM generate_series(timestamp '2015-01-01', timestamp '2040-12-31', interval '1 day') AS day;

CREATE VIEW bi.dim_lead WITH (security_invoker = true) AS
SELECT p.workspace,
       p.lead_id AS lead_key,
       p.email,
       p.user_id,
       p.name AS lead_name,
       p.title AS job_title,
       p.workspace || '/' || coalesce(p.account_id, '(none)') AS account_key,
       p.account_id,
       p.persona,
       p.grade,
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
  SELECT workspace, account_id FROM touchline.account WHERE superseded_at IS NULL
  UNION
  SELECT workspace, account_id FROM touchline.lead_profile WHERE superseded_at IS NULL AND account_id IS NOT NULL
  UNION
  SELECT workspace, account_id FROM touchline.opportunity WHERE superseded_at IS NULL AND account_id IS NOT NULL
)
SELECT n.workspace,
       n.workspace || '/' || n.account_id AS account_key,
       n.account_id,
       coalesce(a.name, n.account_id) AS account_name,
       a.domain,
       a.traits ->> 'industry' AS industry,
       CASE WHEN jsonb_typeof(a.traits -> 'employees') = 'number' THEN (a.traits -> 'employees')::numeric END AS employees,
       a.traits ->> 'country' AS country,
       a.traits,
       a.account_id IS NOT NULL AS is_described,
       a.first_seen_at
  FROM named n
  LEFT JOIN touchline.account a ON a.workspace = n.workspace AND a.account_id = n.account_id AND a.superseded_at IS NULL
UNION ALL
SELECT slug, slug || '/(none)', NULL, '(no account)', NULL, NULL, NULL, NULL, NULL, false, NULL FROM touchline.workspace;

-- Contents that were touched, and those of the catalogue that nobody has touched yet.
CREATE VIEW bi.dim_content WITH (security_invoker = true) AS
WITH variant AS (
  SELECT workspace, content_id, content_title, content_type, content_stage, content_url,
         min(occurred_at) AS first_touch_at, max(occurred_at) AS last_touch_at
    FROM touchline.journey
   WHERE superseded_at IS NULL AND content_id IS NOT NULL
   GROUP BY workspace, content_id, content_title, content_type, content_stage, content_url
), touched AS (
  SELECT DISTINCT ON (workspace, content_id)
         workspace, content_id, content_title, content_type, content_stage, content_url,
         min(first_touch_at) OVER same AS first_touch_at, max(last_touch_at) OVER same AS last_touch_at
    FROM variant
  WINDOW same AS (PARTITION BY workspace, content_id)
   ORDER BY workspace, content_id, variant.last_touch_at DESC, content_title, content_url
), catalogued AS (
  SELECT m.workspace, entry.id AS content_id, entry.title, entry.type, entry.stage, entry.author, entry.publisher
    FROM touchline.journey_model m
   CROSS JOIN LATERAL jsonb_to_recordset(m.document -> 'contents')
           AS entry (id text, title text, type text, stage text, author text, publisher text, "eachPage" boolean)
   WHERE m.superseded_at IS NULL AND "eachPage" IS NOT true
)
SELECT workspace,
       workspace || '/' || content_id AS content_key,
       content_id,
       coalesce(c.title, t.content_title, t.content_url, content_id) AS content_title,
       coalesce(c.type, t.content_type) AS content_type,
       coalesce(c.stage, t.content_stage) AS content_stage,
       t.content_url,
       c.author,
       c.publisher,
       c.content_id IS NOT NULL AS is_catalogued,
       t.first_touch_at,
       t.last_touch_at
  FROM touched t
  FULL JOIN catalogued c USING (workspace, content_id)
UNION ALL
SELECT slug, slug || '/(none)', NULL, '(no content)', NULL, NULL, NULL, NULL, NULL, false, NULL, NULL FROM touchline.workspace;

CREATE VIEW bi.dim_campaign WITH (security_invoker = true) AS
WITH variant AS (
  SELECT workspace, campaign, channel, source, count(*) AS touches,
         min(occurred_at) AS first_touch_at, max(occurred_at) AS last_touch_at
    FROM touchline.journey
   WHERE superseded_at IS NULL AND campaign IS NOT NULL
   GROUP BY workspace, campaign, channel, source
), main AS (
  SELECT DISTINCT ON (workspace, campaign)
         workspace, campaign, channel, source,
         min(first_touch_at) OVER same AS first_touch_at, max(last_touch_at) OVER same AS last_touch_at
    FROM variant
  WINDOW same AS (PARTITION BY workspace, campaign)
   ORDER BY workspace, campaign, touches DESC, channel, source
)
SELECT workspace, workspace || '/' || campaign AS campaign_key, campaign AS campaign_id, campaign AS campaign_name,
       channel AS main_channel, source AS main_source, first_touch_at, last_touch_at
  FROM main
UNION ALL
SELECT slug, slug || '/(none)', NULL, '(no campaign)', NULL, NULL, NULL, NULL FROM touchline.workspace;

-- Lead sources, of touchpoints and of opportunities.
CREATE VIEW bi.dim_source WITH (security_invoker = true) AS
WITH variant AS (
  SELECT workspace, source, channel, count(*) AS touches,
         min(occurred_at) AS first_touch_at, max(occurred_at) AS last_touch_at
    FROM touchline.journey
   WHERE superseded_at IS NULL AND source IS NOT NULL
   GROUP BY workspace, source, channel
  UNION ALL
  SELECT DISTINCT workspace, source, NULL, 0, NULL::timestamptz, NULL::timestamptz
    FROM touchline.opportunity
   WHERE superseded_at IS NULL AND source IS NOT NULL
), main AS (
  SELECT DISTINCT ON (workspace, source)
         workspace, source, channel,
         min(first_touch_at) OVER same AS first_touch_at, max(last_touch_at) OVER same AS last_touch_at
    FROM variant
  WINDOW same AS (PARTITION BY workspace, source)
   ORDER BY workspace, source, touches DESC, channel
)
SELECT workspace, workspace || '/' || source AS source_key, source AS source_id, source AS source_name,
       channel AS main_channel, first_touch_at, last_touch_at
  FROM main
UNION ALL
SELECT slug, slug || '/(none)', NULL, '(no source)', NULL, NULL, NULL FROM touchline.workspace;

-- The journey models that were in force, each from one log position to another.
CREATE VIEW bi.dim_journey_model WITH (security_invoker = true) AS
SELECT workspace, version AS model_version, name AS model_name, time_zone, currency, half_life_days, published_at,
       known_from, superseded_at, superseded_at IS NULL AS is_current
  FROM touchline.journey_model;

-- Facts --------------------------------------------------------------------------------------------------------------

CREATE VIEW bi.fact_touchpoint_history WITH (security_invoker = true) AS
SELECT j.workspace,
       j.event_id AS touchpoint_key,
       j.lead_id AS lead_key,
       j.workspace || '/' || coalesce(l.account_id, '(none)') AS account_key,
       j.workspace || '/' || coalesce(j.content_id, '(none)') AS content_key,
       j.workspace || '/' || coalesce(j.campaign, '(none)') AS campaign_key,
       j.workspace || '/' || coalesce(j.source, '(none)') AS source_key,
       j.occurred_at,
       (j.occurred_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS occurred_date,
       j.recorded_at,
       j.kind AS touchpoint_kind,
       j.name AS touchpoint_name,
       j.channel,
       j.source,
       j.medium,
       j.campaign,
       j.content_id,
       j.content_title,
       j.content_type,
       j.content_stage,
       j.content_url,
       j.verdict,
       j.verdict IN ('human', 'unknown') AS is_human,
       j.session_id AS session_key,
       j.session_id = j.event_id AS starts_session,
       j.rep,
       j.collector,
       j.identity AS identity_keys,
       j.linked_by AS linked_by_event_id,
       j.position AS log_position,
       j.known_from,
       j.superseded_at,
       j.superseded_at IS NULL AS is_current
  FROM touchline.journey j
  LEFT JOIN touchline.workspace_setting w ON w.workspace = j.workspace
  LEFT JOIN touchline.lead_profile l
    ON l.workspace = j.workspace AND l.lead_id = j.lead_id AND l.superseded_at IS NULL;

CREATE VIEW bi.fact_touchpoint WITH (security_invoker = true) AS
SELECT workspace, touchpoint_key, lead_key, account_key, content_key, campaign_key, source_key, occurred_at, occurred_date,
       recorded_at, touchpoint_kind, touchpoint_name, channel, source, medium, campaign, content_id, content_title,
       content_type, content_stage, content_url, verdict, is_human, session_key, starts_session,
       (SELECT t.to_stage FROM touchline.stage_transition t
         WHERE t.workspace = h.workspace AND t.lead_id = h.lead_key AND t.superseded_at IS NULL
           AND (t.at, t.event_id) <= (h.occurred_at, h.touchpoint_key)
         ORDER BY t.at DESC, t.event_id DESC LIMIT 1) AS buying_stage_after,
       rep, collector, identity_keys, linked_by_event_id, log_position, known_from
  FROM bi.fact_touchpoint_history h
 WHERE superseded_at IS NULL;

CREATE VIEW bi.fact_stage_transition_history WITH (security_invoker = true) AS
SELECT t.workspace,
       t.lead_id AS lead_key,
       t.workspace || '/' || coalesce(l.account_id, '(none)') AS account_key,
       t.event_id AS touchpoint_key,
       t.from_stage,
       t.to_stage,
       t.at AS occurred_at,
       (t.at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS occurred_date,
       t.rule,
       t.persona,
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
SELECT s.workspace,
       s.lead_id AS lead_key,
       s.workspace || '/' || coalesce(l.account_id, '(none)') AS account_key,
       s.event_id AS touchpoint_key,
       s.occurred_at,
       (s.occurred_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS occurred_date,
       s.rule,
       s.points,
       s.score_after,
       s.persona,
       s.known_from,
       s.superseded_at,
       s.superseded_at IS NULL AS is_current
  FROM touchline.score_change s
  LEFT JOIN touchline.workspace_setting w ON w.workspace = s.workspace
  LEFT JOIN touchline.lead_profile l
    ON l.workspace = s.workspace AND l.lead_id = s.lead_id AND l.superseded_at IS NULL;

CREATE VIEW bi.fact_score_change WITH (security_invoker = true) AS
SELECT workspace, lead_key, account_key, touchpoint_key, occurred_at, occurred_date, rule, points, score_after, persona,
       known_from
  FROM bi.fact_score_change_history
 WHERE superseded_at IS NULL;

CREATE VIEW bi.fact_opportunity_history WITH (security_invoker = true) AS
SELECT o.workspace,
       o.workspace || '/' || o.opportunity_id AS opportunity_key,
       o.workspace || '/' || coalesce(o.account_id, '(none)') AS account_key,
       o.workspace || '/' || coalesce(o.source, '(none)') AS source_key,
       o.opportunity_id,
       o.name AS opportunity_name,
       o.account_id,
       o.status,
       o.status = 'open' AS is_open,
       o.status = 'won' AS is_won,
       o.status = 'lost' AS is_lost,
       o.stage AS sales_stage,
       o.owner,
       o.source,
       o.reason,
       o.amount_minor,
       touchline.major_units(o.amount_minor, o.currency) AS amount,
       o.currency,
       o.opened_at,
       (o.opened_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS opened_date,
       o.closed_at,
       (o.closed_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS closed_date,
       round(extract(epoch FROM o.closed_at - o.opened_at) / 86400, 2) AS days_to_close,
       (SELECT count(*) FROM touchline.opportunity_contact c
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

-- One row for each time a deal entered a stage or a status; the sales stages of the CRM, not the buying stages of leads.
CREATE VIEW bi.fact_opportunity_stage WITH (security_invoker = true) AS
WITH change AS (
  SELECT o.workspace, o.opportunity_id, o.stage, o.status, o.amount_minor, o.currency, o.occurred_at, o.version,
         lag(o.stage) OVER earlier AS from_stage, lag(o.status) OVER earlier AS from_status,
         row_number() OVER earlier = 1 AS is_first
    FROM touchline.opportunity o
  WINDOW earlier AS (PARTITION BY o.workspace, o.opportunity_id ORDER BY o.version, o.known_from)
), entered AS (
  SELECT c.*, lead(c.occurred_at) OVER (PARTITION BY c.workspace, c.opportunity_id ORDER BY c.version) AS left_at
    FROM change c
   WHERE c.is_first OR c.stage IS DISTINCT FROM c.from_stage OR c.status <> c.from_status
)
SELECT e.workspace,
       e.workspace || '/' || e.opportunity_id AS opportunity_key,
       e.opportunity_id,
       e.from_stage,
       e.stage AS to_stage,
       e.from_status,
       e.status AS to_status,
       e.occurred_at AS entered_at,
       (e.occurred_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS entered_date,
       e.left_at,
       round(extract(epoch FROM e.left_at - e.occurred_at) / 86400, 2) AS days_in_stage,
       e.amount_minor,
       touchline.major_units(e.amount_minor, e.currency) AS amount,
       e.currency,
       e.version
  FROM entered e
  LEFT JOIN touchline.workspace_setting w ON w.workspace = e.workspace;

-- Who sits on the buying committee of which deal.
CREATE VIEW bi.bridge_opportunity_contact WITH (security_invoker = true) AS
SELECT DISTINCT ON (c.workspace, c.opportunity_id, k.lead_id)
       c.workspace,
       c.workspace || '/' || c.opportunity_id AS opportunity_key,
       k.lead_id AS lead_key,
       c.role,
       c.occurred_at AS assigned_at
  FROM touchline.opportunity_contact c
 CROSS JOIN LATERAL unnest(c.keys) AS contact (key)
  JOIN touchline.identity_key k ON k.workspace = c.workspace AND k.key = contact.key AND k.superseded_at IS NULL
 WHERE c.superseded_at IS NULL
 ORDER BY c.workspace, c.opportunity_id, k.lead_id, c.occurred_at, c.role;

-- What there is to share out: one row a deal and metric, also of deals that nobody touched.
CREATE VIEW bi.fact_attribution_total_history WITH (security_invoker = true) AS
SELECT p.workspace,
       p.workspace || '/' || p.opportunity_id AS opportunity_key,
       p.workspace || '/' || coalesce(o.account_id, '(none)') AS account_key,
       p.opportunity_id,
       p.metric,
       CASE p.metric WHEN 'revenue' THEN p.reported_minor END AS revenue_minor,
       CASE p.metric WHEN 'revenue' THEN touchline.major_units(p.reported_minor, p.reported_currency) END AS revenue,
       CASE p.metric WHEN 'pipeline' THEN p.reported_minor END AS pipeline_minor,
       CASE p.metric WHEN 'pipeline' THEN touchline.major_units(p.reported_minor, p.reported_currency) END AS pipeline,
       p.reported_currency AS currency,
       p.amount_minor AS deal_minor,
       touchline.major_units(p.amount_minor, p.currency) AS deal_amount,
       p.currency AS deal_currency,
       cardinality(p.event_ids) > 0 AS is_attributed,
       p.committee AS touches_of,
       cardinality(p.event_ids) AS touches,
       p.credited_at,
       (p.credited_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS credited_date,
       p.known_from,
       p.superseded_at,
       p.superseded_at IS NULL AS is_current
  FROM touchline.attribution_path p
  LEFT JOIN touchline.workspace_setting w ON w.workspace = p.workspace
  LEFT JOIN touchline.opportunity o
    ON o.workspace = p.workspace AND o.opportunity_id = p.opportunity_id AND o.superseded_at IS NULL;

CREATE VIEW bi.fact_attribution_total WITH (security_invoker = true) AS
SELECT workspace, opportunity_key, account_key, opportunity_id, metric, revenue_minor, revenue, pipeline_minor, pipeline,
       currency, deal_minor, deal_amount, deal_currency, is_attributed, touches_of, touches, credited_at, credited_date,
       known_from
  FROM bi.fact_attribution_total_history
 WHERE superseded_at IS NULL;

CREATE VIEW bi.fact_attribution_credit_history WITH (security_invoker = true) AS
SELECT c.workspace,
       c.workspace || '/' || c.opportunity_id AS opportunity_key,
       c.event_id AS touchpoint_key,
       c.lead_id AS lead_key,
       c.workspace || '/' || coalesce(o.account_id, '(none)') AS account_key,
       c.workspace || '/' || coalesce(c.content_id, '(none)') AS content_key,
       c.workspace || '/' || coalesce(c.campaign, '(none)') AS campaign_key,
       c.workspace || '/' || coalesce(c.source, '(none)') AS source_key,
       c.opportunity_id,
       c.model,
       c.metric,
       c.touch AS touch_number,
       c.milestone,
       c.weight,
       CASE c.metric WHEN 'revenue' THEN c.reported_minor END AS revenue_minor,
       CASE c.metric WHEN 'revenue' THEN touchline.major_units(c.reported_minor, c.reported_currency) END AS revenue,
       CASE c.metric WHEN 'pipeline' THEN c.reported_minor END AS pipeline_minor,
       CASE c.metric WHEN 'pipeline' THEN touchline.major_units(c.reported_minor, c.reported_currency) END AS pipeline,
       c.reported_currency AS currency,
       c.amount_minor AS deal_minor,
       touchline.major_units(c.amount_minor, c.currency) AS deal_amount,
       c.currency AS deal_currency,
       c.credited_at,
       (c.credited_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS credited_date,
       c.occurred_at AS touched_at,
       c.channel,
       c.source,
       c.campaign,
       c.content_id,
       c.content_title,
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
       currency, deal_minor, deal_amount, deal_currency, credited_at, credited_date, touched_at, channel, source, campaign,
       content_id, content_title, known_from
  FROM bi.fact_attribution_credit_history
 WHERE superseded_at IS NULL;

-- Where every lead stands now --------------------------------------------------------------------------------------

CREATE VIEW bi.lead_current WITH (security_invoker = true) AS
SELECT p.workspace,
       p.lead_id AS lead_key,
       p.email,
       p.name AS lead_name,
       p.title AS job_title,
       p.workspace || '/' || coalesce(p.account_id, '(none)') AS account_key,
       p.account_id,
       p.known AS is_known,
       p.persona,
       p.grade,
       s.stage AS buying_stage,
       (SELECT t.at FROM touchline.stage_transition t
         WHERE t.workspace = p.workspace AND t.lead_id = p.lead_id AND t.superseded_at IS NULL
         ORDER BY t.at DESC, t.event_id DESC LIMIT 1) AS buying_stage_since,
       f.lifecycle,
       round((s.score * coalesce(power(0.5::double precision,
              extract(epoch FROM now() - s.score_at) / 86400 / w.half_life_days), 1))::numeric, 2)::double precision AS score,
       s.score AS score_at_last_change,
       s.score_at AS score_changed_at,
       coalesce(s.touchpoints, 0) AS touchpoints,
       s.first_touch_at,
       s.last_touch_at
  FROM touchline.lead_profile p
  JOIN touchline.workspace_setting w ON w.workspace = p.workspace
  JOIN touchline.lead_lifecycle() f ON f.workspace = p.workspace AND f.lead_id = p.lead_id
  LEFT JOIN touchline.lead s ON s.workspace = p.workspace AND s.lead_id = p.lead_id
 WHERE p.superseded_at IS NULL;

-- Until when the views tell the truth: a read model that is being rebuilt is incomplete.
CREATE VIEW bi.freshness AS
SELECT name AS read_model, position AS log_position, status, updated_at FROM touchline.projection;

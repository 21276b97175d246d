-- The process of leads and opportunities, at the grain of the metrics of the query API: docs/how-to/bi.md computes each of them
-- from these views, and a test compares. Rules as in bi-1-views.sql. What a view looks up a row is in the select list, where a
-- query that does not show it does not pay for it.

-- Salespeople, partners and distributors: recipients of the journey model, former ones, and owners of opportunities.
CREATE VIEW bi.dim_rep WITH (security_invoker = true) AS
WITH recipient AS (
  SELECT m.workspace, r.id, r.name, r.kind, r.capacity
    FROM touchline.journey_model m
   CROSS JOIN LATERAL jsonb_to_recordset(m.document -> 'routing' -> 'recipients') AS r (id text, name text, kind text, capacity integer)
   WHERE m.superseded_at IS NULL
), named AS (
  SELECT workspace, id FROM recipient
  UNION
  SELECT workspace, data -> 'recipient' ->> 'id' FROM touchline.lead_decision WHERE type = 'LeadHandedOff'
  UNION
  SELECT workspace, owner FROM touchline.opportunity WHERE owner IS NOT NULL
)
SELECT n.workspace::varchar,
       touchline.bi_key(n.workspace, n.id) AS rep_key,
       n.id::varchar AS rep_id,
       coalesce(r.name, n.id)::varchar AS rep_name,
       r.kind::varchar AS rep_kind,
       r.capacity,
       r.id IS NOT NULL AS is_recipient
  FROM named n
  LEFT JOIN recipient r ON r.workspace = n.workspace AND r.id = n.id
UNION ALL
SELECT slug::varchar, touchline.bi_key(slug, NULL), NULL, '(no rep)', NULL, NULL, false FROM touchline.workspace;

-- The cells of the journey model's content mapping.
CREATE VIEW bi.dim_persona_stage WITH (security_invoker = true) AS
WITH served AS (
  SELECT m.workspace, cell.persona, cell.stage
    FROM touchline.journey_model m CROSS JOIN LATERAL touchline.cells_of_contents(m.document) cell
   WHERE m.superseded_at IS NULL
  UNION
  SELECT c.workspace, cell.persona, cell.stage
    FROM touchline.content c CROSS JOIN LATERAL jsonb_to_recordset(c.serves) AS cell (persona text, stage text)
   WHERE c.superseded_at IS NULL
)
SELECT m.workspace::varchar,
       touchline.bi_key(m.workspace, jsonb_build_array(s.persona, s.stage)::text) AS persona_stage_key,
       s.persona::varchar,
       s.persona_name::varchar,
       s.stage::varchar AS buying_stage,
       s.stage_name::varchar AS buying_stage_name,
       s.number AS stage_number,
       served.workspace IS NOT NULL AS is_served
  FROM touchline.journey_model m
 CROSS JOIN LATERAL touchline.stages_of_personas(m.document) s
  LEFT JOIN served ON served.workspace = m.workspace AND served.persona = s.persona AND served.stage = s.stage
 WHERE m.superseded_at IS NULL AND s.persona <> '';

-- Which content serves which buyers in which stage.
CREATE VIEW bi.bridge_content_persona_stage WITH (security_invoker = true) AS
SELECT workspace::varchar,
       touchline.bi_key(workspace, content_id) AS content_key,
       touchline.bi_key(workspace, jsonb_build_array(persona, stage)::text) AS persona_stage_key,
       content_id::varchar,
       persona::varchar,
       stage::varchar AS buying_stage,
       bool_or(in_model) AS is_in_model,
       bool_or(NOT in_model) AS is_in_catalogue
  FROM (SELECT m.workspace, cell.content_id, cell.persona, cell.stage, true AS in_model
          FROM touchline.journey_model m CROSS JOIN LATERAL touchline.cells_of_contents(m.document) cell
         WHERE m.superseded_at IS NULL AND NOT cell.each_page
        UNION ALL
        SELECT c.workspace, c.content_id, cell.persona, cell.stage, false
          FROM touchline.content c CROSS JOIN LATERAL jsonb_to_recordset(c.serves) AS cell (persona text, stage text)
         WHERE c.superseded_at IS NULL) mapped
 GROUP BY workspace, content_id, persona, stage;

-- The steps that a lead took from the first touch to a won opportunity, each at its first time; of a lead without touchpoints none. What it
-- skipped has no row.
CREATE VIEW bi.fact_lead_step WITH (security_invoker = true) AS
SELECT l.workspace::varchar,
       l.lead_id AS lead_key,
       touchline.bi_key(l.workspace, p.account_id) AS account_key,
       touchline.bi_key(l.workspace, l.first_source) AS source_key,
       touchline.bi_key(l.workspace, l.first_campaign) AS campaign_key,
       p.persona::varchar,
       step.number AS step_number,
       step.name::varchar AS step,
       step.at AS reached_at,
       (step.at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS reached_date,
       step.before AS step_before_at,
       CASE WHEN step.at >= step.before THEN extract(epoch FROM step.at - step.before)::double precision / 86400 END AS days_since_step_before,
       CASE WHEN step.name = 'accepted' THEN decided.business_minutes_to_accept END AS business_minutes_to_accept,
       (l.nurtured_at < coalesce(least(decided.qualified_at, decided.accepted_at, contact.opened_at, contact.won_at), 'infinity')) IS TRUE AS is_nurtured,
       l.first_touch_at AS cohort_at,
       (l.first_touch_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS cohort_date
  FROM touchline.lead l
  JOIN touchline.lead_profile p ON p.workspace = l.workspace AND p.lead_id = l.lead_id AND p.superseded_at IS NULL
  LEFT JOIN touchline.workspace_setting w ON w.workspace = l.workspace
  LEFT JOIN touchline.lead_lifecycle decided
    ON decided.workspace = l.workspace AND decided.lead_id = l.lead_id AND decided.superseded_at IS NULL
  LEFT JOIN (SELECT k.workspace, k.lead_id, min(o.opened_at) AS opened_at, min(o.closed_at) FILTER (WHERE o.status = 'won') AS won_at
               FROM touchline.opportunity_contact c
              CROSS JOIN LATERAL unnest(c.keys) AS named (key)
               JOIN touchline.identity_key k ON k.workspace = c.workspace AND k.key = named.key AND k.superseded_at IS NULL
               JOIN touchline.opportunity o
                 ON o.workspace = c.workspace AND o.opportunity_id = c.opportunity_id AND o.superseded_at IS NULL
              WHERE c.superseded_at IS NULL
              GROUP BY k.workspace, k.lead_id) contact
    ON contact.workspace = l.workspace AND contact.lead_id = l.lead_id
 CROSS JOIN LATERAL (VALUES
   (1, 'lead', l.first_touch_at, NULL::timestamptz),
   (2, 'engaged', l.engaged_at, l.first_touch_at),
   (3, 'qualified', decided.qualified_at, l.engaged_at),
   (4, 'accepted', decided.accepted_at, decided.qualified_at),
   (5, 'opportunity', contact.opened_at, decided.accepted_at),
   (6, 'won', contact.won_at, contact.opened_at)) AS step (number, name, at, before)
 WHERE l.first_touch_at IS NOT NULL AND step.at IS NOT NULL;

-- The times that leads spent in a buying stage; one that came back has another row.
CREATE VIEW bi.fact_stage_stay WITH (security_invoker = true) AS
WITH stay AS (
  SELECT t.workspace, t.lead_id, t.event_id, t.to_stage AS stage, t.at AS entered_at, lead(t.at) OVER moves AS left_at,
         lead(t.to_stage) OVER moves AS next_stage
    FROM touchline.stage_transition t
   WHERE t.superseded_at IS NULL
  WINDOW moves AS (PARTITION BY t.workspace, t.lead_id ORDER BY t.at, t.event_id)
)
SELECT s.workspace::varchar,
       s.lead_id AS lead_key,
       touchline.bi_key(s.workspace, p.account_id) AS account_key,
       s.event_id AS touchpoint_key,
       touchline.bi_key(s.workspace, jsonb_build_array(p.persona, s.stage)::text) AS persona_stage_key,
       p.persona::varchar,
       s.stage::varchar AS buying_stage,
       s.entered_at,
       (s.entered_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS entered_date,
       s.left_at,
       (s.left_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS left_date,
       round(extract(epoch FROM s.left_at - s.entered_at) / 86400, 2)::numeric(12, 2) AS days_in_stage,
       s.next_stage::varchar,
       s.left_at IS NULL AS is_current
  FROM stay s
  JOIN touchline.lead_profile p ON p.workspace = s.workspace AND p.lead_id = s.lead_id AND p.superseded_at IS NULL
  LEFT JOIN touchline.workspace_setting w ON w.workspace = s.workspace;

-- Touchpoints by which buyers engage: what people did, of the kinds that are touches for attribution.
CREATE VIEW bi.fact_engagement WITH (security_invoker = true) AS
WITH excluded AS MATERIALIZED (
  SELECT m.workspace, ARRAY(SELECT jsonb_array_elements_text(m.document -> 'attribution' -> 'excludedKinds')) AS kinds
    FROM touchline.journey_model m
   WHERE m.superseded_at IS NULL
)
SELECT j.workspace::varchar,
       j.event_id AS touchpoint_key,
       j.lead_id AS lead_key,
       touchline.bi_key(j.workspace, p.account_id) AS account_key,
       touchline.bi_key(j.workspace, j.content_id) AS content_key,
       touchline.bi_key(j.workspace, j.campaign) AS campaign_key,
       touchline.bi_key(j.workspace, j.source) AS source_key,
       j.occurred_at,
       j.occurred_date,
       j.kind::varchar AS touchpoint_kind,
       j.channel::varchar,
       j.source::varchar,
       j.campaign::varchar,
       j.content_id::varchar,
       coalesce(d.type, j.content_type)::varchar AS offer,
       p.persona::varchar,
       (SELECT t.to_stage FROM touchline.stage_transition t
         WHERE t.workspace = j.workspace AND t.lead_id = j.lead_id AND t.superseded_at IS NULL
           AND (t.at, t.event_id) < (j.occurred_at, j.event_id)
         ORDER BY t.at DESC, t.event_id DESC LIMIT 1)::varchar AS buying_stage,
       NOT (j.session = 'within' AND j.channel = 'direct' AND coalesce(j.source, j.medium, j.campaign) IS NULL) AS has_own_origin
  FROM touchline.journey j
  JOIN touchline.lead_profile p ON p.workspace = j.workspace AND p.lead_id = j.lead_id AND p.superseded_at IS NULL
  LEFT JOIN excluded ON excluded.workspace = j.workspace
  LEFT JOIN (
    SELECT coalesce(c.workspace, m.workspace) AS workspace, coalesce(c.content_id, m.id) AS content_id, coalesce(c.type, m.type) AS type
      FROM (SELECT workspace, content_id, type FROM touchline.content WHERE superseded_at IS NULL) c
      FULL JOIN (SELECT m.workspace, entry.id, entry.type
                   FROM touchline.journey_model m
                  CROSS JOIN LATERAL jsonb_to_recordset(m.document -> 'contents') AS entry (id text, type text, "eachPage" boolean)
                  WHERE m.superseded_at IS NULL AND "eachPage" IS NOT true) m
        ON m.workspace = c.workspace AND m.id = c.content_id
  ) d ON d.workspace = j.workspace AND d.content_id = j.content_id
 WHERE j.superseded_at IS NULL
   AND j.verdict IN ('human', 'unknown')
   AND j.kind <> ALL (touchline.kinds_without_engagement())
   AND (excluded.kinds IS NULL OR j.kind <> ALL (excluded.kinds));

-- A lead in one stay in a buying stage, one month and one content: its first touch then, and when it moved on from that stage to a
-- later one. Touches without a content are in the row of none, so that every stay and month in which a lead engaged is there.
CREATE VIEW bi.fact_content_exposure WITH (security_invoker = true) AS
WITH place AS MATERIALIZED (
  SELECT m.workspace, s.persona, s.stage, s.number
    FROM touchline.journey_model m CROSS JOIN LATERAL touchline.stages_of_personas(m.document) s
   WHERE m.superseded_at IS NULL
), excluded AS MATERIALIZED (
  SELECT m.workspace, ARRAY(SELECT jsonb_array_elements_text(m.document -> 'attribution' -> 'excludedKinds')) AS kinds
    FROM touchline.journey_model m
   WHERE m.superseded_at IS NULL
), move AS (
  SELECT t.workspace, t.lead_id, t.to_stage AS stage, t.at, t.event_id, lead(t.at) OVER moves AS ended_at,
         lead(t.event_id) OVER moves AS ended_id, lead(t.to_stage) OVER moves AS next_stage
    FROM touchline.stage_transition t
   WHERE t.superseded_at IS NULL
  WINDOW moves AS (PARTITION BY t.workspace, t.lead_id ORDER BY t.at, t.event_id)
), stay AS MATERIALIZED ( -- else read again for each touchpoint, where no statistics are there yet
  SELECT m.workspace, m.lead_id, m.stage, m.at AS began_at, m.event_id AS began_id, m.ended_at, m.ended_id,
         CASE WHEN later.number > here.number THEN m.ended_at END AS advanced_at
    FROM move m
    JOIN touchline.lead_profile p ON p.workspace = m.workspace AND p.lead_id = m.lead_id AND p.superseded_at IS NULL
    LEFT JOIN place here ON here.workspace = m.workspace AND here.persona = coalesce(p.persona, '') AND here.stage = m.stage
    LEFT JOIN place later ON later.workspace = m.workspace AND later.persona = coalesce(p.persona, '') AND later.stage = m.next_stage
  UNION ALL
  SELECT t.workspace, t.lead_id, NULL, '-infinity', '00000000-0000-0000-0000-000000000000', t.at, t.event_id, t.at
    FROM touchline.stage_transition t
   WHERE t.superseded_at IS NULL AND t.from_stage IS NULL
)
SELECT j.workspace::varchar,
       j.lead_id AS lead_key,
       touchline.bi_key(j.workspace, j.content_id) AS content_key,
       p.persona::varchar,
       s.stage::varchar AS buying_stage,
       nullif(s.began_at, '-infinity') AS stage_entered_at,
       nullif(s.began_id, '00000000-0000-0000-0000-000000000000') AS entered_by_touchpoint_key,
       (j.occurred_date - extract(day FROM j.occurred_date)::integer + 1) AS month_start,
       j.content_id::varchar,
       min(j.occurred_at) AS first_touch_at,
       count(*) AS touches,
       s.advanced_at
  FROM touchline.journey j
  JOIN touchline.lead_profile p ON p.workspace = j.workspace AND p.lead_id = j.lead_id AND p.superseded_at IS NULL
  LEFT JOIN excluded ON excluded.workspace = j.workspace
  LEFT JOIN stay s
    ON s.workspace = j.workspace AND s.lead_id = j.lead_id AND (s.began_at, s.began_id) <= (j.occurred_at, j.event_id)
   AND (s.ended_at IS NULL OR (s.ended_at, s.ended_id) > (j.occurred_at, j.event_id))
 WHERE j.superseded_at IS NULL
   AND j.verdict IN ('human', 'unknown')
   AND j.kind <> ALL (touchline.kinds_without_engagement())
   AND (excluded.kinds IS NULL OR j.kind <> ALL (excluded.kinds))
 GROUP BY j.workspace, j.lead_id, p.persona, s.stage, s.began_at, s.began_id, s.advanced_at,
          j.occurred_date - extract(day FROM j.occurred_date)::integer + 1, j.content_id;

-- A hand-off of a lead to a recipient. What it was like then is read from the versions that were true at its position.
CREATE VIEW bi.fact_handoff WITH (security_invoker = true) AS
SELECT h.workspace::varchar,
       h.event_id AS handoff_key,
       h.lead_id AS lead_key,
       touchline.bi_key(h.workspace, l.account_id) AS account_key,
       touchline.bi_key(h.workspace, h.recipient) AS rep_key,
       h.recipient::varchar,
       h.recipient_kind::varchar,
       h.rule::varchar AS routing_rule,
       h.assigned_by::varchar,
       h.assign_reason::varchar,
       h.cycle,
       h.model_version,
       h.handed_off_at,
       (h.handed_off_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS handed_off_date,
       h.warn_at,
       h.due_by,
       (h.due_by AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS due_date,
       h.accepted_at,
       h.accepted_by::varchar,
       h.first_activity_at,
       h.first_activity_kind::varchar,
       h.first_activity_rep::varchar,
       round(extract(epoch FROM h.accepted_at - h.handed_off_at) / 60, 2)::numeric(14, 2) AS minutes_to_accept,
       round(extract(epoch FROM h.first_activity_at - h.handed_off_at) / 60, 2)::numeric(14, 2) AS minutes_to_first_activity,
       (d.data ->> 'serviceLevel')::varchar AS service_level,
       (d.data #>> '{workSchedule,hours,id}')::varchar AS business_hours,
       coalesce(d.data #>> '{workSchedule,hours,timeZone}', d.data #>> '{workSchedule,timeZone}')::varchar AS business_time_zone,
       touchline.working_minutes((d.data -> 'workSchedule')::jsonb, h.handed_off_at, h.accepted_at)::numeric(14, 2) AS business_minutes_to_accept,
       touchline.working_minutes((d.data -> 'workSchedule')::jsonb, h.handed_off_at, h.first_activity_at)::numeric(14, 2)
         AS business_minutes_to_first_activity,
       touchline.working_minutes((d.data -> 'workSchedule')::jsonb, greatest(h.due_by, h.handed_off_at),
                                 coalesce(least(open.until, h.first_activity_at), now()))::numeric(14, 2) AS business_minutes_overdue,
       h.state::varchar AS handoff_state,
       open.until IS NULL OR open.until > now() AS is_open,
       open.until AS open_until,
       h.ended_at,
       (h.ended_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS ended_date,
       (SELECT n.data ->> 'by' FROM touchline.lead_decision n
         WHERE n.workspace = d.workspace AND n.lead_id = d.lead_id AND n.position = open.decided_position)::varchar AS ended_by,
       h.end_reason::varchar,
       touchline.handoff_clock(h.state, h.first_activity_at, h.due_by, h.warn_at, now())::varchar AS clock,
       greatest(h.due_by, h.handed_off_at) AS rots_from,
       least(open.until, h.first_activity_at) AS rots_until,
       greatest(h.due_by, h.handed_off_at) <= now()
         AND (least(open.until, h.first_activity_at) IS NULL OR least(open.until, h.first_activity_at) > now()) AS is_rotten,
       greatest(h.due_by, h.handed_off_at) < coalesce(least(open.until, h.first_activity_at), now()) AS is_late,
       (SELECT v.persona FROM touchline.lead_profile v
         WHERE v.workspace = d.workspace AND v.lead_id = d.lead_id AND v.known_from <= d.position
           AND (v.superseded_at IS NULL OR v.superseded_at > d.position)
         LIMIT 1)::varchar AS persona,
       (SELECT v.grade FROM touchline.lead_profile v
         WHERE v.workspace = d.workspace AND v.lead_id = d.lead_id AND v.known_from <= d.position
           AND (v.superseded_at IS NULL OR v.superseded_at > d.position)
         LIMIT 1)::varchar AS grade,
       (SELECT t.to_stage FROM touchline.stage_transition t
         WHERE t.workspace = d.workspace AND t.lead_id = d.lead_id AND t.at <= d.occurred_at AND t.known_from <= d.position
           AND (t.superseded_at IS NULL OR t.superseded_at > d.position)
         ORDER BY t.at DESC, t.event_id DESC LIMIT 1)::varchar AS buying_stage,
       (SELECT round(coalesce(touchline.decay(s.score, s.scored_at, d.occurred_at, m.half_life_days), 0)::numeric, 2)
          FROM touchline.score_at(d.workspace, d.lead_id, m.half_life_days, d.position, d.occurred_at) s)::double precision AS score,
       h.handed_off_position AS known_from
  FROM touchline.handoff_at() h
  JOIN touchline.lead_decision d ON d.workspace = h.workspace AND d.event_id = h.event_id
 CROSS JOIN LATERAL (
   SELECT e.ended_at AS until, e.decided_position
     FROM touchline.handoff_end(d.workspace, d.lead_id, h.lead_id, d.position, d.occurred_at, 9223372036854775807) e) open
  LEFT JOIN touchline.workspace_setting w ON w.workspace = h.workspace
  LEFT JOIN touchline.lead_profile l ON l.workspace = h.workspace AND l.lead_id = h.lead_id AND l.superseded_at IS NULL
  LEFT JOIN touchline.journey_model m ON m.workspace = h.workspace AND m.version = h.model_version;

-- Qualified leads that nobody has received.
CREATE VIEW bi.fact_unrouted_lead WITH (security_invoker = true) AS
SELECT l.workspace::varchar,
       l.lead_id AS lead_key,
       touchline.bi_key(l.workspace, p.account_id) AS account_key,
       l.cycle,
       l.since AS qualified_at,
       (l.since AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS qualified_date,
       round(extract(epoch FROM now() - l.since) / 3600, 2)::numeric(12, 2) AS hours_waiting,
       (d.data ->> 'modelVersion')::integer AS model_version,
       p.persona::varchar,
       p.grade::varchar,
       (d.data ->> 'stage')::varchar AS buying_stage,
       (d.data ->> 'score')::double precision AS score,
       l.known_from
  FROM touchline.lead_lifecycle l
  JOIN touchline.lead_profile p ON p.workspace = l.workspace AND p.lead_id = l.lead_id AND p.superseded_at IS NULL
  JOIN touchline.lead_decision d ON d.workspace = l.workspace AND d.event_id = l.event_id
 CROSS JOIN LATERAL (
   SELECT f.lifecycle FROM touchline.lifecycle_at() f WHERE f.workspace = l.workspace AND f.lead_id = l.lead_id OFFSET 0) f
  LEFT JOIN touchline.workspace_setting w ON w.workspace = l.workspace
 WHERE l.superseded_at IS NULL AND l.status = 'qualified' AND f.lifecycle = 'qualified';

-- Where every opportunity stands now, with the buyer and the campaign of its last touch before it was opened.
CREATE VIEW bi.opportunity_current WITH (security_invoker = true) AS
SELECT o.workspace::varchar,
       touchline.bi_key(o.workspace, o.opportunity_id) AS opportunity_key,
       touchline.bi_key(o.workspace, o.account_id) AS account_key,
       touchline.bi_key(o.workspace, lower(o.source)) AS source_key,
       touchline.bi_key(o.workspace, q.campaign) AS campaign_key,
       touchline.bi_key(o.workspace, o.owner) AS rep_key,
       o.opportunity_id::varchar,
       o.name::varchar AS opportunity_name,
       o.status::varchar,
       o.status = 'open' AS is_open,
       o.status = 'won' AS is_won,
       o.status = 'lost' AS is_lost,
       o.stage::varchar AS sales_stage,
       o.owner::varchar,
       lower(o.source)::varchar AS source,
       q.campaign::varchar,
       q.lead_ids[cardinality(q.lead_ids)] AS buyer_lead_key,
       p.persona::varchar,
       o.opened_at,
       (o.opened_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS opened_date,
       o.closed_at,
       (o.closed_at AT TIME ZONE coalesce(w.time_zone, 'UTC'))::date AS closed_date,
       extract(epoch FROM o.closed_at - o.opened_at)::double precision / 86400 AS days_to_close,
       (SELECT round(coalesce(max(scored.score), 0), 2)
          FROM (SELECT sum(touchline.decay(c.points, c.occurred_at, o.opened_at, w.half_life_days)::numeric) AS score
                  FROM touchline.score_change c
                 WHERE c.workspace = o.workspace AND c.lead_id = ANY (q.lead_ids) AND c.superseded_at IS NULL
                   AND c.occurred_at <= o.opened_at
                 GROUP BY c.lead_id) scored)::double precision AS score_at_opening,
       q.reported_minor AS pipeline_minor,
       touchline.major_units(q.reported_minor, q.reported_currency)::numeric(23, 4) AS pipeline,
       r.reported_minor AS revenue_minor,
       touchline.major_units(r.reported_minor, r.reported_currency)::numeric(23, 4) AS revenue,
       coalesce(q.reported_currency, r.reported_currency)::varchar AS currency,
       o.known_from
  FROM touchline.opportunity o
  LEFT JOIN touchline.workspace_setting w ON w.workspace = o.workspace
  LEFT JOIN (SELECT path.*, (SELECT t.campaign FROM unnest(path.campaigns) WITH ORDINALITY AS t (campaign, number)
                              WHERE t.campaign IS NOT NULL ORDER BY t.number DESC LIMIT 1) AS campaign
               FROM touchline.attribution_path path
              WHERE path.metric = 'pipeline' AND path.superseded_at IS NULL) q
    ON q.workspace = o.workspace AND q.opportunity_id = o.opportunity_id
  LEFT JOIN touchline.attribution_path r
    ON r.workspace = o.workspace AND r.opportunity_id = o.opportunity_id AND r.metric = 'revenue' AND r.superseded_at IS NULL
  LEFT JOIN touchline.lead_profile p
    ON p.workspace = o.workspace AND p.lead_id = q.lead_ids[cardinality(q.lead_ids)] AND p.superseded_at IS NULL
 WHERE o.superseded_at IS NULL;

-- What every salesperson, partner and distributor has in process now.
CREATE VIEW bi.rep_current WITH (security_invoker = true) AS
SELECT r.workspace,
       r.rep_key,
       r.rep_id,
       r.rep_name,
       r.rep_kind,
       r.is_recipient,
       coalesce(leads.open, 0) AS open_leads,
       coalesce(leads.rotten, 0) AS rotten_leads,
       coalesce(owned.open, 0) AS open_opportunities,
       coalesce(leads.open, 0) + coalesce(owned.open, 0) AS in_process,
       r.capacity,
       round(coalesce(leads.open, 0)::numeric / nullif(r.capacity, 0), 6)::double precision AS load
  FROM bi.dim_rep r
  LEFT JOIN (SELECT rep_key, count(*) AS open, count(*) FILTER (WHERE is_rotten) AS rotten
               FROM bi.fact_handoff WHERE is_open GROUP BY rep_key) leads
    ON leads.rep_key = r.rep_key
  LEFT JOIN (SELECT touchline.bi_key(o.workspace, o.owner) AS rep_key, count(*) AS open
               FROM touchline.opportunity o
              WHERE o.superseded_at IS NULL AND o.status = 'open'
              GROUP BY o.workspace, o.owner) owned
    ON owned.rep_key = r.rep_key;

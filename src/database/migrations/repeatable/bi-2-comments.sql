-- The dictionary of schema bi; `npm run docs` makes docs/read-models.md of it. A comment says what the thing means, in
-- which unit, and ends in "Example: …". Columns that mean the same everywhere are said once.

DO $$
DECLARE
  word record;
BEGIN
  FOR word IN
    SELECT c.relname AS view, a.attname AS col, d.meaning
      FROM (VALUES
        ('workspace', 'The tenant. A BI role sees only its own. Example: main'),
        ('lead_key', 'The person: joins dim_lead and lead_current; the leadId of the query API. Example: 5f0c2d1e-93b7-8a41-a6d0-7c19e2b4f801'),
        ('account_key', 'Joins dim_account; `<workspace>#none` without an account. Example: main/acme.example'),
        ('content_key', 'Joins dim_content; `<workspace>#none` without content. Example: main/wp-tco-guide'),
        ('campaign_key', 'Joins dim_campaign; `<workspace>#none` without a campaign. Example: main/spring-launch'),
        ('source_key', 'Joins dim_source; `<workspace>#none` without a source. Example: main/newsletter'),
        ('opportunity_key', 'Joins fact_opportunity. Example: main/opp-1042'),
        ('touchpoint_key', 'The touchpoint: joins fact_touchpoint; the eventId of the query API. Example: 019ca8c0-5a10-8f3e-9d21-0b6f4c7a1e55'),
        ('opportunity_id', 'The CRM''s own id of the deal. Example: opp-1042'),
        ('account_id', 'Id of the company: as the CRM or the tracker named it, else its e-mail domain; NULL without one. Example: acme.example'),
        ('occurred_at', 'When it happened, UTC, corrected for the client''s clock. Example: 2026-03-02 09:30:00+00'),
        ('occurred_date', 'The day it happened, in the workspace''s time zone: joins dim_date.date. Example: 2026-03-02'),
        ('persona', 'Id of the buyer persona the journey model finds in the lead''s traits; NULL when none fits. Example: economic_buyer'),
        ('grade', 'Fit of the lead''s traits, A (best) to F; NULL while nothing is known of it. Example: B'),
        ('channel', 'Marketing channel of the default grouping. Example: paid_search'),
        ('source', 'Where the buyer came from; never the collector. Example: google'),
        ('campaign', 'Campaign name as tagged (utm_campaign). Example: spring-launch'),
        ('content_id', 'Id of the content: the tracker''s, else the catalogue''s by URL pattern, else the URL; NULL without content. Example: wp-tco-guide'),
        ('content_title', 'Title of the content. Example: The TCO guide for plant managers'),
        ('content_type', 'Type of the content, a word of the workspace. Example: white_paper'),
        ('content_stage', 'Buying stage the journey model maps the content to; NULL when it maps it to none. Example: evaluation'),
        ('currency', 'ISO 4217 code of the amounts beside it; never add up amounts of different currencies. Example: USD'),
        ('email', 'E-mail address, lower case; NULL while unknown. Example: ada@acme.example'),
        ('lead_name', 'Name of the person. Example: Ada Brown'),
        ('job_title', 'Job title. Example: VP Operations'),
        ('is_known', 'The person said who they are (an e-mail, a user id or a CRM id); false: an anonymous visitor. Example: true'),
        ('first_touch_at', 'Earliest touchpoint, UTC; NULL when there was none. Example: 2026-01-12 08:11:43+00'),
        ('last_touch_at', 'Latest touchpoint, UTC; NULL when there was none. Example: 2026-06-03 15:20:09+00'),
        ('main_channel', 'Channel that most of its touchpoints came through; NULL without touchpoints. Example: email'),
        ('rule', 'Name of the rule of the journey model that did it. Example: pricing page seen'),
        ('amount_minor', 'Amount in minor units of `currency`, exact. Example: 12000000'),
        ('amount', 'Amount in major units of `currency`. Example: 120000.00'),
        ('model', 'Attribution model: first, last, last_non_direct, linear, position, u_shaped, w_shaped, full_path or time_decay. Example: linear'),
        ('metric', 'revenue (of a won deal, counted at its close) or pipeline (of any deal, counted at its opening). Example: revenue'),
        ('revenue_minor', 'Revenue in minor units of `currency`, exact; NULL in pipeline rows, and where no rate of exchange is published. Example: 3000000'),
        ('revenue', 'Revenue in major units of `currency`; NULL in pipeline rows, and where no rate of exchange is published. Example: 30000.00'),
        ('pipeline_minor', 'Pipeline in minor units of `currency`, exact; NULL in revenue rows, and where no rate of exchange is published. Example: 3000000'),
        ('pipeline', 'Pipeline in major units of `currency`; NULL in revenue rows, and where no rate of exchange is published. Example: 30000.00'),
        ('deal_minor', 'The same in the deal''s own currency, minor units. Example: 3000000'),
        ('deal_amount', 'The same in the deal''s own currency, major units. Example: 30000.00'),
        ('deal_currency', 'ISO 4217 code of the deal''s own currency. Example: USD'),
        ('credited_at', 'Instant it counts at, UTC: the deal was closed (revenue) or opened (pipeline). Example: 2026-05-20 15:00:00+00'),
        ('credited_date', 'That day in the workspace''s time zone: joins dim_date.date. Example: 2026-05-20'),
        ('known_from', 'Position in the event log from which on the row was true: the `asOf` of the query API. Example: 51240'),
        ('superseded_at', 'Log position at which the row stopped being true; NULL: it still is. As of position p: known_from <= p and (superseded_at is null or superseded_at > p). Example: 60977'),
        ('is_current', 'Whether the row is true now. Without `where is_current` a history view counts facts more than once. Example: true')
      ) AS d (col, meaning)
      JOIN pg_class c ON c.relnamespace = 'bi'::regnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = d.col
  LOOP
    EXECUTE format('COMMENT ON COLUMN bi.%I.%I IS %L', word.view, word.col, word.meaning);
  END LOOP;
END
$$;

COMMENT ON VIEW bi.dim_date IS 'The calendar: one row a day, 1989-01-01 to 2049-12-31, and further where opportunities lie outside. Weeks are ISO weeks, from Monday.';
COMMENT ON COLUMN bi.dim_date.date IS 'The day; the …_date columns of facts join it. Example: 2026-03-02';
COMMENT ON COLUMN bi.dim_date.year IS 'Calendar year. Example: 2026';
COMMENT ON COLUMN bi.dim_date.quarter IS 'Quarter of the year, 1 to 4. Example: 1';
COMMENT ON COLUMN bi.dim_date.year_quarter IS 'Year and quarter; sorts as text. Example: 2026-Q1';
COMMENT ON COLUMN bi.dim_date.month IS 'Month, 1 to 12. Example: 3';
COMMENT ON COLUMN bi.dim_date.month_name IS 'English name of the month. Example: March';
COMMENT ON COLUMN bi.dim_date.year_month IS 'Year and month; sorts as text. Example: 2026-03';
COMMENT ON COLUMN bi.dim_date.month_start IS 'First day of the month. Example: 2026-03-01';
COMMENT ON COLUMN bi.dim_date.iso_year IS 'Year the ISO week belongs to; around New Year not always `year`. Example: 2026';
COMMENT ON COLUMN bi.dim_date.iso_week IS 'ISO week, 1 to 53. Example: 10';
COMMENT ON COLUMN bi.dim_date.iso_year_week IS 'ISO year and week; sorts as text. Example: 2026-W10';
COMMENT ON COLUMN bi.dim_date.week_start IS 'Monday of the ISO week. Example: 2026-03-02';
COMMENT ON COLUMN bi.dim_date.day_of_month IS 'Day of the month, 1 to 31. Example: 2';
COMMENT ON COLUMN bi.dim_date.day_of_year IS 'Day of the year, 1 to 366. Example: 61';
COMMENT ON COLUMN bi.dim_date.day_of_week IS 'Day of the ISO week, 1 Monday to 7 Sunday. Example: 1';
COMMENT ON COLUMN bi.dim_date.day_name IS 'English name of the day. Example: Monday';
COMMENT ON COLUMN bi.dim_date.is_weekend IS 'Saturday or Sunday. Example: false';

COMMENT ON VIEW bi.dim_lead IS 'One row a person, known or still anonymous, after identity resolution, as known now. For stage, score and lifecycle read lead_current.';
COMMENT ON COLUMN bi.dim_lead.user_id IS 'The id your own product knows the person by; NULL while unknown. Example: u-8812';
COMMENT ON COLUMN bi.dim_lead.known_at IS 'First time the person said who they are, UTC; NULL for an anonymous visitor. Example: 2026-02-11 10:02:30+00';
COMMENT ON COLUMN bi.dim_lead.traits IS 'Everything said of the person, the latest of each, as JSON. Example: {"title": "VP Operations", "country": "DE"}';
COMMENT ON COLUMN bi.dim_lead.aliases IS 'Other ids this lead went by before they turned out to be one person. Example: {8d1f0a77-4c02-8b1e-a9f3-1d20c5e6b744}';

COMMENT ON VIEW bi.dim_account IS 'One row a company: described by a tracker or the CRM, or only known from its people''s e-mail domain or its deals; and one row for no account: account_id NULL, account_key `<workspace>#none`.';
COMMENT ON COLUMN bi.dim_account.account_name IS 'Name of the company, else its id. Example: Acme Industries';
COMMENT ON COLUMN bi.dim_account.domain IS 'E-mail domain whose people belong to the company; NULL when not told. Example: acme.example';
COMMENT ON COLUMN bi.dim_account.industry IS 'Industry as described; NULL when not told. Example: Manufacturing';
COMMENT ON COLUMN bi.dim_account.employees IS 'Number of employees as described; NULL when not told. Example: 1200';
COMMENT ON COLUMN bi.dim_account.country IS 'Country as described; NULL when not told. Example: US';
COMMENT ON COLUMN bi.dim_account.traits IS 'Everything said of the company, the latest of each, as JSON. Example: {"industry": "Manufacturing", "employees": 1200}';
COMMENT ON COLUMN bi.dim_account.is_described IS 'Somebody described the company (Segment `group`, CRM); false: only its id is known. Example: true';
COMMENT ON COLUMN bi.dim_account.first_seen_at IS 'First description, UTC; NULL without one. Example: 2026-01-12 08:11:43+00';

COMMENT ON VIEW bi.dim_content IS 'One row a content (page, white paper, webinar …): every one that was touched, those of the journey model''s catalogue that nobody touched yet, and one row for no content: content_id NULL, content_key `<workspace>#none`.';
COMMENT ON COLUMN bi.dim_content.content_url IS 'URL of its latest touchpoint, else NULL. Example: https://www.acme.example/guides/tco';
COMMENT ON COLUMN bi.dim_content.author IS 'Author by the catalogue; NULL when not told. Example: J. Meyer';
COMMENT ON COLUMN bi.dim_content.publisher IS 'Whose it is by the catalogue: ours, an analyst''s, media''s, an independent expert''s; NULL when not told. Example: analyst';
COMMENT ON COLUMN bi.dim_content.is_catalogued IS 'The journey model names it. Example: true';

COMMENT ON VIEW bi.dim_campaign IS 'One row a campaign name that touchpoints were tagged with, and one row for no campaign: campaign_id NULL, campaign_key `<workspace>#none`.';
COMMENT ON COLUMN bi.dim_campaign.campaign_id IS 'The tag itself; NULL in the row for none. Example: spring-launch';
COMMENT ON COLUMN bi.dim_campaign.campaign_name IS 'Name to show. Example: spring-launch';
COMMENT ON COLUMN bi.dim_campaign.main_source IS 'Source that most of its touchpoints in the main channel came from. Example: newsletter';

COMMENT ON VIEW bi.dim_source IS 'One row a lead source, of touchpoints and of opportunities, and one row for no source: source_id NULL, source_key `<workspace>#none`.';
COMMENT ON COLUMN bi.dim_source.source_id IS 'The source itself; NULL in the row for none. Example: newsletter';
COMMENT ON COLUMN bi.dim_source.source_name IS 'Name to show. Example: newsletter';

COMMENT ON VIEW bi.dim_journey_model IS 'One row a published version of the journey model, with the span of log positions in which it was in force.';
COMMENT ON COLUMN bi.dim_journey_model.model_version IS 'The modelVersion of the query API: 1, 2, 3 … Example: 3';
COMMENT ON COLUMN bi.dim_journey_model.model_name IS 'Name of the model. Example: B2B default';
COMMENT ON COLUMN bi.dim_journey_model.time_zone IS 'Time zone (IANA) whose days the …_date columns and the reports use. Example: Europe/Berlin';
COMMENT ON COLUMN bi.dim_journey_model.currency IS 'ISO 4217 code of the currency of reports. Example: USD';
COMMENT ON COLUMN bi.dim_journey_model.half_life_days IS 'Days in which score points lose half their worth. Example: 30';
COMMENT ON COLUMN bi.dim_journey_model.published_at IS 'When it was published, UTC. Example: 2026-01-05 09:00:00+00';

COMMENT ON VIEW bi.fact_touchpoint IS 'One row a touchpoint: one thing a buyer did or received, under the lead it belongs to as known now. Bots are kept: filter is_human.';
COMMENT ON VIEW bi.fact_touchpoint_history IS 'Every version of fact_touchpoint: also which lead a touchpoint was believed to belong to before. For a touchpoint''s dimensions as of a log position.';
COMMENT ON COLUMN bi.fact_touchpoint.recorded_at IS 'When Touchline received it, UTC; later than occurred_at for late events. Example: 2026-03-02 09:30:01+00';
COMMENT ON COLUMN bi.fact_touchpoint.occurred_at_replaced_because IS 'Why the client''s own time could not be taken and occurred_at is the time of receipt: future, absurd (no time, or too long ago), ambiguous (a date that can be read in several ways) or backdated (earlier than a public write key may send); NULL: it was taken. Example: future';
COMMENT ON COLUMN bi.fact_touchpoint.occurred_at_original IS 'The time that the client sent, as it wrote it, where it was replaced; else NULL. Example: 2036-03-02T09:30:00Z';
COMMENT ON COLUMN bi.fact_touchpoint.properties IS 'Properties as the client sent them, JSON; NULL without any. Example: {"plan": "pro", "seats": 25}';
COMMENT ON COLUMN bi.fact_touchpoint.touchpoint_kind IS 'What it was; the kinds are in the glossary. Example: content_download';
COMMENT ON COLUMN bi.fact_touchpoint.touchpoint_name IS 'The tracker''s own name of it, where it sent one. Example: ROI Calculator Used';
COMMENT ON COLUMN bi.fact_touchpoint.medium IS 'Medium as tagged (utm_medium). Example: cpc';
COMMENT ON COLUMN bi.fact_touchpoint.content_url IS 'URL of the content as it was visited; NULL without one. Example: https://www.acme.example/guides/tco';
COMMENT ON COLUMN bi.fact_touchpoint.verdict IS 'Who is taken to have acted: human, machine_open, link_scanner, crawler, internal, unknown. Example: human';
COMMENT ON COLUMN bi.fact_touchpoint.is_human IS 'It counts in scores and attribution (verdict human or unknown). Example: true';
COMMENT ON COLUMN bi.fact_touchpoint.session_key IS 'The visit it belongs to: touchpoint_key of the visit''s first touchpoint; a pause of 30 minutes (by the journey model) ends a visit. Example: 019ca8c0-5a10-8f3e-9d21-0b6f4c7a1e55';
COMMENT ON COLUMN bi.fact_touchpoint.starts_session IS 'It began a visit: count these to count visits. Machines, and what is done to a person (mail that is sent, ad impressions), begin none. Example: true';
COMMENT ON COLUMN bi.fact_touchpoint.buying_stage_after IS 'Buying stage of the lead right after it; NULL: none entered yet. Example: evaluation';
COMMENT ON COLUMN bi.fact_touchpoint.rep IS 'Salesperson it involved. Example: rep-7';
COMMENT ON COLUMN bi.fact_touchpoint.collector IS 'Collector that took it in. Example: web';
COMMENT ON COLUMN bi.fact_touchpoint.identity_keys IS 'What it said about who it was. Example: {email:ada@acme.example,anonymous:a-1}';
COMMENT ON COLUMN bi.fact_touchpoint.linked_by_event_id IS 'The event whose claim gave an anonymous touchpoint to this lead; NULL: its own keys name the lead. Example: 019ca8c1-77aa-8c10-b3d4-52f1e09a6b3c';
COMMENT ON COLUMN bi.fact_touchpoint.log_position IS 'Its place in the event log. Example: 51240';

COMMENT ON VIEW bi.fact_stage_transition IS 'One row a move of a lead between stages of the BUYER''s process, with its cause, as known now; skipped stages are not filled in.';
COMMENT ON VIEW bi.fact_stage_transition_history IS 'Every version of fact_stage_transition: also moves that late events, merges or a new journey model have since changed.';
COMMENT ON COLUMN bi.fact_stage_transition.touchpoint_key IS 'The touchpoint that caused it: joins fact_touchpoint. Example: 019ca8c0-5a10-8f3e-9d21-0b6f4c7a1e55';
COMMENT ON COLUMN bi.fact_stage_transition.from_stage IS 'Stage it left; NULL: it had not entered any. Example: awareness';
COMMENT ON COLUMN bi.fact_stage_transition.to_stage IS 'Stage it entered. Example: evaluation';

COMMENT ON VIEW bi.fact_score_change IS 'The score ledger: one row a touchpoint that earned or cost points, as known now.';
COMMENT ON VIEW bi.fact_score_change_history IS 'Every version of fact_score_change.';
COMMENT ON COLUMN bi.fact_score_change.points IS 'Points given, before decay; may be negative. Example: 10';
COMMENT ON COLUMN bi.fact_score_change.score_after IS 'Score of the lead right after it; it decays from there. Example: 41.5';

COMMENT ON VIEW bi.fact_opportunity IS 'One row a deal, as it stands now.';
COMMENT ON VIEW bi.fact_opportunity_history IS 'Every version of a deal: one row a change of stage, amount, owner, status … .';
COMMENT ON COLUMN bi.fact_opportunity.opportunity_name IS 'Name of the deal. Example: Acme 2026 rollout';
COMMENT ON COLUMN bi.fact_opportunity.status IS 'open, won or lost. Example: won';
COMMENT ON COLUMN bi.fact_opportunity.is_open IS 'Status is open. Example: false';
COMMENT ON COLUMN bi.fact_opportunity.is_won IS 'Status is won. Example: true';
COMMENT ON COLUMN bi.fact_opportunity.is_lost IS 'Status is lost. Example: false';
COMMENT ON COLUMN bi.fact_opportunity.sales_stage IS 'Stage of the SELLER''s process, the CRM''s word. Example: proposal';
COMMENT ON COLUMN bi.fact_opportunity.owner IS 'Salesperson who owns the deal. Example: rep-7';
COMMENT ON COLUMN bi.fact_opportunity.source IS 'Lead source the CRM gives the deal; what the touchpoints say is in fact_attribution_credit. Example: webinar';
COMMENT ON COLUMN bi.fact_opportunity.reason IS 'Why it was lost or opened again, the last time. Example: price';
COMMENT ON COLUMN bi.fact_opportunity.opened_at IS 'When the deal was opened, UTC: the reference of pipeline. Example: 2026-02-01 09:00:00+00';
COMMENT ON COLUMN bi.fact_opportunity.opened_date IS 'That day in the workspace''s time zone: joins dim_date.date. Example: 2026-02-01';
COMMENT ON COLUMN bi.fact_opportunity.closed_at IS 'When it was won or lost, UTC: the reference of revenue; NULL while open. Example: 2026-05-20 15:00:00+00';
COMMENT ON COLUMN bi.fact_opportunity.closed_date IS 'That day in the workspace''s time zone: joins dim_date.date. Example: 2026-05-20';
COMMENT ON COLUMN bi.fact_opportunity.days_to_close IS 'Days from opened to closed; NULL while open. Example: 108.25';
COMMENT ON COLUMN bi.fact_opportunity.contacts IS 'People on its buying committee now. Example: 4';
COMMENT ON COLUMN bi.fact_opportunity.changed_at IS 'When it last changed, UTC. Example: 2026-05-20 15:00:00+00';
COMMENT ON COLUMN bi.fact_opportunity_history.version IS 'Number of the change within the deal. Example: 3';

COMMENT ON VIEW bi.fact_opportunity_stage IS 'One row each time a deal entered a sales stage or changed its status, with the time it stayed.';
COMMENT ON COLUMN bi.fact_opportunity_stage.from_stage IS 'Sales stage it left; NULL when it was opened. Example: discovery';
COMMENT ON COLUMN bi.fact_opportunity_stage.to_stage IS 'Sales stage it entered; NULL: none was named. Example: proposal';
COMMENT ON COLUMN bi.fact_opportunity_stage.from_status IS 'Status before; NULL when it was opened. Example: open';
COMMENT ON COLUMN bi.fact_opportunity_stage.to_status IS 'Status after. Example: won';
COMMENT ON COLUMN bi.fact_opportunity_stage.entered_at IS 'When it entered, UTC. Example: 2026-03-15 11:00:00+00';
COMMENT ON COLUMN bi.fact_opportunity_stage.entered_date IS 'That day in the workspace''s time zone: joins dim_date.date. Example: 2026-03-15';
COMMENT ON COLUMN bi.fact_opportunity_stage.left_at IS 'When it moved on, UTC; NULL: it is still there. Example: 2026-05-20 15:00:00+00';
COMMENT ON COLUMN bi.fact_opportunity_stage.days_in_stage IS 'Days it stayed; NULL: it is still there. Example: 66.17';
COMMENT ON COLUMN bi.fact_opportunity_stage.version IS 'Number of the entry within the opportunity, in the order of time. Example: 3';

COMMENT ON VIEW bi.bridge_opportunity_contact IS 'Who sits on which deal''s buying committee now: one row a person and deal.';
COMMENT ON COLUMN bi.bridge_opportunity_contact.role IS 'Role in the committee, the CRM''s word. Example: decision_maker';
COMMENT ON COLUMN bi.bridge_opportunity_contact.assigned_at IS 'When the role was given, UTC. Example: 2026-02-03 10:00:00+00';

COMMENT ON VIEW bi.fact_attribution_credit IS 'The share of a deal that a model gives to a touchpoint, as known now. ALWAYS name one model (where model = ''linear'') or group by it: every model shares out the whole amount again. Revenue and pipeline are columns of their own, so they cannot be added up by mistake.';
COMMENT ON VIEW bi.fact_attribution_credit_history IS 'Every version of fact_attribution_credit: the credits of any report asked asOf a log position.';
COMMENT ON COLUMN bi.fact_attribution_credit.account_key IS 'Company of the deal: joins dim_account. Example: main/acme.example';
COMMENT ON COLUMN bi.fact_attribution_credit.currency IS 'ISO 4217 code of the workspace''s currency of reports, into which foreign deals are converted at the rate of the day they count at. Example: USD';
COMMENT ON COLUMN bi.fact_attribution_credit.touch_number IS 'Which of the deal''s touches it is, 1 the earliest. Example: 3';
COMMENT ON COLUMN bi.fact_attribution_credit.milestone IS 'Milestones that fell on the touchpoint, joined by "+": first, lead_created, opportunity_created, close; NULL: none. Example: first+lead_created';
COMMENT ON COLUMN bi.fact_attribution_credit.weight IS 'Its share, above 0 to 1; the shares of one deal, model and metric add up to 1. Example: 0.25';
COMMENT ON COLUMN bi.fact_attribution_credit.touched_at IS 'When the touchpoint happened, UTC. Example: 2026-03-02 09:30:00+00';

COMMENT ON VIEW bi.fact_attribution_total IS 'What there is to share out: one row a deal and metric, also of deals that no touchpoint led to (is_attributed false). total = attributed + unattributed of the query API. Models are not in it: its amounts can be added up.';
COMMENT ON VIEW bi.fact_attribution_total_history IS 'Every version of fact_attribution_total.';
COMMENT ON COLUMN bi.fact_attribution_total.account_key IS 'Company of the deal: joins dim_account. Example: main/acme.example';
COMMENT ON COLUMN bi.fact_attribution_total.currency IS 'ISO 4217 code of the workspace''s currency of reports, into which foreign deals are converted at the rate of the day they count at. Example: USD';
COMMENT ON COLUMN bi.fact_attribution_total.is_attributed IS 'Some touchpoint led to the deal; else its whole amount is unattributed under every model. Example: true';
COMMENT ON COLUMN bi.fact_attribution_total.touches_of IS 'Whose touchpoints were asked: contacts (the buying committee) or account (everybody of the company, where the CRM names no contact). Example: contacts';
COMMENT ON COLUMN bi.fact_attribution_total.touches IS 'Touches that led to the deal. Example: 14';

COMMENT ON VIEW bi.lead_current IS 'Where every lead stands now: buying stage, lifecycle, score, grade, activity. One row a lead of dim_lead.';
COMMENT ON COLUMN bi.lead_current.buying_stage IS 'Where the buyer is in THEIR process; NULL: entered none yet. Example: evaluation';
COMMENT ON COLUMN bi.lead_current.buying_stage_since IS 'Since when, UTC. Example: 2026-03-02 09:30:00+00';
COMMENT ON COLUMN bi.lead_current.lifecycle IS 'Where the lead is in OUR process: raw (still anonymous, or has earned no points), engaged (known, and has earned points), opportunity (contact of an open deal), customer (contact of a won one). Example: engaged';
COMMENT ON COLUMN bi.lead_current.score IS 'Behaviour score, decayed to this moment. Example: 38.27';
COMMENT ON COLUMN bi.lead_current.score_at_last_change IS 'Score right after score_changed_at, before it decayed. Example: 41.5';
COMMENT ON COLUMN bi.lead_current.score_changed_at IS 'When it last earned or lost points, UTC; NULL: never. Example: 2026-06-01 12:00:00+00';
COMMENT ON COLUMN bi.lead_current.touchpoints IS 'Touchpoints of the lead, bots included. Example: 17';

COMMENT ON VIEW bi.freshness IS 'How current the views are: one row a read model. While `status` is not "running" a read model is being made anew or stands still, and its rows are incomplete.';
COMMENT ON COLUMN bi.freshness.read_model IS 'journey (leads, touchpoints, stages, scores), opportunities or attribution (credits). Example: journey';
COMMENT ON COLUMN bi.freshness.log_position IS 'Everything up to this position of the event log is in its rows. Example: 60977';
COMMENT ON COLUMN bi.freshness.status IS 'running, rebuilding or failed. Example: running';
COMMENT ON COLUMN bi.freshness.updated_at IS 'When it last moved on, UTC. Example: 2026-07-01 06:00:00+00';

-- A history view says of a column what the view of current rows says.
DO $$
DECLARE
  word record;
BEGIN
  FOR word IN
    SELECT h.relname AS view, a.attname AS col, col_description(c.oid, ca.attnum) AS meaning
      FROM pg_class h
      JOIN pg_class c ON c.relnamespace = h.relnamespace AND c.relname || '_history' = h.relname
      JOIN pg_attribute a ON a.attrelid = h.oid AND a.attnum > 0
      JOIN pg_attribute ca ON ca.attrelid = c.oid AND ca.attname = a.attname
     WHERE h.relnamespace = 'bi'::regnamespace AND col_description(h.oid, a.attnum) IS NULL
  LOOP
    EXECUTE format('COMMENT ON COLUMN bi.%I.%I IS %L', word.view, word.col, word.meaning);
  END LOOP;
END
$$;

-- The data dictionary of schema bi; `npm run docs` generates docs/read-models.md from it. A comment states the meaning and the
-- unit and ends in "Example: …". Columns that have the same meaning in every view are described once, in the first block.

DO $$
DECLARE
  word record;
BEGIN
  FOR word IN
    SELECT c.relname AS view, a.attname AS col, d.meaning
      FROM (VALUES
        ('workspace', 'The workspace (tenant). A BI role sees only its own. Example: main'),
        ('lead_key', 'The person: joins dim_lead and lead_current; the leadId of the query API. Example: 5f0c2d1e-93b7-8a41-a6d0-7c19e2b4f801'),
        ('account_key', 'Joins dim_account; `<workspace>#none` without an account. Example: main/acme.example'),
        ('content_key', 'Joins dim_content; `<workspace>#none` without content. Example: main/wp-tco-guide'),
        ('campaign_key', 'Joins dim_campaign; `<workspace>#none` without a campaign. Example: main/spring-launch'),
        ('source_key', 'Joins dim_source; `<workspace>#none` without a source. Example: main/newsletter'),
        ('opportunity_key', 'Joins fact_opportunity. Example: main/opp-1042'),
        ('touchpoint_key', 'The touchpoint: joins fact_touchpoint; the eventId of the query API. Example: 019ca8c0-5a10-8f3e-9d21-0b6f4c7a1e55'),
        ('opportunity_id', 'Id of the opportunity in the CRM. Example: opp-1042'),
        ('account_id', 'Id of the company as sent by the CRM or the collector, else its e-mail domain; NULL if there is none. Example: acme.example'),
        ('occurred_at', 'When it happened, UTC, corrected for clock skew of the client. Example: 2026-03-02 09:30:00+00'),
        ('occurred_date', 'The day it happened, in the workspace''s time zone: joins dim_date.date. Example: 2026-03-02'),
        ('persona', 'Id of the buyer persona that the journey model derives from the lead''s traits; NULL if none matches. Example: economic_buyer'),
        ('grade', 'Fit of the lead''s traits, A (best) to F; NULL if the lead has no traits. Example: B'),
        ('channel', 'Marketing channel of the default channel group; a touchpoint without an origin of its own takes that of its visit. Example: paid_search'),
        ('source', 'Where the buyer came from; never the collector. Example: google'),
        ('campaign', 'Campaign name as tagged (utm_campaign). Example: spring-launch'),
        ('content_id', 'Id of the content: as sent by the collector, else of the catalogue entry whose URL pattern matches, else the URL; NULL without content. Example: wp-tco-guide'),
        ('content_title', 'Title of the content. Example: The TCO guide for plant managers'),
        ('content_type', 'Type of the content, as defined by the workspace. Example: white_paper'),
        ('content_stage', 'Buying stage the journey model maps the content to; NULL if it maps it to none. Example: evaluation'),
        ('currency', 'ISO 4217 code of the amounts beside it; never add up amounts of different currencies. Example: USD'),
        ('email', 'E-mail address, lower case; NULL if unknown. Example: ada@acme.example'),
        ('lead_name', 'Name of the person. Example: Ada Brown'),
        ('job_title', 'Job title. Example: VP Operations'),
        ('is_known', 'True if the person is identified (by e-mail address, user id or CRM id), false for an anonymous visitor. Example: true'),
        ('first_touch_at', 'Earliest touchpoint, UTC; NULL if there is none. Example: 2026-01-12 08:11:43+00'),
        ('last_touch_at', 'Latest touchpoint, UTC; NULL if there is none. Example: 2026-06-03 15:20:09+00'),
        ('main_channel', 'Channel of most of the touchpoints that named it themselves; NULL without touchpoints. Example: email'),
        ('rule', 'Name of the rule of the journey model that caused it. Example: pricing page seen'),
        ('amount_minor', 'Amount in minor units of `currency`, exact. Example: 12000000'),
        ('amount', 'Amount in major units of `currency`. Example: 120000.00'),
        ('model', 'Attribution model, one of docs/attribution.md. Example: linear'),
        ('metric', 'revenue (of a won opportunity, counted at its close) or pipeline (of any opportunity, counted at its opening). Example: revenue'),
        ('revenue_minor', 'Revenue in minor units of `currency`, exact; NULL in pipeline rows, and if no exchange rate is published. Example: 3000000'),
        ('revenue', 'Revenue in major units of `currency`; NULL in pipeline rows, and if no exchange rate is published. Example: 30000.00'),
        ('pipeline_minor', 'Pipeline in minor units of `currency`, exact; NULL in revenue rows, and if no exchange rate is published. Example: 3000000'),
        ('pipeline', 'Pipeline in major units of `currency`; NULL in revenue rows, and if no exchange rate is published. Example: 30000.00'),
        ('opportunity_minor', 'The same in the opportunity''s own currency, in minor units. Example: 3000000'),
        ('opportunity_amount', 'The same in the opportunity''s own currency, in major units. Example: 30000.00'),
        ('opportunity_currency', 'ISO 4217 code of the opportunity''s own currency. Example: USD'),
        ('credited_at', 'Reference time, UTC: when the opportunity was closed (revenue) or opened (pipeline). Example: 2026-05-20 15:00:00+00'),
        ('credited_date', 'The same day in the workspace''s time zone: joins dim_date.date. Example: 2026-05-20'),
        ('known_from', 'Log position from which the row is valid: the `asOf` of the query API. Example: 51240'),
        ('superseded_at', 'Log position at which the row was superseded; NULL if it is current. As of position p: known_from <= p and (superseded_at is null or superseded_at > p). Example: 60977'),
        ('is_current', 'True if the row is current. Without `where is_current` a history view counts facts more than once. Example: true')
      ) AS d (col, meaning)
      JOIN pg_class c ON c.relnamespace = 'bi'::regnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = d.col
  LOOP
    EXECUTE format('COMMENT ON COLUMN bi.%I.%I IS %L', word.view, word.col, word.meaning);
  END LOOP;
END
$$;

COMMENT ON VIEW bi.dim_date IS 'The calendar: one row per day, 1989-01-01 to 2049-12-31, extended if opportunities or investments lie outside. Weeks are ISO weeks, from Monday.';
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

COMMENT ON VIEW bi.dim_lead IS 'One row per person, known or still anonymous, after identity resolution, as known now. For stage, score and lifecycle use lead_current.';
COMMENT ON COLUMN bi.dim_lead.user_id IS 'User id of the person in your own product; NULL if unknown. Example: u-8812';
COMMENT ON COLUMN bi.dim_lead.known_at IS 'When the person was first identified, UTC; NULL for an anonymous visitor. Example: 2026-02-11 10:02:30+00';
COMMENT ON COLUMN bi.dim_lead.traits IS 'All traits of the person as JSON, the latest value of each. Example: {"title": "VP Operations", "country": "DE"}';
COMMENT ON COLUMN bi.dim_lead.aliases IS 'Former lead ids that were merged into this lead. Example: {8d1f0a77-4c02-8b1e-a9f3-1d20c5e6b744}';

COMMENT ON VIEW bi.dim_account IS 'One row per company: described by a collector or the CRM, or known only by an e-mail domain or by its opportunities; and one row for no account: account_id NULL, account_key `<workspace>#none`.';
COMMENT ON COLUMN bi.dim_account.account_name IS 'Name of the company, else its id. Example: Acme Industries';
COMMENT ON COLUMN bi.dim_account.domain IS 'E-mail domain of the company; NULL if unknown. Example: acme.example';
COMMENT ON COLUMN bi.dim_account.industry IS 'Industry as described; NULL if unknown. Example: Manufacturing';
COMMENT ON COLUMN bi.dim_account.employees IS 'Number of employees as described; NULL if unknown. Example: 1200';
COMMENT ON COLUMN bi.dim_account.country IS 'Country as described; NULL if unknown. Example: US';
COMMENT ON COLUMN bi.dim_account.traits IS 'All traits of the company as JSON, the latest value of each. Example: {"industry": "Manufacturing", "employees": 1200}';
COMMENT ON COLUMN bi.dim_account.is_described IS 'True if the company was described (Segment `group`, CRM), false if only its id is known. Example: true';
COMMENT ON COLUMN bi.dim_account.first_seen_at IS 'First description, UTC; NULL without one. Example: 2026-01-12 08:11:43+00';

COMMENT ON VIEW bi.dim_content IS 'One row per content (page, white paper, webinar …): all content with touchpoints, those catalogued (`POST /api/contents`, or in the journey model) or invested in without touchpoints, and one row for no content: content_id NULL, content_key `<workspace>#none`.';
COMMENT ON COLUMN bi.dim_content.content_url IS 'URL of its latest touchpoint, else as catalogued; NULL if there is none. Example: https://www.acme.example/guides/tco';
COMMENT ON COLUMN bi.dim_content.author IS 'Author according to the catalogue; NULL if unknown. Example: J. Meyer';
COMMENT ON COLUMN bi.dim_content.publisher IS 'Publisher according to the catalogue; NULL if unknown. Example: Analysts Ltd';
COMMENT ON COLUMN bi.dim_content.publisher_kind IS 'Whose the publisher is: ours, analyst, media or independent_expert; NULL if it was not catalogued by `POST /api/contents`. Example: analyst';
COMMENT ON COLUMN bi.dim_content.is_catalogued IS 'True if it was catalogued by `POST /api/contents` or is in the catalogue of the journey model. Example: true';

COMMENT ON VIEW bi.dim_campaign IS 'One row per campaign that touchpoints were tagged with, that was defined (`POST /api/campaigns`) or invested in, and one row for no campaign: campaign_id NULL, campaign_key `<workspace>#none`.';
COMMENT ON COLUMN bi.dim_campaign.campaign_id IS 'The campaign tag; NULL in the row for no campaign. Example: spring-launch';
COMMENT ON COLUMN bi.dim_campaign.campaign_name IS 'Name as defined, else the tag. Example: Spring launch';
COMMENT ON COLUMN bi.dim_campaign.defined_source IS 'Source that investments in the campaign count for; NULL if it names none. Example: newsletter';
COMMENT ON COLUMN bi.dim_campaign.defined_channel IS 'Channel that investments in the campaign count for; NULL if it names none. Example: email';
COMMENT ON COLUMN bi.dim_campaign.is_defined IS 'True if it was defined by `POST /api/campaigns`. Example: true';
COMMENT ON COLUMN bi.dim_campaign.main_source IS 'Source of most of the touchpoints that named it themselves in the main channel. Example: newsletter';
COMMENT ON COLUMN bi.dim_campaign.last_touch_at IS 'Latest touchpoint that was tagged with it, UTC; those that took it from their visit are in fact_touchpoint. NULL if there is none. Example: 2026-06-03 15:20:09+00';

COMMENT ON VIEW bi.dim_source IS 'One row per lead source, of touchpoints, of opportunities and of investments, and one row for no source: source_id NULL, source_key `<workspace>#none`.';
COMMENT ON COLUMN bi.dim_source.source_id IS 'The source; NULL in the row for no source. Example: newsletter';
COMMENT ON COLUMN bi.dim_source.source_name IS 'Display name. Example: newsletter';
COMMENT ON COLUMN bi.dim_source.last_touch_at IS 'Latest touchpoint that named it itself, UTC; those that took it from their visit are in fact_touchpoint. NULL if there is none. Example: 2026-06-03 15:20:09+00';

COMMENT ON VIEW bi.dim_journey_model IS 'One row per published version of the journey model, with the range of log positions in which it was in force.';
COMMENT ON COLUMN bi.dim_journey_model.model_version IS 'The modelVersion of the query API: 1, 2, 3 … Example: 3';
COMMENT ON COLUMN bi.dim_journey_model.model_name IS 'Name of the model. Example: B2B default';
COMMENT ON COLUMN bi.dim_journey_model.time_zone IS 'Time zone (IANA) of the …_date columns and of reports. Example: Europe/Berlin';
COMMENT ON COLUMN bi.dim_journey_model.currency IS 'ISO 4217 code of the currency of reports. Example: USD';
COMMENT ON COLUMN bi.dim_journey_model.half_life_days IS 'Half-life of score points, in days. Example: 30';
COMMENT ON COLUMN bi.dim_journey_model.published_at IS 'When it was published, UTC. Example: 2026-01-05 09:00:00+00';

COMMENT ON VIEW bi.fact_touchpoint IS 'One row per touchpoint: one thing a buyer did or received, with the lead it belongs to as known now. Bots and superseded versions of activities are included: filter by is_human.';
COMMENT ON VIEW bi.fact_touchpoint_history IS 'Every version of fact_touchpoint, including the leads that a touchpoint belonged to before. Use it for the dimensions of a touchpoint as of a log position. Channel, source, medium and campaign are the touchpoint''s own: what it takes from its visit may change without a new version, so it is in fact_touchpoint and, as of a position, in the journey of the query API.';
COMMENT ON COLUMN bi.fact_touchpoint_history.channel IS 'Marketing channel of the touchpoint itself, of the default channel group. Example: paid_search';
COMMENT ON COLUMN bi.fact_touchpoint_history.source IS 'Source that the touchpoint itself named. Example: google';
COMMENT ON COLUMN bi.fact_touchpoint_history.medium IS 'Medium that the touchpoint itself was tagged with (utm_medium). Example: cpc';
COMMENT ON COLUMN bi.fact_touchpoint_history.campaign IS 'Campaign that the touchpoint itself was tagged with (utm_campaign). Example: spring-launch';
COMMENT ON COLUMN bi.fact_touchpoint.recorded_at IS 'When Touchline received it, UTC; later than occurred_at for late events. Example: 2026-03-02 09:30:01+00';
COMMENT ON COLUMN bi.fact_touchpoint.occurred_at_replaced_because IS 'Why the client''s time was rejected and occurred_at is the time of receipt: future, absurd (not a valid time, or too long ago), ambiguous (a date with several readings) or backdated (older than a public write key may send); NULL if it was accepted. Example: future';
COMMENT ON COLUMN bi.fact_touchpoint.occurred_at_original IS 'The time as the client sent it, if it was replaced; else NULL. Example: 2036-03-02T09:30:00Z';
COMMENT ON COLUMN bi.fact_touchpoint.properties IS 'Properties as sent by the client, as JSON; NULL if there are none. Example: {"plan": "pro", "seats": 25}';
COMMENT ON COLUMN bi.fact_touchpoint.touchpoint_kind IS 'Kind of the touchpoint; the kinds are listed in the glossary. Example: content_download';
COMMENT ON COLUMN bi.fact_touchpoint.touchpoint_name IS 'Name of the event as sent by the client; NULL if there is none. Example: ROI Calculator Used';
COMMENT ON COLUMN bi.fact_touchpoint.medium IS 'Medium as tagged (utm_medium). Example: cpc';
COMMENT ON COLUMN bi.fact_touchpoint.content_url IS 'URL of the content as visited; NULL if there is none. Example: https://www.acme.example/guides/tco';
COMMENT ON COLUMN bi.fact_touchpoint.verdict IS 'Who is assumed to have acted: human, machine_open, link_scanner, crawler, internal, unknown; or superseded: a later version of the same call, meeting or mail is known. Example: human';
COMMENT ON COLUMN bi.fact_touchpoint.verdict_reasons IS 'Why it is taken for a machine''s or superseded, as codes; empty if nothing speaks for it. Example: {links-at-once}';
COMMENT ON COLUMN bi.fact_touchpoint.verdict_recorded IS 'Verdict by the event''s own signals; verdict differs from it where other events of the same mail or activity, or a rule, say otherwise. Example: human';
COMMENT ON COLUMN bi.fact_touchpoint.is_human IS 'True if it counts in scores and attribution (verdict human or unknown). Example: true';
COMMENT ON COLUMN bi.fact_touchpoint.session_key IS 'The visit it belongs to: touchpoint_key of the visit''s first touchpoint; a pause longer than the journey model''s sessionIdleMinutes (30) ends a visit. Example: 019ca8c0-5a10-8f3e-9d21-0b6f4c7a1e55';
COMMENT ON COLUMN bi.fact_touchpoint.starts_session IS 'True for the first touchpoint of a visit: count these to count visits. Touchpoints of machines and those that a person only receives (sent mail, ad impressions) begin no visit. Example: true';
COMMENT ON COLUMN bi.fact_touchpoint.buying_stage_after IS 'Buying stage of the lead right after it; NULL if it has entered none. Example: evaluation';
COMMENT ON COLUMN bi.fact_touchpoint.rep IS 'Salesperson involved. Example: rep-7';
COMMENT ON COLUMN bi.fact_touchpoint.collector IS 'Collector that received it. Example: web';
COMMENT ON COLUMN bi.fact_touchpoint.identity_keys IS 'Identity keys in the touchpoint. Example: {email:ada@acme.example,anonymous:a-1}';
COMMENT ON COLUMN bi.fact_touchpoint.linked_by_event_id IS 'The event whose identity claim assigned an anonymous touchpoint to this lead; NULL if its own keys name the lead. Example: 019ca8c1-77aa-8c10-b3d4-52f1e09a6b3c';
COMMENT ON COLUMN bi.fact_touchpoint.log_position IS 'Its position in the event log. Example: 51240';

COMMENT ON VIEW bi.fact_stage_transition IS 'One row per move of a lead between stages of the BUYER''s process, with its cause, as known now; skipped stages are not filled in.';
COMMENT ON VIEW bi.fact_stage_transition_history IS 'Every version of fact_stage_transition, including moves that were superseded by late events, merges or a new journey model.';
COMMENT ON COLUMN bi.fact_stage_transition.touchpoint_key IS 'The touchpoint that caused it: joins fact_touchpoint. Example: 019ca8c0-5a10-8f3e-9d21-0b6f4c7a1e55';
COMMENT ON COLUMN bi.fact_stage_transition.from_stage IS 'Stage it left; NULL if it had entered none. Example: awareness';
COMMENT ON COLUMN bi.fact_stage_transition.to_stage IS 'Stage it entered. Example: evaluation';

COMMENT ON VIEW bi.fact_score_change IS 'The score ledger: one row per touchpoint that added or deducted points, as known now.';
COMMENT ON VIEW bi.fact_score_change_history IS 'Every version of fact_score_change. It has no score_after, which adds up rows that are valid at one position: as of position p it is the sum of points × 0.5^(age / half-life) over the rows of the lead that are valid at p.';
COMMENT ON COLUMN bi.fact_score_change.points IS 'Points before decay; may be negative. Example: 10';
COMMENT ON COLUMN bi.fact_score_change.score_after IS 'Score of the lead right after it, which decays from there: the decayed sum of its ledger up to this row, as known now. Filter by lead_key if you need it for few leads only. Example: 41.5';

COMMENT ON VIEW bi.fact_opportunity IS 'One row per opportunity, as known now.';
COMMENT ON VIEW bi.fact_opportunity_history IS 'Every version of an opportunity: one row per change of stage, amount, owner, status and so on.';
COMMENT ON COLUMN bi.fact_opportunity.opportunity_name IS 'Name of the opportunity. Example: Acme 2026 rollout';
COMMENT ON COLUMN bi.fact_opportunity.status IS 'open, won or lost. Example: won';
COMMENT ON COLUMN bi.fact_opportunity.is_open IS 'Status is open. Example: false';
COMMENT ON COLUMN bi.fact_opportunity.is_won IS 'Status is won. Example: true';
COMMENT ON COLUMN bi.fact_opportunity.is_lost IS 'Status is lost. Example: false';
COMMENT ON COLUMN bi.fact_opportunity.sales_stage IS 'Stage of the SELLER''s process, as named by the CRM. Example: proposal';
COMMENT ON COLUMN bi.fact_opportunity.owner IS 'Salesperson who owns the opportunity. Example: rep-7';
COMMENT ON COLUMN bi.fact_opportunity.source IS 'Lead source of the opportunity in the CRM; the sources of its touchpoints are in fact_attribution_credit. Example: webinar';
COMMENT ON COLUMN bi.fact_opportunity.reason IS 'Reason of the last loss or reopening. Example: price';
COMMENT ON COLUMN bi.fact_opportunity.opened_at IS 'When the opportunity was opened, UTC: the reference time of pipeline. Example: 2026-02-01 09:00:00+00';
COMMENT ON COLUMN bi.fact_opportunity.opened_date IS 'The same day in the workspace''s time zone: joins dim_date.date. Example: 2026-02-01';
COMMENT ON COLUMN bi.fact_opportunity.closed_at IS 'When it was won or lost, UTC: the reference time of revenue; NULL while open. Example: 2026-05-20 15:00:00+00';
COMMENT ON COLUMN bi.fact_opportunity.closed_date IS 'The same day in the workspace''s time zone: joins dim_date.date. Example: 2026-05-20';
COMMENT ON COLUMN bi.fact_opportunity.days_to_close IS 'Days from opened to closed; NULL while open. Example: 108.25';
COMMENT ON COLUMN bi.fact_opportunity.contacts IS 'Number of people on its buying committee now. Example: 4';
COMMENT ON COLUMN bi.fact_opportunity.changed_at IS 'When it last changed, UTC. Example: 2026-05-20 15:00:00+00';
COMMENT ON COLUMN bi.fact_opportunity_history.version IS 'Version number within the opportunity. Example: 3';

COMMENT ON VIEW bi.fact_opportunity_stage IS 'One row each time an opportunity entered a sales stage or changed its status, with the time it stayed.';
COMMENT ON COLUMN bi.fact_opportunity_stage.from_stage IS 'Sales stage it left; NULL for the opening. Example: discovery';
COMMENT ON COLUMN bi.fact_opportunity_stage.to_stage IS 'Sales stage it entered; NULL if none was named. Example: proposal';
COMMENT ON COLUMN bi.fact_opportunity_stage.from_status IS 'Status before; NULL for the opening. Example: open';
COMMENT ON COLUMN bi.fact_opportunity_stage.to_status IS 'Status after. Example: won';
COMMENT ON COLUMN bi.fact_opportunity_stage.entered_at IS 'When it entered, UTC. Example: 2026-03-15 11:00:00+00';
COMMENT ON COLUMN bi.fact_opportunity_stage.entered_date IS 'The same day in the workspace''s time zone: joins dim_date.date. Example: 2026-03-15';
COMMENT ON COLUMN bi.fact_opportunity_stage.left_at IS 'When it left, UTC; NULL if it is still there. Example: 2026-05-20 15:00:00+00';
COMMENT ON COLUMN bi.fact_opportunity_stage.days_in_stage IS 'Days it stayed; NULL if it is still there. Example: 66.17';
COMMENT ON COLUMN bi.fact_opportunity_stage.version IS 'Number of the entry within the opportunity, in chronological order. Example: 3';

COMMENT ON VIEW bi.bridge_opportunity_contact IS 'The buying committees of opportunities as known now: one row per person and opportunity.';
COMMENT ON COLUMN bi.bridge_opportunity_contact.role IS 'Role in the committee, as named by the CRM. Example: decision_maker';
COMMENT ON COLUMN bi.bridge_opportunity_contact.assigned_at IS 'When the role was assigned, UTC. Example: 2026-02-03 10:00:00+00';

COMMENT ON VIEW bi.fact_attribution_credit IS 'The share of an opportunity that a model credits to a touchpoint, as known now. ALWAYS name one model (where model = ''linear'') or group by it: every model distributes the whole amount. Revenue and pipeline are separate columns, so that they are not added up by mistake.';
COMMENT ON VIEW bi.fact_attribution_credit_history IS 'Versions of fact_attribution_credit: use it for the credits of a report as of a log position. Of late touchpoints that arrive together there is one version, after the last of them; until then the version before is shown. The query API (asOf) answers for every position exactly.';
COMMENT ON COLUMN bi.fact_attribution_credit.account_key IS 'Account of the opportunity: joins dim_account. Example: main/acme.example';
COMMENT ON COLUMN bi.fact_attribution_credit.currency IS 'ISO 4217 code of the workspace''s reporting currency. Amounts in other currencies are converted at the last rate published on or before the reference date. Example: USD';
COMMENT ON COLUMN bi.fact_attribution_credit.touch_number IS 'Number of the touch within the opportunity; 1 is the earliest. Example: 3';
COMMENT ON COLUMN bi.fact_attribution_credit.milestone IS 'Milestones of the touchpoint, joined by "+": first, lead_created, opportunity_created, close; NULL if there are none. Example: first+lead_created';
COMMENT ON COLUMN bi.fact_attribution_credit.weight IS 'Its share, greater than 0 and at most 1; the shares of one opportunity, model and metric add up to 1. Example: 0.25';
COMMENT ON COLUMN bi.fact_attribution_credit.touched_at IS 'When the touchpoint happened, UTC. Example: 2026-03-02 09:30:00+00';

COMMENT ON VIEW bi.fact_attribution_total IS 'The amounts to attribute: one row per opportunity and metric, including opportunities without touches (is_attributed false). Corresponds to total = attributed + unattributed in the query API. It does not depend on the model, so its amounts can be added up.';
COMMENT ON VIEW bi.fact_attribution_total_history IS 'Versions of fact_attribution_total. Of late touchpoints that arrive together there is one version, after the last of them; until then the version before is shown.';
COMMENT ON COLUMN bi.fact_attribution_total.account_key IS 'Account of the opportunity: joins dim_account. Example: main/acme.example';
COMMENT ON COLUMN bi.fact_attribution_total.currency IS 'ISO 4217 code of the workspace''s reporting currency. Amounts in other currencies are converted at the last rate published on or before the reference date. Example: USD';
COMMENT ON COLUMN bi.fact_attribution_total.is_attributed IS 'True if the opportunity has touches; otherwise its whole amount is unattributed under every model. Example: true';
COMMENT ON COLUMN bi.fact_attribution_total.touches_of IS 'Whose touchpoints were considered: contacts (the buying committee) or account (all leads of the account, if the CRM names no contact). Example: contacts';
COMMENT ON COLUMN bi.fact_attribution_total.touches IS 'Number of touches of the opportunity. Example: 14';

COMMENT ON VIEW bi.fact_investment IS 'One row per investment and day of its period: what was spent on a source, campaign, channel or content. An amount is spread evenly over its days, to the last minor unit. Divide the pipeline of fact_attribution_total or fact_attribution_credit by it for pipeline per dollar.';
COMMENT ON VIEW bi.fact_investment_history IS 'Every version of fact_investment, including what was corrected since. Rates and what campaigns name are those of now.';
COMMENT ON COLUMN bi.fact_investment.investment_key IS 'The investment, over all its days. Example: main/fair-2026';
COMMENT ON COLUMN bi.fact_investment.source_key IS 'Joins dim_source: the source it is for, or that its campaign names; `<workspace>#none` without one. Example: main/newsletter';
COMMENT ON COLUMN bi.fact_investment.investment_id IS 'Id of the investment. Example: fair-2026';
COMMENT ON COLUMN bi.fact_investment.invested_date IS 'A day of its period, in the workspace''s time zone: joins dim_date.date. Example: 2026-03-02';
COMMENT ON COLUMN bi.fact_investment.day_number IS 'Number of that day in the period: 1 is the first. Example: 2';
COMMENT ON COLUMN bi.fact_investment.invested_in IS 'What it is for: source, campaign, channel or content. Example: campaign';
COMMENT ON COLUMN bi.fact_investment.channel IS 'Channel it is for, or that its campaign names; NULL if neither. Example: email';
COMMENT ON COLUMN bi.fact_investment.invested_minor IS 'What lies on the day, in minor units of `currency`, exact; negative for a credit note; NULL if no exchange rate is published. Example: 100000';
COMMENT ON COLUMN bi.fact_investment.invested IS 'The same in major units. Example: 1000.00';
COMMENT ON COLUMN bi.fact_investment.original_minor IS 'The same in the investment''s own currency, in minor units. Example: 100000';
COMMENT ON COLUMN bi.fact_investment.original IS 'The same in the investment''s own currency, in major units. Example: 1000.00';
COMMENT ON COLUMN bi.fact_investment.original_currency IS 'ISO 4217 code of the investment''s own currency. Example: USD';
COMMENT ON COLUMN bi.fact_investment.period_from IS 'First day of its period. Example: 2026-03-01';
COMMENT ON COLUMN bi.fact_investment.period_to IS 'Day after the last one. Example: 2026-04-01';
COMMENT ON COLUMN bi.fact_investment.period_amount IS 'Amount of the whole period in its own currency; the sum of `original` over its days. Example: 31000.00';
COMMENT ON COLUMN bi.fact_investment.note IS 'Note; NULL if there is none. Example: Booth and travel';
COMMENT ON COLUMN bi.fact_investment_history.investment_key IS 'The investment, over all its days. Example: main/fair-2026';
COMMENT ON COLUMN bi.fact_investment_history.source_key IS 'Joins dim_source: the source it is for, or that its campaign names; `<workspace>#none` without one. Example: main/newsletter';
COMMENT ON COLUMN bi.fact_investment_history.investment_id IS 'Id of the investment. Example: fair-2026';
COMMENT ON COLUMN bi.fact_investment_history.invested_date IS 'A day of its period, in the workspace''s time zone: joins dim_date.date. Example: 2026-03-02';
COMMENT ON COLUMN bi.fact_investment_history.day_number IS 'Number of that day in the period: 1 is the first. Example: 2';
COMMENT ON COLUMN bi.fact_investment_history.invested_in IS 'What it is for: source, campaign, channel or content. Example: campaign';
COMMENT ON COLUMN bi.fact_investment_history.channel IS 'Channel it is for, or that its campaign names; NULL if neither. Example: email';
COMMENT ON COLUMN bi.fact_investment_history.invested_minor IS 'What lies on the day, in minor units of `currency`, exact; negative for a credit note; NULL if no exchange rate is published. Example: 100000';
COMMENT ON COLUMN bi.fact_investment_history.invested IS 'The same in major units. Example: 1000.00';
COMMENT ON COLUMN bi.fact_investment_history.original_minor IS 'The same in the investment''s own currency, in minor units. Example: 100000';
COMMENT ON COLUMN bi.fact_investment_history.original IS 'The same in the investment''s own currency, in major units. Example: 1000.00';
COMMENT ON COLUMN bi.fact_investment_history.original_currency IS 'ISO 4217 code of the investment''s own currency. Example: USD';
COMMENT ON COLUMN bi.fact_investment_history.period_from IS 'First day of its period. Example: 2026-03-01';
COMMENT ON COLUMN bi.fact_investment_history.period_to IS 'Day after the last one. Example: 2026-04-01';
COMMENT ON COLUMN bi.fact_investment_history.period_amount IS 'Amount of the whole period in its own currency; the sum of `original` over its days. Example: 31000.00';
COMMENT ON COLUMN bi.fact_investment_history.note IS 'Note; NULL if there is none. Example: Booth and travel';

COMMENT ON VIEW bi.fact_lifecycle_event IS 'One row per decision on a lead: qualified, handed off, accepted, recycled, disqualified. Decisions stand; of merged leads lead_key is the one that is left.';
COMMENT ON COLUMN bi.fact_lifecycle_event.decision_key IS 'The event of the decision. Example: 019ca8c0-5a10-8f3e-9d21-0b6f4c7a1e55';
COMMENT ON COLUMN bi.fact_lifecycle_event.decision IS 'qualified, handed_off, accepted, recycled or disqualified. Example: qualified';
COMMENT ON COLUMN bi.fact_lifecycle_event.cycle IS 'Counts from 1: a recycled lead that qualifies again begins the next one; 0: disqualified before it ever qualified. Example: 1';
COMMENT ON COLUMN bi.fact_lifecycle_event.model_version IS 'Version of the journey model that decided; NULL where a person did. Example: 3';
COMMENT ON COLUMN bi.fact_lifecycle_event.persona IS 'Persona when it qualified; NULL for other decisions, or without one. Example: economic_buyer';
COMMENT ON COLUMN bi.fact_lifecycle_event.buying_stage IS 'Buying stage when it qualified. Example: justify';
COMMENT ON COLUMN bi.fact_lifecycle_event.score IS 'Score when it qualified. Example: 41.5';
COMMENT ON COLUMN bi.fact_lifecycle_event.grade IS 'Grade when it qualified. Example: B';
COMMENT ON COLUMN bi.fact_lifecycle_event.reasons IS 'Why it qualified, in plain words. Example: score 41.5 of 40; grade B (C or better)';
COMMENT ON COLUMN bi.fact_lifecycle_event.recipient IS 'Who it was handed off to. Example: rep-7';
COMMENT ON COLUMN bi.fact_lifecycle_event.recipient_kind IS 'rep, partner or distributor. Example: rep';
COMMENT ON COLUMN bi.fact_lifecycle_event.routing_rule IS 'Routing rule that chose the recipient. Example: price readers in Iberia';
COMMENT ON COLUMN bi.fact_lifecycle_event.due_by IS 'By when the recipient must act, UTC. Example: 2026-03-03 17:00:00+00';
COMMENT ON COLUMN bi.fact_lifecycle_event.decided_by IS 'Who accepted, assigned, recycled or disqualified it; NULL: Touchline. Example: rep-7';
COMMENT ON COLUMN bi.fact_lifecycle_event.reason IS 'Why it was recycled or disqualified. Example: no budget';
COMMENT ON COLUMN bi.fact_lifecycle_event.wake_at IS 'When a recycled lead wakes up, UTC. Example: 2027-01-10 08:00:00+00';

COMMENT ON VIEW bi.lead_current IS 'The current buying stage, lifecycle, score, grade and activity of every lead. One row per lead of dim_lead.';
COMMENT ON COLUMN bi.lead_current.buying_stage IS 'Where the buyer is in THEIR process; NULL if the lead has entered none. Example: evaluation';
COMMENT ON COLUMN bi.lead_current.buying_stage_since IS 'When the lead entered it, UTC. Example: 2026-03-02 09:30:00+00';
COMMENT ON COLUMN bi.lead_current.lifecycle IS 'Where the lead is in OUR process, the first that holds: customer (contact of a won opportunity), opportunity (contact of an open one), opted_out (wants no mail), disqualified, accepted, handed_off, qualified or recycled (what was decided last), engaged (known, and has earned points), raw. Example: engaged';
COMMENT ON COLUMN bi.lead_current.last_decision IS 'What was decided of the lead last, whatever its lifecycle: qualified, handed_off, accepted, recycled or disqualified; NULL: nothing yet. Example: handed_off';
COMMENT ON COLUMN bi.lead_current.cycle IS 'How often it has qualified, up to that decision; NULL: nothing was decided. Example: 1';
COMMENT ON COLUMN bi.lead_current.last_decision_at IS 'When that was decided, UTC. Example: 2026-03-02 09:30:00+00';
COMMENT ON COLUMN bi.lead_current.recipient IS 'Who has the lead while it is handed off or accepted: a salesperson, partner or distributor. Example: rep-7';
COMMENT ON COLUMN bi.lead_current.due_by IS 'By when the recipient must act, UTC. Example: 2026-03-03 17:00:00+00';
COMMENT ON COLUMN bi.lead_current.score IS 'Behaviour score now, after decay. Example: 38.27';
COMMENT ON COLUMN bi.lead_current.score_at_last_change IS 'Score right after score_changed_at, before decay. Example: 41.5';
COMMENT ON COLUMN bi.lead_current.score_changed_at IS 'When points were last added or deducted, UTC; NULL if never. Example: 2026-06-01 12:00:00+00';
COMMENT ON COLUMN bi.lead_current.touchpoints IS 'Number of touchpoints of the lead, including bots, without superseded versions of activities. Example: 17';

COMMENT ON VIEW bi.freshness IS 'How current the views are: one row per read model. While `status` is not "running" the read model is being rebuilt or has failed, and its rows are incomplete.';
COMMENT ON COLUMN bi.freshness.read_model IS 'journey (leads, touchpoints, stages, scores), lifecycle (decisions on leads), opportunities, attribution (credits) or catalogue. Example: journey';
COMMENT ON COLUMN bi.freshness.log_position IS 'Log position up to which events have been applied. Example: 60977';
COMMENT ON COLUMN bi.freshness.status IS 'running, rebuilding or failed. Example: running';
COMMENT ON COLUMN bi.freshness.updated_at IS 'When it last advanced, UTC. Example: 2026-07-01 06:00:00+00';

-- Columns of a history view take the comment of the same column in the view of current rows.
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

COMMENT ON VIEW bi.dim_segment IS 'One row per segment of the journey model, and per former one that a lead was in.';
COMMENT ON COLUMN bi.dim_segment.segment_key IS 'Key of the segment over all workspaces. Example: main#price_readers';
COMMENT ON COLUMN bi.dim_segment.segment_id IS 'Id in the journey model. Example: price_readers';
COMMENT ON COLUMN bi.dim_segment.segment_name IS 'Name in the journey model; of a former segment its id. Example: Read the prices';
COMMENT ON COLUMN bi.dim_segment.description IS 'What the journey model says of it. Example: Looked at prices twice in a month';
COMMENT ON COLUMN bi.dim_segment.is_current IS 'The journey model in effect has it. Example: true';

COMMENT ON VIEW bi.fact_segment_membership IS 'One row per stay of a lead in a segment; is_current: it is in the segment. Stays of a lead that was merged into another one stay with its former id.';
COMMENT ON COLUMN bi.fact_segment_membership.segment_key IS 'The segment: joins dim_segment. Example: main#price_readers';
COMMENT ON COLUMN bi.fact_segment_membership.entered_at IS 'When the lead entered, UTC: by an event, or when a score had decayed or a window of days had passed. Example: 2026-03-02 09:30:00+00';
COMMENT ON COLUMN bi.fact_segment_membership.entered_date IS 'Day of entered_at in the time zone of the workspace. Example: 2026-03-02';
COMMENT ON COLUMN bi.fact_segment_membership.left_at IS 'When it left; NULL: it is in the segment. Example: 2026-04-01 09:30:00+00';
COMMENT ON COLUMN bi.fact_segment_membership.left_date IS 'Day of left_at in the time zone of the workspace. Example: 2026-04-01';
COMMENT ON COLUMN bi.fact_segment_membership.is_current IS 'The lead is in the segment. Example: true';
COMMENT ON COLUMN bi.fact_segment_membership.model_version IS 'Version of the journey model by which it entered. Example: 3';

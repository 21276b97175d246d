-- Rows of one small workspace, {w}, as the projections would leave them: a journey model (days of Berlin, half-life 10
-- days); lead dan, from a list, who qualified and whom nobody received; lead ada, on the committee of won opportunity d-won and of open opportunity d-open; lead bob, who earned points; the anonymous
-- lead cy. Five touchpoints, one of them once believed to be somebody else's. Credits of models first and linear.

INSERT INTO touchline.workspace (slug, name) VALUES ('{w}', '{w}') ON CONFLICT DO NOTHING;

INSERT INTO touchline.journey_model (workspace, version, name, document, event_id, published_at, known_from) VALUES
  ('{w}', 1, 'test', '{"name": "test", "currency": "USD", "timeZone": "Europe/Berlin", "scoring": {"halfLifeDays": 10},
    "stages": [{"id": "explore", "name": "Explore"}, {"id": "choose", "name": "Choose"}],
    "personas": [{"id": "economic_buyer", "name": "Economic buyer"}, {"id": "cto", "name": "CTO", "stages": [{"id": "choose", "name": "Choose"}]}],
    "routing": {"recipients": [{"id": "rep-7", "name": "Eva", "kind": "rep", "capacity": 4}]},
    "contents": [{"id": "guide", "title": "The guide", "type": "guide", "stage": "explore", "author": "J. Meyer", "publisher": "ours"},
                 {"id": "unread", "title": "Nobody read it", "type": "report"},
                 {"id": "blog", "title": "Blog", "type": "article", "eachPage": true}]}',
   md5('{w}/model')::uuid, '2026-03-01T00:00Z', 1);

INSERT INTO touchline.account (workspace, account_id, name, domain, traits, first_seen_at, known_from) VALUES
  ('{w}', 'acme', 'Acme', 'acme.example', '{"industry": "Steel", "employees": 120}', '2026-03-01T00:00Z', 2);

INSERT INTO touchline.lead_profile
  (workspace, lead_id, known, email, name, title, account_id, persona, grade, traits, known_from, superseded_at) VALUES
  ('{w}', md5('{w}/ada')::uuid, true, 'ada@acme.example', 'Ada', NULL, 'acme', NULL, NULL, '{}', 2, 9),
  ('{w}', md5('{w}/ada')::uuid, true, 'ada@acme.example', 'Ada Brown', 'CFO', 'acme', 'economic_buyer', 'A', '{"title": "CFO"}', 9, NULL),
  ('{w}', md5('{w}/bob')::uuid, true, 'bob@beta.example', NULL, NULL, 'beta.example', NULL, NULL, '{}', 3, NULL),
  ('{w}', md5('{w}/cy')::uuid, false, NULL, NULL, NULL, NULL, NULL, NULL, '{}', 4, NULL),
  ('{w}', md5('{w}/dan')::uuid, true, 'dan@beta.example', NULL, NULL, 'beta.example', 'cto', 'B', '{}', 4, NULL);

INSERT INTO touchline.identity_key (workspace, key, own_lead_id, lead_id, known_from) VALUES
  ('{w}', 'email:ada@acme.example', md5('{w}/ada')::uuid, md5('{w}/ada')::uuid, 2),
  ('{w}', 'anonymous:a-1', md5('{w}/a-1')::uuid, md5('{w}/ada')::uuid, 9),
  ('{w}', 'email:bob@beta.example', md5('{w}/bob')::uuid, md5('{w}/bob')::uuid, 3),
  ('{w}', 'anonymous:c-1', md5('{w}/cy')::uuid, md5('{w}/cy')::uuid, 4),
  ('{w}', 'email:dan@beta.example', md5('{w}/dan')::uuid, md5('{w}/dan')::uuid, 4);

INSERT INTO touchline.lead
  (workspace, lead_id, known, score, score_at, stage, touchpoints, first_touch_at, last_touch_at, position, state) VALUES
  ('{w}', md5('{w}/ada')::uuid, true, 8, now() - interval '20 days', 'choose', 3, '2026-03-01T23:30Z', '2026-03-31T23:30Z', 9, '{}'),
  ('{w}', md5('{w}/bob')::uuid, true, 5, now() - interval '10 days', NULL, 1, '2026-03-04T23:30Z', '2026-03-04T23:30Z', 5, '{}'),
  ('{w}', md5('{w}/cy')::uuid, false, 1, now(), NULL, 1, '2026-03-04T23:30Z', '2026-03-04T23:30Z', 6, '{}');

INSERT INTO touchline.journey
  (workspace, lead_id, event_id, session, sets_origin, position, occurred_at, recorded_at, kind, channel, source, campaign,
   content_id, content_title, content_type, identity, verdict, known_from, superseded_at, occurred_date)
SELECT '{w}', md5('{w}/' || lead)::uuid, md5('{w}/touch' || n)::uuid, session, session <> 'alone' AND channel <> 'direct', position,
       occurred_at::timestamptz, '2026-04-01T00:00Z', 'page_view', channel, source, campaign, content, title, type,
       ARRAY['anonymous:a-1'], verdict, known_from, superseded_at,
       (occurred_at::timestamptz AT TIME ZONE 'Europe/Berlin')::date
  FROM (VALUES
    ('a-1', 1, 'start', 2, '2026-03-01T23:30Z', 'direct', NULL, NULL, NULL, NULL, NULL, 'human', 2, 9),
    ('ada', 1, 'start', 2, '2026-03-01T23:30Z', 'direct', NULL, NULL, NULL, NULL, NULL, 'human', 9, NULL),
    ('ada', 2, 'within', 3, '2026-03-02T23:30Z', 'paid_search', 'google', 'spring', 'guide', 'As tagged', 'pdf', 'human', 9, NULL),
    ('ada', 3, 'alone', 8, '2026-03-31T23:30Z', 'direct', NULL, NULL, NULL, NULL, NULL, 'crawler', 8, NULL),
    ('bob', 4, 'start', 5, '2026-03-04T23:30Z', 'email', 'newsletter', 'spring', '/blog/x', 'X', 'article', 'human', 5, NULL),
    ('cy', 5, 'start', 6, '2026-03-04T23:30Z', 'direct', NULL, NULL, NULL, NULL, NULL, 'unknown', 6, NULL)
  ) AS touch (lead, n, session, position, occurred_at, channel, source, campaign, content, title, type, verdict,
              known_from, superseded_at);

INSERT INTO touchline.score_change
  (workspace, lead_id, event_id, rule, points, occurred_at, known_from, superseded_at) VALUES
  ('{w}', md5('{w}/ada')::uuid, md5('{w}/touch2')::uuid, 'downloaded', 8, '2026-03-02T23:30Z', 9, NULL),
  ('{w}', md5('{w}/bob')::uuid, md5('{w}/touch4')::uuid, 'read', 9, '2026-03-04T23:30Z', 5, 9),
  ('{w}', md5('{w}/bob')::uuid, md5('{w}/touch4')::uuid, 'read', 5, '2026-03-04T23:30Z', 9, NULL),
  ('{w}', md5('{w}/cy')::uuid, md5('{w}/touch5')::uuid, 'read', 1, '2026-03-04T23:30Z', 6, NULL);

INSERT INTO touchline.stage_transition (workspace, lead_id, event_id, from_stage, to_stage, at, rule, known_from) VALUES
  ('{w}', md5('{w}/ada')::uuid, md5('{w}/touch2')::uuid, NULL, 'explore', '2026-03-02T23:30Z', 'downloaded', 9),
  ('{w}', md5('{w}/ada')::uuid, md5('{w}/touch3')::uuid, 'explore', 'choose', '2026-03-31T23:30Z', 'asked', 9);

INSERT INTO touchline.opportunity
  (workspace, opportunity_id, account_id, source, amount_minor, currency, stage, status, opened_at, closed_at, event_id,
   occurred_at, version, known_from, superseded_at) VALUES
  ('{w}', 'd-won', 'acme', 'fair', 9000, 'USD', 'discovery', 'open', '2026-03-05T00:00Z', NULL, md5('{w}/o1')::uuid, '2026-03-05T00:00Z', 1, 10, 12),
  ('{w}', 'd-won', 'acme', 'fair', 9000, 'USD', 'proposal', 'open', '2026-03-05T00:00Z', NULL, md5('{w}/o2')::uuid, '2026-03-10T12:00Z', 2, 12, 14),
  ('{w}', 'd-won', 'acme', 'fair', 10000, 'USD', 'proposal', 'won', '2026-03-05T00:00Z', '2026-03-31T23:30Z', md5('{w}/o3')::uuid, '2026-03-31T23:30Z', 3, 14, NULL),
  ('{w}', 'd-open', NULL, NULL, 5000, 'JPY', NULL, 'open', '2026-03-05T00:00Z', NULL, md5('{w}/o4')::uuid, '2026-03-05T00:00Z', 1, 15, NULL);

INSERT INTO touchline.opportunity_stage
  (workspace, opportunity_id, event_id, entered_at, stage, status, amount_minor, currency, known_from) VALUES
  ('{w}', 'd-won', md5('{w}/o1')::uuid, '2026-03-05T00:00Z', 'discovery', 'open', 9000, 'USD', 10),
  ('{w}', 'd-won', md5('{w}/o2')::uuid, '2026-03-10T12:00Z', 'proposal', 'open', 9000, 'USD', 12),
  ('{w}', 'd-won', md5('{w}/o3')::uuid, '2026-03-31T23:30Z', 'proposal', 'won', 10000, 'USD', 14),
  ('{w}', 'd-open', md5('{w}/o4')::uuid, '2026-03-05T00:00Z', NULL, 'open', 5000, 'JPY', 15);

INSERT INTO touchline.opportunity_contact
  (workspace, opportunity_id, contact, keys, role, event_id, occurred_at, known_from, superseded_at) VALUES
  ('{w}', 'd-won', 'email:ada@acme.example', '{email:ada@acme.example}', 'champion', md5('{w}/c1')::uuid, '2026-03-05T00:00Z', 11, 13),
  ('{w}', 'd-won', 'email:ada@acme.example', '{email:ada@acme.example}', 'decision_maker', md5('{w}/c2')::uuid, '2026-03-06T00:00Z', 13, NULL),
  ('{w}', 'd-open', 'email:ada@acme.example', '{email:ada@acme.example}', 'decision_maker', md5('{w}/c3')::uuid, '2026-03-05T00:00Z', 15, NULL);
INSERT INTO touchline.opportunity_contact_key (workspace, key, opportunity_id) VALUES
  ('{w}', 'email:ada@acme.example', 'd-won'), ('{w}', 'email:ada@acme.example', 'd-open');

-- d-won by its two touches, once believed to be worth 90.00; d-open, in a currency without a rate, by none.
INSERT INTO touchline.attribution_path
  (workspace, opportunity_id, metric, credited_at, currency, amount_minor, reported_currency, reported_minor, committee,
   event_ids, lead_ids, occurred_at, milestones, content_ids, content_titles, channels, campaigns, sources, known_from,
   superseded_at)
SELECT '{w}', 'd-won', metric, credited_at::timestamptz, 'USD', minor, 'USD', minor, 'contacts',
       ARRAY[md5('{w}/touch1'), md5('{w}/touch2')]::uuid[], ARRAY[md5('{w}/ada'), md5('{w}/ada')]::uuid[],
       '{2026-03-01T23:30Z, 2026-03-02T23:30Z}'::timestamptz[], '{first, NULL}'::text[], '{NULL, guide}'::text[],
       '{NULL, The guide}'::text[], '{direct, paid_search}'::text[], '{NULL, spring}'::text[], '{NULL, google}'::text[],
       known_from, superseded_at
  FROM (VALUES ('pipeline', '2026-03-05T00:00Z', 10000, 10, NULL), ('revenue', '2026-03-31T23:30Z', 9000, 14, 16),
               ('revenue', '2026-03-31T23:30Z', 10000, 16, NULL)) AS path (metric, credited_at, minor, known_from, superseded_at)
UNION ALL
SELECT '{w}', 'd-open', 'pipeline', '2026-03-05T00:00Z', 'JPY', 5000, 'USD', NULL, 'contacts',
       '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 15, NULL;

INSERT INTO touchline.attribution_share (path_id, workspace, model, weights, amounts, reported, marks)
SELECT path_id, workspace, model, weights, amounts, amounts, '{31, 31}'::smallint[]
  FROM touchline.attribution_path
 CROSS JOIN LATERAL (VALUES
   ('first', '{1, 0}'::float8[], ARRAY[amount_minor, 0]),
   ('linear', '{0.5, 0.5}', ARRAY[amount_minor / 2, amount_minor / 2])) AS share (model, weights, amounts)
 WHERE workspace = '{w}' AND opportunity_id = 'd-won';

-- Three days of the fair, once believed to be cheaper; the agency of a campaign that is for the newsletter; a content nobody read.
INSERT INTO touchline.investment (workspace, investment_id, amount_minor, currency, period_from, period_to, dimension, target, note, event_id,
  occurred_at, known_from, superseded_at) VALUES
  ('{w}', 'fair', 500, 'USD', '2026-03-30', '2026-04-02', 'source', 'fair', NULL, md5('{w}/i1')::uuid, '2026-03-07T00:00Z', 17, 18),
  ('{w}', 'fair', 1000, 'USD', '2026-03-30', '2026-04-02', 'source', 'fair', 'booth', md5('{w}/i2')::uuid, '2026-03-08T00:00Z', 18, NULL),
  ('{w}', 'agency', 700, 'USD', '2026-03-01', '2026-03-02', 'campaign', 'spring', NULL, md5('{w}/i3')::uuid, '2026-03-08T00:00Z', 19, NULL),
  ('{w}', 'authors', 5000, 'JPY', '2088-03-01', '2088-03-02', 'content', 'study', NULL, md5('{w}/i4')::uuid, '2026-03-08T00:00Z', 20, NULL);
INSERT INTO touchline.campaign (workspace, campaign_id, name, source, channel, event_id, occurred_at, known_from) VALUES
  ('{w}', 'spring', 'Spring launch', 'newsletter', 'email', md5('{w}/i5')::uuid, '2026-03-08T00:00Z', 21);
INSERT INTO touchline.content (workspace, content_id, title, type, author, publisher, publisher_kind, url, serves, event_id, occurred_at, known_from) VALUES
  ('{w}', 'guide', 'The new guide', 'guide', 'A. Byron', 'Analysts Ltd', 'analyst', NULL, '[{"persona": "cto", "stage": "choose"}]', md5('{w}/i6')::uuid, '2026-03-08T00:00Z', 22);

-- Bob qualified and was handed off; dan qualified.
INSERT INTO touchline.lead_decision (workspace, lead_id, position, event_id, type, occurred_at, data) VALUES
  ('{w}', md5('{w}/bob')::uuid, 23, md5('{w}/l1')::uuid, 'LeadQualified', '2026-03-08T00:00Z',
   '{"cycle": 1, "modelVersion": 1, "persona": "cto", "stage": "choose", "score": 41.5, "grade": "B", "reasons": ["score 41.5 of 40", "grade B (C or better)"]}'),
  ('{w}', md5('{w}/bob')::uuid, 24, md5('{w}/l2')::uuid, 'LeadHandedOff', '2026-03-08T01:00Z',
   '{"cycle": 1, "modelVersion": 1, "recipient": {"id": "rep-7", "kind": "rep"}, "rule": "all", "dueBy": "2026-03-09T01:00:00.000Z"}'),
  ('{w}', md5('{w}/dan')::uuid, 25, md5('{w}/l3')::uuid, 'LeadQualified', '2026-03-08T02:00Z',
   '{"cycle": 1, "modelVersion": 1, "persona": "cto", "stage": "choose", "score": 12, "grade": "B", "reasons": ["grade B"]}');
INSERT INTO touchline.lead_lifecycle (workspace, lead_id, status, cycle, last_cycle, decided_id, event_id, since, recipient, recipient_kind,
  rule, due_by, known_from, superseded_at) VALUES
  ('{w}', md5('{w}/bob')::uuid, 'qualified', 1, 1, md5('{w}/bob')::uuid, md5('{w}/l1')::uuid, '2026-03-08T00:00Z', NULL, NULL, NULL, NULL, 23, 24),
  ('{w}', md5('{w}/bob')::uuid, 'handed_off', 1, 1, md5('{w}/bob')::uuid, md5('{w}/l2')::uuid, '2026-03-08T01:00Z', 'rep-7', 'rep', 'all', '2026-03-09T01:00Z', 24, NULL),
  ('{w}', md5('{w}/dan')::uuid, 'qualified', 1, 1, md5('{w}/dan')::uuid, md5('{w}/l3')::uuid, '2026-03-08T02:00Z', NULL, NULL, NULL, NULL, 25, NULL);
INSERT INTO touchline.segment_membership (workspace, segment_id, lead_id, entered_at, model_version, known_from)
VALUES ('{w}', 'price_readers', gen_random_uuid(), now(), 1, 1);

-- Markov was computed once.
INSERT INTO touchline.computed_attribution (workspace, metric, model, channel, month, currency, credited_minor, opportunities, touches,
  model_value, parameters, position, model_version) VALUES
  ('{w}', 'revenue', 'markov', 'paid_search', '2026-04-01', 'USD', 10000, 1, 2, 1, '{"model": "markov", "order": 1}', 25, 1);

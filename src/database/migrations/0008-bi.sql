-- What SQL needs beside the read models so that schema bi (0009) can stand on them: the journey model as a table, one
-- definition of lifecycle and of money, and the rights of a reader. A reader is a database role that belongs to one
-- workspace: row security shows it that workspace's rows, and without USAGE on schema touchline it can name nothing
-- but the views of schema bi.

-- What SQL needs of the journey model for every row: reading 20 KB of JSON each time would cost more than the report.
ALTER TABLE touchline.journey_model
  ADD COLUMN time_zone      text             GENERATED ALWAYS AS (document ->> 'timeZone') STORED,
  ADD COLUMN currency       text             GENERATED ALWAYS AS (document ->> 'currency') STORED,
  ADD COLUMN half_life_days double precision GENERATED ALWAYS AS ((document -> 'scoring' ->> 'halfLifeDays')::double precision) STORED;
CREATE UNIQUE INDEX journey_model_current ON touchline.journey_model (workspace) WHERE superseded_at IS NULL;

-- The model's word counts; the workspace's own columns stand in until one is published.
CREATE VIEW touchline.workspace_setting WITH (security_invoker = true) AS
SELECT w.slug AS workspace,
       w.name,
       coalesce(m.time_zone, w.time_zone) AS time_zone,
       coalesce(m.currency, w.currency) AS currency,
       m.half_life_days,
       m.version AS model_version
  FROM touchline.workspace w
  LEFT JOIN touchline.journey_model m ON m.workspace = w.slug AND m.superseded_at IS NULL;

-- Decimal digits of a currency by ISO 4217, as domain/attribution/money.ts has them: 2 but for these.
CREATE FUNCTION touchline.currency_exponent(currency text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
                    'XAF', 'XOF', 'XPF') THEN 0
  WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
  WHEN currency IN ('CLF', 'UYW') THEN 4
  ELSE 2
END;

-- 123456 USD → 1234.56
CREATE FUNCTION touchline.major_units(minor bigint, currency text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE touchline.currency_exponent(currency)
  WHEN 2 THEN (minor * 0.01)::numeric(20, 2)
  WHEN 0 THEN minor::numeric(20, 0)
  WHEN 3 THEN (minor * 0.001)::numeric(20, 3)
  ELSE (minor * 0.0001)::numeric(20, 4)
END;

-- Where each lead is in OUR process, as of a log position: the one definition, for schema bi and the query API alike.
-- Name the workspace (and lead) in WHERE: the planner carries it inside.
--   customer     a contact of an opportunity that is won
--   opportunity  else a contact of one that is open
--   engaged      else is known and has earned points: the journey model decides what engagement is worth
--   raw          else
CREATE FUNCTION touchline.lead_lifecycle(as_of bigint DEFAULT 9223372036854775807)
RETURNS TABLE (workspace text, lead_id uuid, lifecycle text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT p.workspace, p.lead_id,
       CASE WHEN deals.won THEN 'customer'
            WHEN deals.open THEN 'opportunity'
            WHEN p.known AND EXISTS (SELECT FROM touchline.score_change s
                          WHERE s.workspace = p.workspace AND s.lead_id = p.lead_id AND s.points > 0
                            AND s.known_from <= as_of AND (s.superseded_at IS NULL OR s.superseded_at > as_of))
            THEN 'engaged'
            ELSE 'raw' END
  FROM touchline.lead_profile p
  LEFT JOIN (SELECT k.workspace, k.lead_id, bool_or(o.status = 'won') AS won, bool_or(o.status = 'open') AS open
               FROM touchline.identity_key k
               JOIN touchline.opportunity_contact_key ck ON ck.workspace = k.workspace AND ck.key = k.key
               JOIN touchline.opportunity_contact c
                 ON c.workspace = ck.workspace AND c.opportunity_id = ck.opportunity_id AND ck.key = ANY (c.keys)
                AND c.known_from <= as_of AND (c.superseded_at IS NULL OR c.superseded_at > as_of)
               JOIN touchline.opportunity o
                 ON o.workspace = ck.workspace AND o.opportunity_id = ck.opportunity_id
                AND o.known_from <= as_of AND (o.superseded_at IS NULL OR o.superseded_at > as_of)
              WHERE k.known_from <= as_of AND (k.superseded_at IS NULL OR k.superseded_at > as_of)
              GROUP BY k.workspace, k.lead_id) deals
    ON deals.workspace = p.workspace AND deals.lead_id = p.lead_id
 WHERE p.known_from <= as_of AND (p.superseded_at IS NULL OR p.superseded_at > as_of);
END;

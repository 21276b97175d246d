-- The score ledger holds what each touchpoint gave and no running total, so that a late touchpoint adds its own row and leaves
-- the rows that follow it alone. What the score was after a row, or at a time, is computed from the ledger by the functions
-- here, for schema bi and the query API alike.

-- The views are made again from the folder `repeatable`.
DROP SCHEMA IF EXISTS bi CASCADE;
ALTER TABLE touchline.score_change DROP COLUMN score_after;

-- What a score of `scored_at` is worth at a later time: score · 0.5^(age / half-life), and undecayed at an earlier one. NULL
-- `scored_at`: no points yet; NULL half-life: no model, nothing decays. After 60 half-lives nothing is left of any score (a rule
-- gives a million points at most), and power() would soon report an underflow.
CREATE FUNCTION touchline.decay(score double precision, scored_at timestamptz, at timestamptz, half_life_days double precision)
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN scored_at IS NULL OR abs(score) < 1e-9 OR date_part('epoch', at - scored_at) > 60 * 86400 * half_life_days THEN 0
  ELSE score * power(0.5::double precision, greatest(0, date_part('epoch', at - scored_at) / (86400 * half_life_days)))
END;

-- A score and since when it decays.
CREATE TYPE touchline.score_state AS (score double precision, scored_at timestamptz);

-- decayed_sum(points, occurred_at, half_life_days): the score right after the last of the rows, which come in the order of
-- occurred_at. Over a window (ROWS UNBOUNDED PRECEDING) it is the score after each row, at one step a row. Rows with a NULL are
-- ignored; without others both fields are NULL.
--
-- The formula is that of touchline.decay. It is written out, because PL/pgSQL looks names up with the rights of the caller, and
-- readers of schema bi may not use this one; a function in SQL, which could call it, takes three times as long (5 µs a row).
CREATE FUNCTION touchline.add_points(
  state touchline.score_state, points double precision, occurred_at timestamptz, half_life_days double precision)
RETURNS touchline.score_state
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN ROW(points + CASE
    WHEN state.scored_at IS NULL OR abs(state.score) < 1e-9
      OR date_part('epoch', occurred_at - state.scored_at) > 60 * 86400 * half_life_days THEN 0
    ELSE state.score
      * power(0.5::double precision, greatest(0, date_part('epoch', occurred_at - state.scored_at) / (86400 * half_life_days)))
  END, occurred_at);
END $$;
CREATE AGGREGATE touchline.decayed_sum(points double precision, occurred_at timestamptz, half_life_days double precision) (
  SFUNC = touchline.add_points, STYPE = touchline.score_state, INITCOND = '(,)', PARALLEL = SAFE
);

-- The score of a lead right after its last ledger row, or the last before a touchpoint, as of a log position: one row, NULLs if
-- there is none. It is Σ points · 0.5^((scored_at − occurred_at) / half-life), and takes half the time of decayed_sum, which
-- carries a state from row to row. Call it in FROM, where the planner expands it.
CREATE FUNCTION touchline.score_at(
  of_workspace text, of_lead uuid, half_life_days double precision, as_of bigint DEFAULT 9223372036854775807,
  before_at timestamptz DEFAULT 'infinity', before_event uuid DEFAULT 'ffffffff-ffff-ffff-ffff-ffffffffffff')
RETURNS TABLE (score double precision, scored_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH ledger AS NOT MATERIALIZED (
  SELECT c.occurred_at, c.event_id, c.points
    FROM touchline.score_change c
   WHERE c.workspace = of_workspace AND c.lead_id = of_lead
     AND c.known_from <= as_of AND (c.superseded_at IS NULL OR c.superseded_at > as_of)
     AND (c.occurred_at, c.event_id) < (before_at, before_event)
)
SELECT sum(touchline.decay(ledger.points, ledger.occurred_at, last.at, half_life_days) ORDER BY ledger.occurred_at, ledger.event_id),
       max(last.at)
  FROM (SELECT occurred_at AS at FROM ledger ORDER BY occurred_at DESC, event_id DESC LIMIT 1) last
 CROSS JOIN ledger;
END;

-- Reports in another currency than that of the journey model show what was invested in it, too.

-- The last rate published for the day or before; that of the reporting currency is 1. NULL: unknown, never zero.
CREATE FUNCTION touchline.rate_on(currency text, day date, reporting text, rates jsonb) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN currency = reporting THEN 1 ELSE (
  SELECT (published.rate ->> 'rate')::numeric
    FROM jsonb_array_elements(rates) WITH ORDINALITY AS published (rate, number)
   WHERE published.rate ->> 'currency' = rate_on.currency AND (published.rate ->> 'date')::date <= day
   ORDER BY published.rate ->> 'date' DESC, published.number DESC
   LIMIT 1) END;

-- An amount in any currency: multiplied by the rate of its own, divided by that of the wanted one, then rounded once, half away from zero.
-- As inCurrency in domain/attribution/money.ts; integer division is exact where that of numeric has so many digits.
CREATE FUNCTION touchline.minor_in_currency(minor bigint, currency text, day date, wanted text, reporting text, rates jsonb) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN currency = wanted THEN minor ELSE (
  SELECT CASE WHEN converted.size <= 9223372036854775807 THEN (sign(minor::numeric) * converted.size)::bigint END
    FROM (SELECT touchline.rate_on(currency, day, reporting, rates) AS rate, touchline.rate_on(wanted, day, reporting, rates) AS divisor
          OFFSET 0) used, -- each rate is looked for once
         LATERAL (SELECT div(2 * abs(minor) * used.rate
                             * 10::numeric ^ (touchline.currency_exponent(wanted) - touchline.currency_exponent(currency)) + used.divisor,
                             2 * used.divisor) AS size) converted) END;

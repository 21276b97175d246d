-- What the query API and schema bi compute of investments alike.

-- What of an amount lies on the days from number `first` to before number `last` of its `days`, the first of which is 0. It is
-- spread evenly by largest remainder: the first days have the minor units that are left over, and all days add up to the amount.
CREATE FUNCTION touchline.amount_of_days(minor bigint, days integer, first integer, last integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sign(minor)::bigint * (
  (abs(minor) / days) * (greatest(least(last, days), 0) - greatest(least(first, days), 0))
  + least(greatest(least(last, days), 0), abs(minor) % days) - least(greatest(least(first, days), 0), abs(minor) % days));

-- An amount in the currency of reports, at the last rate published for the day or before, rounded half away from zero. NULL where
-- there is no such rate: unknown, never zero. As toReportingCurrency in domain/attribution/money.ts.
CREATE FUNCTION touchline.reported_minor(minor bigint, currency text, day date, reporting text, rates jsonb) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN currency = reporting THEN minor ELSE (
  SELECT CASE WHEN abs(converted) <= 9223372036854775807 THEN converted::bigint END
    FROM (SELECT round(minor * (published.rate ->> 'rate')::numeric
                       * 10::numeric ^ (touchline.currency_exponent(reporting) - touchline.currency_exponent(currency))) AS converted
            FROM jsonb_array_elements(rates) WITH ORDINALITY AS published (rate, number)
           WHERE published.rate ->> 'currency' = currency AND (published.rate ->> 'date')::date <= day
           ORDER BY published.rate ->> 'date' DESC, published.number DESC
           LIMIT 1) latest) END;

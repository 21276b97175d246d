import type { InvestmentDimension } from '../../domain/catalogue-events.js';
import type { View } from '../read-models.js';
import type { ReportScope } from '../report-scope.js';
import { allOf, raw, rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';

/** What was invested in one cell of a report. */
export interface InvestedRow {
  /** Null: it is for another dimension, or there is none to cut by. */
  readonly key: string | null;
  /** 2026-04 or 2026-W14; null unless cut by time. */
  readonly time: string | null;
  /** Minor units of the report's currency. */
  readonly invested: string;
}

/** Investments without a published rate at the first day of their period. */
export interface UnconvertedInvestments {
  readonly currency: string;
  readonly amount: string;
  readonly investments: string[];
}

export interface InvestedCut {
  readonly dimension: InvestmentDimension | undefined;
  readonly time: 'month' | 'week' | undefined;
}

/** The value of a cut; what is for a campaign is also for the source and the channel that the campaign names. */
const KEYS: Readonly<Record<InvestmentDimension, string>> = {
  source: `CASE i.dimension WHEN 'source' THEN i.target WHEN 'campaign' THEN c.source END`,
  channel: `CASE i.dimension WHEN 'channel' THEN i.target WHEN 'campaign' THEN c.channel END`,
  campaign: `CASE i.dimension WHEN 'campaign' THEN i.target END`,
  content: `CASE i.dimension WHEN 'content' THEN i.target END`,
};

/**
 * Investments with days in the period; `first` to before `last` are those days, by their number in the investment. Offset 0
 * keeps the conversion from being computed again wherever it is used.
 */
function inPeriod(view: View, scope: ReportScope, dimension?: InvestmentDimension): Sql {
  const { workspace, asOf, model } = view;
  const [from, to] = [dayIn(scope.period.from), dayIn(scope.period.to)];
  const reporting = model?.data.document.currency ?? scope.currency;
  const rates = JSON.stringify(model?.data.document.rates ?? []);
  return sql`
    SELECT i.investment_id, i.currency, i.amount_minor, i.period_from, i.period_to, i.period_to - i.period_from AS days,
           i.dimension, i.target, i.note, i.known_from, c.known_from AS campaign_known_from,
           ${raw(dimension ? KEYS[dimension] : 'NULL::text')} AS key,
           CASE WHEN i.currency = ${scope.currency} THEN i.amount_minor
                ELSE touchline.minor_in_currency(i.amount_minor, i.currency, i.period_from, ${scope.currency}, ${reporting}, ${rates}::jsonb)
           END AS reported,
           greatest(i.period_from, ${from}::date) - i.period_from AS first,
           least(i.period_to, ${to}::date) - i.period_from AS last
    FROM touchline.investment i
    LEFT JOIN touchline.campaign c
      ON c.workspace = i.workspace AND c.campaign_id = i.target AND i.dimension = 'campaign' AND ${validAt('c', asOf)}
    WHERE i.workspace = ${workspace} AND ${validAt('i', asOf)} AND ${allOf([
      from === null ? undefined : sql`i.period_to > ${from}::date`,
      to === null ? undefined : sql`i.period_from < ${to}::date`,
    ])}
    OFFSET 0`;
}

/** As months and weeks of opportunities are written. */
const TIME_FORMATS = { month: 'YYYY-MM', week: 'IYYY-"W"IW' } as const;

const dayIn = (date: ReportScope['period']['from']): string | null =>
  date && 'day' in date ? date.day : null;

/** An investment is converted as a whole, then spread over its days: every cut adds up to the same. */
export const investedRows = (
  view: View,
  scope: ReportScope,
  { dimension, time }: InvestedCut,
): Promise<InvestedRow[]> =>
  rows<InvestedRow>(
    view.tx,
    sql`SELECT i.key, ${spread(time, raw('i.key'), inPeriod(view, scope, dimension))}`,
  );

/** The days of investments by time, from the columns of the select list on. */
function spread(time: InvestedCut['time'], group: Sql, investments: Sql): Sql {
  const parts = time
    ? sql`
      CROSS JOIN LATERAL generate_series(date_trunc(${time}, (i.period_from + i.first)::timestamp),
                                         (i.period_from + i.last - 1)::timestamp, ${`1 ${time}`}::interval) AS part (start)
      CROSS JOIN LATERAL (SELECT greatest(i.first, part.start::date - i.period_from) AS first,
                                 least(i.last, (part.start + ${`1 ${time}`}::interval)::date - i.period_from) AS last) span
      CROSS JOIN LATERAL (SELECT to_char(part.start, ${TIME_FORMATS[time]}) AS time) named`
    : raw('CROSS JOIN (SELECT NULL::text AS time) named');
  const span = raw(time ? 'span' : 'i');
  return sql`
           named.time, sum(touchline.amount_of_days(i.reported, i.days, ${span}.first, ${span}.last))::text AS invested
    FROM (${investments}) i ${parts}
    WHERE i.reported IS NOT NULL
    GROUP BY ${group}, named.time`;
}

/** What was invested in one source, campaign, channel or content, itself. */
export interface InvestedTarget {
  readonly dimension: InvestmentDimension;
  readonly target: string;
  /** As in `InvestedRow`, as is `invested`. */
  readonly time: string | null;
  readonly invested: string;
}

/** The rows of `investedRows`, but by what each investment is for. */
export const investedTargets = (
  view: View,
  scope: ReportScope,
  time: InvestedCut['time'],
): Promise<InvestedTarget[]> =>
  rows<InvestedTarget>(
    view.tx,
    sql`
    SELECT i.dimension, i.target, ${spread(time, raw('i.dimension, i.target'), inPeriod(view, scope))}
    ORDER BY i.dimension, i.target COLLATE "C", named.time`,
  );

/** One investment in a cell of a report. */
export interface InvestmentPart {
  readonly investment_id: string;
  readonly currency: string;
  readonly amount_minor: string;
  readonly period_from: string;
  readonly period_to: string;
  readonly dimension: InvestmentDimension;
  readonly target: string;
  readonly note: string | null;
  readonly known_from: string;
  /** Since when the campaign names what the cell is about; null: the investment is for that itself. */
  readonly campaign_known_from: string | null;
  /** The days in the cell. */
  readonly counted_from: string;
  readonly counted_to: string;
  /** Minor units of the report's currency, of the whole and of these days; null: no rate is published. */
  readonly reported: string | null;
  readonly invested: string | null;
}

export interface InvestmentCell {
  readonly dimension: InvestmentDimension | undefined;
  /** Values of the dimension that the cell is about; undefined: all that there are. */
  readonly keys: readonly string[] | undefined;
  /** The cell is that of a month (2026-01). */
  readonly month: string | undefined;
}

/** The investments that `investedRows` adds up in a cell, and those that it cannot convert; what is most of the cell comes first. */
export function investmentParts(
  view: View,
  scope: ReportScope,
  { dimension, keys, month }: InvestmentCell,
): Promise<InvestmentPart[]> {
  // PostgreSQL has no year 0.
  if (month?.startsWith('0000')) return Promise.resolve([]);
  const [first, last] = month
    ? [
        sql`greatest(i.first, ${`${month}-01`}::date - i.period_from)`,
        sql`least(i.last, (${`${month}-01`}::date + interval '1 month')::date - i.period_from)`,
      ]
    : [raw('i.first'), raw('i.last')];
  return rows<InvestmentPart>(
    view.tx,
    sql`
    SELECT i.investment_id, i.currency, i.amount_minor, i.period_from::text, i.period_to::text, i.dimension, i.target, i.note, i.known_from,
           CASE WHEN i.dimension <> ${dimension ?? null}::text THEN i.campaign_known_from END AS campaign_known_from,
           (i.period_from + span.first)::text AS counted_from, (i.period_from + span.last)::text AS counted_to, i.reported,
           touchline.amount_of_days(i.reported, i.days, span.first, span.last) AS invested
    FROM (${inPeriod(view, scope, dimension)}) i
    CROSS JOIN LATERAL (SELECT ${first} AS first, ${last} AS last) span
    WHERE span.first < span.last AND ${allOf([
      dimension && raw('i.key IS NOT NULL'),
      dimension && keys && sql`i.key = ANY(${keys}::text[])`,
    ])}
    ORDER BY invested DESC NULLS LAST, i.investment_id COLLATE "C"`,
  );
}

export const unconvertedInvestments = (view: View, scope: ReportScope): Promise<UnconvertedInvestments[]> =>
  rows<UnconvertedInvestments>(
    view.tx,
    sql`
    SELECT i.currency, sum(touchline.amount_of_days(i.amount_minor, i.days, i.first, i.last))::text AS amount,
           array_agg(i.investment_id ORDER BY i.investment_id COLLATE "C") AS investments
    FROM (${inPeriod(view, scope)}) i
    WHERE i.reported IS NULL
    GROUP BY i.currency
    ORDER BY i.currency COLLATE "C"`,
  );

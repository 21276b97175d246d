import type { CreditView } from '../credit-ledger.js';
import { closed, reportedAmount } from '../metrics/closed-cells.js';
import { opportunityColumns, opportunityJoins } from '../metrics/opportunity-cuts.js';
import type { ReportScope } from '../report-scope.js';
import { raw, rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';

/** Opportunities of a persona that were opened and closed in a period, as `velocity` counts them. */
export interface ClosedSales {
  /** Persona; empty: none. */
  readonly key: string;
  readonly opened: number;
  readonly won: number;
  readonly lost: number;
  /** Minor units of the won ones that have a rate; text of the sum. */
  readonly revenue: string;
  /** The same of those won since the begin of the goal. */
  readonly booked: string;
  readonly amounts: readonly number[] | null;
  readonly daysToWin: readonly number[] | null;
  readonly daysToLoss: readonly number[] | null;
}

const PERSONAS = { by: ['persona'], segment: undefined } as const;
const persona = (timeZone: string): Sql =>
  sql`coalesce(${opportunityColumns(timeZone, 'closed_at').persona}, '')`;

/**
 * Each persona of which there is any opportunity, in the period or not.
 *
 * @param booked undefined: nothing that is booked counts
 */
export async function closedSales(
  view: CreditView,
  scope: ReportScope,
  booked: ReportScope | undefined,
): Promise<ClosedSales[]> {
  const { from, to } = scope;
  const wonIn = (period: ReportScope): Sql =>
    sql`CASE WHEN ${closed(view, period)} AND o.status = 'won' THEN ${reportedAmount(view, period)} END`;
  return rows<ClosedSales>(
    view.tx,
    sql`
    SELECT key, count(*) FILTER (WHERE is_new)::int AS opened, count(*) FILTER (WHERE won)::int AS won,
           count(*) FILTER (WHERE NOT won)::int AS lost, coalesce(sum(reported) FILTER (WHERE won), 0)::text AS revenue, coalesce(sum(booked), 0)::text AS booked,
           array_agg(reported::float8 ORDER BY reported) FILTER (WHERE won AND reported IS NOT NULL) AS amounts,
           array_agg(days) FILTER (WHERE won) AS "daysToWin", array_agg(days) FILTER (WHERE NOT won) AS "daysToLoss"
    FROM (
      SELECT ${persona(scope.timeZone)} AS key, o.opened_at >= ${from} AND o.opened_at < ${to} AS is_new,
             CASE WHEN ${closed(view, scope)} THEN o.status = 'won' END AS won,
             ${wonIn(scope)} AS reported, ${booked ? wonIn(booked) : raw('NULL::bigint')} AS booked,
             date_part('epoch', o.closed_at - o.opened_at) / 86400 AS days
      FROM touchline.opportunity o ${await opportunityJoins(view, PERSONAS)}
      WHERE o.workspace = ${view.workspace} AND ${validAt('o', view.asOf)}) o
    GROUP BY key`,
  );
}

/** Open opportunities of a persona that are of one age, in the currency of the report. */
export interface OpenSales {
  readonly key: string;
  /** Whole days since the opening. */
  readonly age: number;
  readonly count: number;
  /** Minor units. */
  readonly sum: number;
  readonly squares: number;
}

interface OpenPipeline {
  readonly rows: readonly OpenSales[];
  /** Those without a rate, which are in no row. */
  readonly unconverted: { readonly currency: string; readonly count: number }[];
}

/** Amounts are converted by the rate of the day of the position. */
export async function openSales(
  view: CreditView,
  { currency, at }: { readonly currency: string; readonly at: Date },
  timeZone: string,
): Promise<OpenPipeline> {
  const found = await rows<OpenSales & { readonly currency: string | null }>(
    view.tx,
    sql`
    SELECT key, age, CASE WHEN reported IS NULL THEN currency END AS currency, count(*)::int AS count,
           coalesce(sum(reported), 0)::float8 AS sum, coalesce(sum(reported::numeric ^ 2), 0)::float8 AS squares
    FROM (
      SELECT ${persona(timeZone)} AS key, o.currency,
             greatest(0, floor(extract(epoch FROM ${at}::timestamptz - o.opened_at) / 86400))::int AS age,
             ${reportedAmount(view, { currency, timeZone }, sql`${at}::timestamptz`)} AS reported
      FROM touchline.opportunity o ${await opportunityJoins(view, PERSONAS)}
      WHERE o.workspace = ${view.workspace} AND ${validAt('o', view.asOf)} AND o.status = 'open') o
    GROUP BY 1, 2, 3
    ORDER BY key COLLATE "C", age`,
  );
  const unpriced = Map.groupBy(
    found.filter((row) => row.currency !== null),
    (row) => row.currency ?? '',
  );
  return {
    rows: found.filter((row) => row.currency === null),
    unconverted: [...unpriced].sort().map(([name, own]) => ({
      currency: name,
      count: own.reduce((sum, { count }) => sum + count, 0),
    })),
  };
}

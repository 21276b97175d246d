import type { CreditView } from '../credit-ledger.js';
import type { View } from '../read-models.js';
import type { ReportScope } from '../report-scope.js';
import { allOf, raw, rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { cutColumns } from './cut-columns.js';
import { hasBuyerIn, type OpportunityCut, opportunityColumns, opportunityJoins } from './opportunity-cuts.js';

/** The closed opportunities of a cell. */
export interface ClosedCell {
  readonly keys: readonly (string | null)[];
  readonly won: number;
  readonly lost: number;
  /** Minor units of the report's currency, of the `converted` ones among the won. */
  readonly revenue: string;
  readonly converted: number;
  readonly days: readonly [p25: number, median: number, p75: number] | null;
}

/** Percentiles between two opportunities are interpolated, as SQL's percentile_cont does. */
export async function closedCells(
  view: CreditView,
  scope: ReportScope,
  { by, segment }: { readonly by: readonly OpportunityCut[]; readonly segment: string | undefined },
): Promise<ClosedCell[]> {
  const cut = cutColumns(by, opportunityColumns(scope.timeZone, 'closed_at'));
  return rows<ClosedCell>(
    view.tx,
    sql`
    SELECT ${cut.keys} AS keys, count(*) FILTER (WHERE won)::int AS won, count(*) FILTER (WHERE NOT won)::int AS lost,
           coalesce(sum(reported) FILTER (WHERE won), 0)::text AS revenue, count(reported) FILTER (WHERE won)::int AS converted,
           percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY days) FILTER (WHERE won) AS days
    FROM (
      SELECT ${cut.select} o.status = 'won' AS won, ${reportedAmount(view, scope)} AS reported,
             extract(epoch FROM o.closed_at - o.opened_at)::float8 / 86400 AS days
      FROM touchline.opportunity o ${await opportunityJoins(view, { by, segment })}
      WHERE ${allOf([closed(view, scope), hasBuyerIn(view, segment)])}) o
    ${cut.group}
    ORDER BY ${cut.time}coalesce(sum(reported) FILTER (WHERE won), 0) DESC, won DESC, lost DESC${cut.ties}`,
  );
}

/** Of opportunities `o`. */
export const closed = ({ workspace, asOf }: View, { from, to }: ReportScope): Sql =>
  allOf([
    sql`o.workspace = ${workspace} AND ${validAt('o', asOf)} AND o.closed_at IS NOT NULL`,
    from ? sql`o.closed_at >= ${from}` : undefined,
    to ? sql`o.closed_at < ${to}` : undefined,
  ]);

/**
 * Each amount is converted by itself, by the rate of its close, as the credit ledger does.
 *
 * @param at the instant of the rate of those that are open
 */
export const reportedAmount = (
  { model }: View,
  { currency, timeZone }: Pick<ReportScope, 'currency' | 'timeZone'>,
  at: Sql = raw('o.closed_at'),
): Sql => sql`
  CASE WHEN o.currency = ${currency} THEN o.amount_minor
       ELSE touchline.reported_minor(o.amount_minor, o.currency, (${at} AT TIME ZONE ${timeZone})::date, ${currency},
                                     ${JSON.stringify(model?.data.document.rates ?? [])}::jsonb) END`;

/** Won opportunities without a published rate at their close. */
export const unconvertedSales = async (
  view: CreditView,
  scope: ReportScope,
  segment: string | undefined,
): Promise<{ currency: string; amount: string; opportunities: string[] }[]> =>
  rows(
    view.tx,
    sql`
    SELECT o.currency, sum(o.amount_minor)::text AS amount,
           array_agg(o.opportunity_id ORDER BY o.opportunity_id COLLATE "C") AS opportunities
    FROM touchline.opportunity o ${await opportunityJoins(view, { by: [], segment })}
    WHERE ${allOf([closed(view, scope), hasBuyerIn(view, segment)])} AND o.status = 'won' AND ${reportedAmount(view, scope)} IS NULL
    GROUP BY o.currency
    ORDER BY o.currency COLLATE "C"`,
  );

/** Revenue per won opportunity in minor units, half up. */
export const perSale = (revenue: bigint, sales: bigint): bigint => (2n * revenue + sales) / (2n * sales);

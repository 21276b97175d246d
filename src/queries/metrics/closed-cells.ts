import { tagLabel } from '../../domain/label.js';
import type { CreditView } from '../credit-ledger.js';
import type { View } from '../read-models.js';
import type { ReportScope } from '../report-scope.js';
import { allOf, empty, raw, rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { profiles } from './buyer-touches.js';
import { cutColumns } from './cut-columns.js';

export const VELOCITY_CUTS = ['persona', 'source', 'campaign', 'owner', 'month'] as const;
export type VelocityCut = (typeof VELOCITY_CUTS)[number];

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

/** Of the touches before the opening: the persona of the last one's buyer, and the last campaign. */
const KEYS = (timeZone: string): Readonly<Record<VelocityCut, Sql>> => ({
  persona: raw('p.persona'),
  source: raw('coalesce(spelling.label, o.source)'),
  campaign: raw(`(SELECT t.campaign FROM unnest(q.campaigns) WITH ORDINALITY AS t (campaign, number)
                  WHERE t.campaign IS NOT NULL ORDER BY t.number DESC LIMIT 1)`),
  owner: raw('o.owner'),
  month: sql`date_trunc('month', o.closed_at AT TIME ZONE ${timeZone})::date`,
});

/** Percentiles between two opportunities are interpolated, as SQL's percentile_cont does. */
export async function closedCells(
  view: CreditView,
  scope: ReportScope,
  by: readonly VelocityCut[],
): Promise<ClosedCell[]> {
  const cut = cutColumns(by, KEYS(scope.timeZone));
  return rows<ClosedCell>(
    view.tx,
    sql`
    SELECT ${cut.keys} AS keys, count(*) FILTER (WHERE won)::int AS won, count(*) FILTER (WHERE NOT won)::int AS lost,
           coalesce(sum(reported) FILTER (WHERE won), 0)::text AS revenue, count(reported) FILTER (WHERE won)::int AS converted,
           percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY days) FILTER (WHERE won) AS days
    FROM (
      SELECT ${cut.select} o.status = 'won' AS won, ${reported(view, scope)} AS reported,
             extract(epoch FROM o.closed_at - o.opened_at)::float8 / 86400 AS days
      FROM touchline.opportunity o ${await joins(view, by)}
      WHERE ${closed(view, scope)}) o
    ${cut.group}
    ORDER BY ${cut.time}coalesce(sum(reported) FILTER (WHERE won), 0) DESC, won DESC, lost DESC${cut.ties}`,
  );
}

const closed = ({ workspace, asOf }: View, { from, to }: ReportScope): Sql =>
  allOf([
    sql`o.workspace = ${workspace} AND ${validAt('o', asOf)} AND o.closed_at IS NOT NULL`,
    from ? sql`o.closed_at >= ${from}` : undefined,
    to ? sql`o.closed_at < ${to}` : undefined,
  ]);

/** Each amount is converted by itself, by the rate of its close, as the credit ledger does. */
const reported = ({ model }: View, { currency, timeZone }: ReportScope): Sql => sql`
  CASE WHEN o.currency = ${currency} THEN o.amount_minor
       ELSE touchline.reported_minor(o.amount_minor, o.currency, (o.closed_at AT TIME ZONE ${timeZone})::date, ${currency},
                                     ${JSON.stringify(model?.data.document.rates ?? [])}::jsonb) END`;

async function joins(view: CreditView, by: readonly VelocityCut[]): Promise<Sql> {
  const spelling = by.includes('source') ? await spellings(view) : empty;
  if (!by.includes('persona') && !by.includes('campaign')) return spelling;
  return sql`
    ${spelling}
    LEFT JOIN ${view.ledger.paths} q
      ON q.workspace = o.workspace AND q.opportunity_id = o.opportunity_id AND q.metric = 'pipeline' AND ${validAt('q', view.asOf)}
    LEFT JOIN (${profiles(view)}) p ON p.lead_id = q.lead_ids[cardinality(q.lead_ids)]`;
}

/** Sources as the CRM writes them, in the form that those of touchpoints and investments have. */
async function spellings({ tx, workspace }: View): Promise<Sql> {
  const found = await rows<{ source: string }>(
    tx,
    sql`SELECT DISTINCT o.source FROM touchline.opportunity o WHERE o.workspace = ${workspace} AND o.source IS NOT NULL`,
  );
  const labels = found.map(({ source }) => ({ source, label: tagLabel(source) ?? null }));
  return sql`
    LEFT JOIN jsonb_to_recordset(${JSON.stringify(labels)}::jsonb) AS spelling (source text, label text)
      ON spelling.source = o.source`;
}

/** Won opportunities without a published rate at their close. */
export const unconvertedSales = (
  view: View,
  scope: ReportScope,
): Promise<{ currency: string; amount: string; opportunities: string[] }[]> =>
  rows(
    view.tx,
    sql`
    SELECT o.currency, sum(o.amount_minor)::text AS amount,
           array_agg(o.opportunity_id ORDER BY o.opportunity_id COLLATE "C") AS opportunities
    FROM touchline.opportunity o
    WHERE ${closed(view, scope)} AND o.status = 'won' AND ${reported(view, scope)} IS NULL
    GROUP BY o.currency
    ORDER BY o.currency COLLATE "C"`,
  );

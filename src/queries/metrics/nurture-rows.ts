import type { View } from '../read-models.js';
import type { ReportScope } from '../report-scope.js';
import { isInSegment } from '../segments.js';
import { allOf, empty, join, raw, rows, sql, type Sql } from '../sql.js';
import { reportedAmount } from './closed-cells.js';
import { cutColumns } from './cut-columns.js';
import type { CutRequest } from './cut-request.js';
import {
  IS_NURTURED,
  type LEAD_CUTS,
  leadColumns,
  leadJoins,
  leadOpportunities,
  leadSteps,
  TOOK_STEP_AT,
} from './lead-steps.js';

/** Steps that a nurture touch may lead to. Engaged is none of them: nurture touches earn the points that it needs themselves. */
export const LIFT_STEPS = ['qualified', 'accepted', 'opportunity', 'won'] as const;
export type LiftStep = (typeof LIFT_STEPS)[number];

export type NurtureRequest = CutRequest<(typeof LEAD_CUTS)[number]> & {
  readonly landmarkDays: number | undefined;
  readonly currency: string | undefined;
};

/** Leads of one group of a cell, and the closed opportunities that they are contacts of. */
export interface NurtureFigures {
  /** Of all leads, whatever the cuts. */
  readonly isTotal: boolean;
  readonly keys: readonly (string | null)[];
  readonly isNurtured: boolean;
  readonly total: number;
  /** Each by the place of the step; days from the first touch. */
  readonly leads: readonly number[];
  readonly days: readonly (number | null)[];
  readonly won: number;
  readonly lost: number;
  /** Minor units of the report's currency, of the `converted` ones among the won. */
  readonly revenue: string;
  readonly converted: number;
  readonly daysToWin: number | null;
}

/** The groups of all leads and, with cuts, those of each cell. The steps of leads are read once for both. */
export async function nurtureRows(
  view: View,
  scope: ReportScope,
  asked: NurtureRequest,
): Promise<NurtureFigures[]> {
  const cells = asked.by.length === 0 ? empty : sql`UNION ALL ${groups(view, scope, asked.by, false)}`;
  return rows<NurtureFigures>(
    view.tx,
    sql`
    WITH contact AS MATERIALIZED (${leadOpportunities(view)}),
    step AS (${await cohort(view, scope, asked)}),
    sale AS (${sales(view, scope)})
    ${groups(view, scope, [], true)} ${cells}`,
  );
}

/** Won opportunities of the cohort without a published rate at their close. */
export async function unconvertedNurtureSales(
  view: View,
  scope: ReportScope,
  asked: NurtureRequest,
): Promise<{ currency: string; amount: string; opportunities: string[] }[]> {
  return rows(
    view.tx,
    sql`
    WITH contact AS MATERIALIZED (${leadOpportunities(view)}),
    step AS (${await cohort(view, scope, asked)})
    SELECT sale.currency, sum(sale.amount_minor)::text AS amount,
           array_agg(sale.opportunity_id ORDER BY sale.opportunity_id COLLATE "C") AS opportunities
    FROM (SELECT DISTINCT sale.opportunity_id, sale.currency, sale.amount_minor
          FROM (${sales(view, scope)}) sale JOIN step ON step.lead_id = sale.lead_id
          WHERE sale.won AND sale.reported IS NULL) sale
    GROUP BY sale.currency
    ORDER BY sale.currency COLLATE "C"`,
  );
}

/**
 * Known leads: nobody can write to others. With a landmark only those that were followed to it and had taken no step by then are left,
 * so that both groups begin at the same point: J. R. Anderson, K. C. Cain and R. D. Gelber, "Analysis of survival by tumor response",
 * Journal of Clinical Oncology 1 (1983), 710–719.
 */
async function cohort(
  view: View,
  { from, to }: ReportScope,
  { by, segment, landmarkDays }: NurtureRequest,
): Promise<Sql> {
  const landmark = sql`step.first_touch_at + ${landmarkDays ?? 0} * interval '1 day'`;
  return sql`
    SELECT step.*, ${landmarkDays === undefined ? raw(IS_NURTURED) : sql`(step.nurtured_at <= ${landmark}) IS TRUE`} AS is_nurtured
    FROM (${await leadSteps(view, by, CONTACTS)}) step
    WHERE ${allOf([
      sql`step.known`,
      from ? sql`step.first_touch_at >= ${from}` : undefined,
      to ? sql`step.first_touch_at < ${to}` : undefined,
      segment === undefined ? undefined : isInSegment(view, raw('step.lead_id'), segment),
      landmarkDays === undefined
        ? undefined
        : sql`${landmark} <= ${view.at} AND (${raw(TOOK_STEP_AT)} > ${landmark}) IS NOT FALSE`,
    ])}`;
}

/** Opportunities of leads, read once for both. */
const CONTACTS = raw('SELECT * FROM contact');

/** Closed opportunities by the leads of the cohort that are contacts of them. */
const sales = (view: View, scope: ReportScope): Sql => sql`
  SELECT DISTINCT o.lead_id, o.opportunity_id, o.status = 'won' AS won, o.currency, o.amount_minor, ${reportedAmount(view, scope)} AS reported,
         date_part('epoch', o.closed_at - o.opened_at) / 86400 AS days
  FROM contact o
  WHERE o.closed_at IS NOT NULL AND o.lead_id IN (SELECT step.lead_id FROM step)`;

/** An opportunity is counted once in a cell, as nurtured if one of its contacts there is. */
function groups(view: View, { timeZone }: ReportScope, by: NurtureRequest['by'], isTotal: boolean): Sql {
  const cut = cutColumns(by, leadColumns(timeZone));
  const cell = sql`(SELECT ${cut.select} step.* FROM step ${leadJoins(view, by)}) cell`;
  const same = join(
    ['is_nurtured', ...by.map((_, index) => `key${index}`)].map((name) =>
      raw(`sold.${name} IS NOT DISTINCT FROM lead.${name}`),
    ),
    ' AND ',
  );
  return sql`
    SELECT ${isTotal}::boolean AS "isTotal", ${cut.keys} AS keys, is_nurtured AS "isNurtured", total, leads, days, won, lost, revenue,
           converted, days_to_win AS "daysToWin"
    FROM (
      SELECT lead.*, coalesce(sold.won, 0) AS won, coalesce(sold.lost, 0) AS lost, coalesce(sold.revenue, '0') AS revenue,
             coalesce(sold.converted, 0) AS converted, sold.days_to_win
      FROM (SELECT ${cut.names} is_nurtured, count(*)::int AS total, ${LEAD_FIGURES} FROM ${cell} GROUP BY ${cut.names} is_nurtured) lead
      LEFT JOIN (
        SELECT ${cut.names} is_nurtured, ${SALE_FIGURES}
        FROM (SELECT ${cut.names} sale.opportunity_id, sale.won, sale.reported, sale.days, bool_or(cell.is_nurtured) AS is_nurtured
              FROM ${cell} JOIN sale ON sale.lead_id = cell.lead_id
              GROUP BY ${cut.names} sale.opportunity_id, sale.won, sale.reported, sale.days) opportunity
        GROUP BY ${cut.names} is_nurtured) sold ON ${same}) cell`;
}

const LEAD_FIGURES = raw(`
  ARRAY[${LIFT_STEPS.map((step) => `count(${step}_at)::int`).join(', ')}] AS leads,
  ARRAY[${LIFT_STEPS.map(
    (
      step,
    ) => `percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', ${step}_at - first_touch_at) / 86400)
      FILTER (WHERE ${step}_at >= first_touch_at)`,
  ).join(', ')}] AS days`);

const SALE_FIGURES = raw(`
  count(*) FILTER (WHERE won)::int AS won, count(*) FILTER (WHERE NOT won)::int AS lost,
  coalesce(sum(reported) FILTER (WHERE won), 0)::text AS revenue, count(reported) FILTER (WHERE won)::int AS converted,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE won) AS days_to_win`);

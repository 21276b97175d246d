import { Lags } from '../../domain/planning/lags.js';
import {
  type History,
  LEAD_STEPS,
  type LeadStep,
  type Pipe,
  type StepHistory,
} from '../../domain/planning/plan.js';
import type { CreditView } from '../credit-ledger.js';
import { leadSteps } from '../metrics/lead-steps.js';
import { firstRow, raw, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import type { ClosedSales, OpenSales } from './sales.js';

/** From when to when rates are observed. */
export interface Window {
  readonly from: Date;
  readonly to: Date;
}

/** Quartiles of the days to the next step, and the ninth decile, after which a lead is mature. */
type MoveDays = readonly [p25: number, median: number, p75: number, p90: number];

export interface StepRow {
  /** Persona; empty: none. */
  readonly key: string;
  readonly step: LeadStep;
  readonly taken: number;
  readonly reached: number;
  readonly trials: number;
  readonly conversions: number;
  readonly days: MoveDays | null;
  readonly daysToWin: readonly number[] | null;
}

export interface OpenLeadsRow {
  readonly key: string;
  readonly step: LeadStep;
  /** Whole days since it reached the step. */
  readonly age: number;
  readonly count: number;
}

/**
 * The lead that brought an opportunity: the buyer whose touch was the last before its opening, as in the cut by persona. So an
 * opportunity counts for one lead, whatever the size of its committee.
 */
const brought = ({ workspace, asOf, ledger }: CreditView): Sql => sql`
  SELECT q.lead_ids[cardinality(q.lead_ids)] AS lead_id, min(o.opened_at) AS opportunity_at,
         min(o.closed_at) FILTER (WHERE o.status = 'won') AS won_at
  FROM touchline.opportunity o
  JOIN ${ledger.paths} q
    ON q.workspace = o.workspace AND q.opportunity_id = o.opportunity_id AND q.metric = 'pipeline' AND ${validAt('q', asOf)}
  WHERE o.workspace = ${workspace} AND ${validAt('o', asOf)}
  GROUP BY 1`;

/** Days from an instant to a later one. */
const days = (from: string, to: string): Sql => raw(`extract(epoch FROM ${to} - ${from})::float8 / 86400`);

/** A lead that took a step has reached those before it, at that time at the latest. */
const reached = (view: CreditView): Sql => sql`
  SELECT s.*, least(s.first_touch_at, s.reached_engaged) AS reached_lead
  FROM (SELECT s.*, least(s.engaged_at, s.reached_qualified) AS reached_engaged
        FROM (SELECT s.*, least(s.qualified_at, s.reached_accepted) AS reached_qualified
              FROM (SELECT s.lead_id, coalesce(s.persona, '') AS key, s.first_touch_at, s.engaged_at, s.qualified_at, s.accepted_at,
                           s.opportunity_at AS contact_at, b.won_at, least(b.opportunity_at, b.won_at) AS reached_opportunity,
                           least(s.accepted_at, b.opportunity_at, b.won_at) AS reached_accepted
                    FROM step s
                    LEFT JOIN (${brought(view)}) b ON b.lead_id = s.lead_id) s) s) s`;

/** Where leads stand that may still bring an opportunity: who was recycled is back among the engaged. */
const openLeads = ({ workspace, asOf, at }: CreditView): Sql => sql`
  SELECT key, step, greatest(0, floor(${days('since', 'now.at')}))::int AS age, count(*)::int AS count
  FROM (
    SELECT r.key,
           CASE WHEN l.status = 'accepted' THEN 'accepted'
                WHEN l.status IN ('qualified', 'handed_off') THEN 'qualified'
                WHEN r.engaged_at IS NOT NULL THEN 'engaged'
                ELSE 'lead' END AS step,
           CASE WHEN l.status IN ('accepted', 'qualified', 'handed_off') THEN l.since
                ELSE coalesce(r.engaged_at, r.first_touch_at) END AS since
    FROM reached r
    LEFT JOIN touchline.lead_lifecycle l
      ON l.workspace = ${workspace} AND l.lead_id = r.lead_id AND ${validAt('l', asOf)}
    LEFT JOIN touchline.lead_profile p
      ON p.workspace = ${workspace} AND p.lead_id = r.lead_id AND p.email_consent = 'unsubscribed' AND ${validAt('p', asOf)}
    WHERE r.contact_at IS NULL AND l.status IS DISTINCT FROM 'disqualified' AND p.lead_id IS NULL) r
  CROSS JOIN (SELECT ${at}::timestamptz AS at) now
  GROUP BY 1, 2, 3
  ORDER BY 1, 2, 3`;

/** What became of leads in the window, and where the leads of now stand. */
export async function leadRows(
  view: CreditView,
  { from, to }: Window,
): Promise<{ readonly steps: readonly StepRow[]; readonly open: readonly OpenLeadsRow[] }> {
  const within = (column: string): Sql => sql`${raw(column)} >= ${from} AND ${raw(column)} < ${to}`;
  const isTrial = sql`${within('m.at')} AND m.at <= ${view.at}::timestamptz - make_interval(secs => 86400 * coalesce(d.days[4], 0))`;
  const found = await firstRow<{ steps: StepRow[]; open: OpenLeadsRow[] }>(
    view.tx,
    sql`
    WITH step AS MATERIALIZED (${await leadSteps(view)}),
    reached AS MATERIALIZED (${reached(view)}),
    move AS MATERIALIZED (
      SELECT r.key, m.*, r.won_at
      FROM reached r
      CROSS JOIN LATERAL (VALUES ('lead', r.first_touch_at, r.reached_lead, r.reached_engaged),
                                 ('engaged', r.engaged_at, r.reached_engaged, r.reached_qualified),
                                 ('qualified', r.qualified_at, r.reached_qualified, r.reached_accepted),
                                 ('accepted', r.accepted_at, r.reached_accepted, r.reached_opportunity)) m (step, took, at, next)
      WHERE m.at IS NOT NULL),
    moved AS MATERIALIZED (
      SELECT key, step, percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY ${days('at', 'next')}) AS days
      FROM move WHERE ${within('next')} GROUP BY key, step),
    history AS (
      SELECT m.key, m.step, count(*) FILTER (WHERE ${within('m.took')})::int AS taken,
             count(*) FILTER (WHERE ${within('m.at')})::int AS reached,
             count(*) FILTER (WHERE ${isTrial})::int AS trials, count(m.next) FILTER (WHERE ${isTrial})::int AS conversions,
             min(d.days) AS days, array_agg(${days('m.at', 'm.won_at')}) FILTER (WHERE ${within('m.won_at')}) AS "daysToWin"
      FROM move m
      LEFT JOIN moved d ON d.key = m.key AND d.step = m.step
      GROUP BY m.key, m.step)
    SELECT (SELECT coalesce(json_agg(h), '[]') FROM history h) AS steps,
           (SELECT coalesce(json_agg(o), '[]') FROM (${openLeads(view)}) o) AS open`,
  );
  return found ?? { steps: [], open: [] };
}

const NO_STEP: StepHistory = {
  ...{ taken: 0, reached: 0, trials: 0, conversions: 0 },
  ...{ matureDays: null, days: null, daysToWin: new Lags([]) },
};

function stepHistory(row: StepRow | undefined): StepHistory {
  if (!row) return NO_STEP;
  const { taken, reached: all, trials, conversions, days: moves, daysToWin } = row;
  return {
    ...{ taken, reached: all, trials, conversions, matureDays: moves?.[3] ?? null },
    days: moves && [moves[0], moves[1], moves[2]],
    daysToWin: new Lags(daysToWin ?? []),
  };
}

export function historyOf(key: string, steps: readonly StepRow[], closed: ClosedSales | undefined): History {
  const at = (step: LeadStep): StepHistory =>
    stepHistory(steps.find((row) => row.key === key && row.step === step));
  const [lead, engaged, qualified, accepted] = LEAD_STEPS.map(at);
  return {
    leads: {
      lead: lead ?? NO_STEP,
      engaged: engaged ?? NO_STEP,
      qualified: qualified ?? NO_STEP,
      accepted: accepted ?? NO_STEP,
    },
    sales: {
      ...{ opened: closed?.opened ?? 0, won: closed?.won ?? 0, lost: closed?.lost ?? 0 },
      amounts: closed?.amounts ?? [],
      daysToWin: new Lags(closed?.daysToWin ?? []),
      daysToLoss: new Lags(closed?.daysToLoss ?? []),
    },
  };
}

export const pipeOf = (
  key: string,
  leads: readonly OpenLeadsRow[],
  opportunities: readonly OpenSales[],
): Pipe => ({
  leads: leads.filter((row) => row.key === key),
  opportunities: opportunities.filter((row) => row.key === key),
});

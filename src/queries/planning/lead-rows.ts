import type { LeadStep } from '../../domain/planning/plan.js';
import type { CreditView } from '../credit-ledger.js';
import { decidedLeads, leadOpportunities } from '../metrics/lead-steps.js';
import { firstRow, join, raw, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';

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

/** Days from an instant to a later one. As `extract` it would be a numeric, which costs five times as much. */
const days = (from: string, to: string): Sql => raw(`date_part('epoch', ${to} - ${from}) / 86400`);

/** A lead that took a step has reached those before it, at that time at the latest. */
const reached = async (view: CreditView): Promise<Sql> => sql`
  SELECT s.*, least(s.first_touch_at, s.reached_engaged) AS reached_lead
  FROM (SELECT s.*, least(s.engaged_at, s.reached_qualified) AS reached_engaged
        FROM (SELECT s.*, least(s.qualified_at, s.reached_accepted) AS reached_qualified
              FROM (SELECT s.lead_id, coalesce(s.persona, '') AS key, s.first_touch_at, s.engaged_at, s.qualified_at, s.accepted_at,
                           s.status, s.since, b.won_at, least(b.opportunity_at, b.won_at) AS reached_opportunity,
                           least(s.accepted_at, b.opportunity_at, b.won_at) AS reached_accepted
                    FROM (${await decidedLeads(view, [])}) s
                    LEFT JOIN (${brought(view)}) b ON b.lead_id = s.lead_id) s) s) s`;

/** Columns of `reached`: when a lead took a step, and when it had reached it and the next one. */
const STEPS = [
  { step: 'lead', took: 'r.first_touch_at', at: 'r.reached_lead', next: 'r.reached_engaged' },
  { step: 'engaged', took: 'r.engaged_at', at: 'r.reached_engaged', next: 'r.reached_qualified' },
  { step: 'qualified', took: 'r.qualified_at', at: 'r.reached_qualified', next: 'r.reached_accepted' },
  { step: 'accepted', took: 'r.accepted_at', at: 'r.reached_accepted', next: 'r.reached_opportunity' },
] as const;
type Step = (typeof STEPS)[number];

const within = (column: string, { from, to }: Window): Sql =>
  sql`${raw(column)} >= ${from} AND ${raw(column)} < ${to}`;

/** Leads by persona. Each step reads them again: as rows of one relation they would be sorted by texts, which costs ten times as much. */
const cell = ({ step, took, at, next }: Step, window: Window): Sql => sql`
  SELECT r.key, ${step}::text AS step, array_agg(${days(at, next)}) FILTER (WHERE ${within(next, window)}) AS moves,
         array_agg(${days(at, 'r.won_at')}) FILTER (WHERE ${within('r.won_at', window)}) AS days_to_win,
         count(*) FILTER (WHERE ${within(took, window)})::int AS taken, count(*) FILTER (WHERE ${within(at, window)})::int AS reached
  FROM reached r WHERE ${raw(at)} IS NOT NULL
  GROUP BY r.key`;

const trial = ({ step, at, next }: Step, window: Window): Sql => sql`
  SELECT r.key, c.step, count(*)::int AS trials, count(${raw(next)})::int AS conversions
  FROM reached r JOIN cell c ON c.key = r.key AND c.step = ${step}
  WHERE ${within(at, window)} AND ${raw(at)} <= c.mature_at
  GROUP BY r.key, c.step`;

const ofEachStep = (rowsOf: (step: Step, window: Window) => Sql, window: Window): Sql =>
  join(
    STEPS.map((step) => rowsOf(step, window)),
    ' UNION ALL ',
  );

/**
 * Where leads stand that may still bring an opportunity: who was recycled is back among the engaged. Offset 0 has those without
 * consent hashed.
 */
const openLeads = (view: CreditView): Sql => sql`
  SELECT key, step, greatest(0, date_part('day', now.at - since))::int AS age, count(*)::int AS count
  FROM (
    SELECT r.key,
           CASE WHEN r.status = 'accepted' THEN 'accepted'
                WHEN r.status IN ('qualified', 'handed_off') THEN 'qualified'
                WHEN r.engaged_at IS NOT NULL THEN 'engaged'
                ELSE 'lead' END AS step,
           CASE WHEN r.status IN ('accepted', 'qualified', 'handed_off') THEN r.since
                ELSE coalesce(r.engaged_at, r.first_touch_at) END AS since
    FROM reached r
    LEFT JOIN (SELECT p.lead_id FROM touchline.lead_profile p
               WHERE p.workspace = ${view.workspace} AND p.email_consent = 'unsubscribed' AND ${validAt('p', view.asOf)}
               OFFSET 0) p ON p.lead_id = r.lead_id
    WHERE r.status IS DISTINCT FROM 'disqualified' AND p.lead_id IS NULL
      AND NOT EXISTS (SELECT FROM (${leadOpportunities(view)}) o WHERE o.lead_id = r.lead_id)) r
  CROSS JOIN (SELECT ${view.at}::timestamptz AS at) now
  GROUP BY 1, 2, 3
  OFFSET 0`;

/** What became of leads in the window, and where the leads of now stand. */
export async function leadRows(
  view: CreditView,
  window: Window,
): Promise<{ readonly steps: readonly StepRow[]; readonly open: readonly OpenLeadsRow[] }> {
  const found = await firstRow<{ steps: StepRow[]; open: OpenLeadsRow[] }>(
    view.tx,
    sql`
    WITH reached AS MATERIALIZED (${await reached(view)}),
    cell AS MATERIALIZED (
      SELECT c.*, ${view.at}::timestamptz - make_interval(secs => 86400 * coalesce(c.days[4], 0)) AS mature_at
      FROM (SELECT c.*, (SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY m.days)
                         FROM unnest(c.moves) AS m (days)) AS days
            FROM (${ofEachStep(cell, window)}) c OFFSET 0) c),
    history AS (
      SELECT c.key, c.step, c.taken, c.reached, coalesce(t.trials, 0) AS trials, coalesce(t.conversions, 0) AS conversions,
             c.days, c.days_to_win AS "daysToWin"
      FROM cell c
      LEFT JOIN (${ofEachStep(trial, window)}) t ON t.key = c.key AND t.step = c.step)
    SELECT (SELECT coalesce(json_agg(h), '[]') FROM history h) AS steps,
           (SELECT coalesce(json_agg(o ORDER BY o.key, o.step, o.age), '[]') FROM (${openLeads(view)}) o) AS open`,
  );
  return found ?? { steps: [], open: [] };
}

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

const ofEachStep = (rowsOf: (step: Step) => Sql, separator: string): Sql =>
  join(STEPS.map(rowsOf), separator);

const within = (column: string, { from, to }: Window): Sql =>
  sql`${raw(column)} >= ${from} AND ${raw(column)} < ${to}`;

/**
 * Where a lead stands that may still bring an opportunity; NULL: it may not. Who was recycled is back among the engaged. Offset 0 has
 * those without consent hashed, and each of these times computed once: it is named in a dozen sums.
 */
const standing = async (view: CreditView): Promise<Sql> => sql`
  SELECT r.*,
         CASE WHEN r.status = 'disqualified' OR refused.lead_id IS NOT NULL OR contact.lead_id IS NOT NULL THEN NULL
              WHEN r.status = 'accepted' THEN 'accepted'
              WHEN r.status IN ('qualified', 'handed_off') THEN 'qualified'
              WHEN r.engaged_at IS NOT NULL THEN 'engaged'
              ELSE 'lead' END AS stands_at,
         CASE WHEN r.status IN ('accepted', 'qualified', 'handed_off') THEN r.since
              ELSE coalesce(r.engaged_at, r.first_touch_at) END AS stands_since
  FROM (${await reached(view)}) r
  LEFT JOIN (SELECT p.lead_id FROM touchline.lead_profile p
             WHERE p.workspace = ${view.workspace} AND p.email_consent = 'unsubscribed' AND ${validAt('p', view.asOf)}
             OFFSET 0) refused ON refused.lead_id = r.lead_id
  LEFT JOIN (SELECT DISTINCT o.lead_id FROM (${leadOpportunities(view)}) o) contact ON contact.lead_id = r.lead_id
  OFFSET 0`;

/**
 * Leads by persona, read once: by anything finer they would be sorted. Of those that reached a step in the window there are the times,
 * `moved` of those that reached the next one and `stayed` of the others, since which of them are mature follows from all; of those that
 * stand at it, `ages` has the whole days.
 */
const grouped = async (view: CreditView, window: Window): Promise<Sql> => sql`
  SELECT r.key, ${ofEachStep(({ step, took, at, next }) => {
    const [name, isIn] = [(column: string) => raw(`${step}_${column}`), within(at, window)];
    return sql`
         count(${raw(at)})::int AS ${name('all')}, count(*) FILTER (WHERE ${within(took, window)})::int AS ${name('taken')},
         array_agg(${raw(at)}) FILTER (WHERE ${isIn} AND ${raw(next)} IS NULL) AS ${name('stayed')},
         array_agg(${raw(at)}) FILTER (WHERE ${isIn} AND ${raw(next)} IS NOT NULL) AS ${name('moved')},
         array_agg(${days(at, next)}) FILTER (WHERE ${within(next, window)}) AS ${name('moves')},
         array_agg(${days(at, 'r.won_at')}) FILTER (WHERE ${within('r.won_at', window)}) AS ${name('wins')},
         array_agg(greatest(0, date_part('day', ${view.at}::timestamptz - r.stands_since))::int) FILTER (WHERE r.stands_at = ${step}) AS ${name('ages')}`;
  }, ', ')}
  FROM (${await standing(view)}) r
  GROUP BY r.key`;

/** The values that the leads of a persona have in a column of `grouped`. */
const values = (column: Sql): Sql => sql`unnest(${column}) AS one (value)`;

/** What became of leads that reached a step, by persona; a lead is mature after the ninth decile of the days to the next step. */
const history = ({ step }: Step, { at }: CreditView): Sql => {
  const column = (name: string): Sql => raw(`g.${step}_${name}`);
  return sql`
    SELECT g.key, ${step}::text AS step, ${column('taken')} AS taken,
           coalesce(cardinality(${column('stayed')}), 0) + coalesce(cardinality(${column('moved')}), 0) AS reached,
           stayed.count + moved.count AS trials, moved.count AS conversions, moves.days, ${column('wins')} AS "daysToWin"
    FROM grouped g
    CROSS JOIN LATERAL (SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY one.value) AS days
                        FROM ${values(column('moves'))}) moves
    CROSS JOIN LATERAL (SELECT ${at}::timestamptz - make_interval(secs => 86400 * coalesce(moves.days[4], 0)) AS at OFFSET 0) mature
    CROSS JOIN LATERAL (SELECT count(*)::int AS count FROM ${values(column('stayed'))} WHERE one.value <= mature.at) stayed
    CROSS JOIN LATERAL (SELECT count(*)::int AS count FROM ${values(column('moved'))} WHERE one.value <= mature.at) moved
    WHERE ${column('all')} > 0`;
};

const open = ({ step }: Step): Sql => sql`
  SELECT g.key, ${step}::text AS step, one.value AS age, count(*)::int AS count
  FROM grouped g CROSS JOIN LATERAL ${values(raw(`g.${step}_ages`))}
  GROUP BY g.key, one.value`;

/** What became of leads in the window, and where the leads of now stand. */
export async function leadRows(
  view: CreditView,
  window: Window,
): Promise<{ readonly steps: readonly StepRow[]; readonly open: readonly OpenLeadsRow[] }> {
  const found = await firstRow<{ steps: StepRow[]; open: OpenLeadsRow[] }>(
    view.tx,
    sql`
    WITH grouped AS MATERIALIZED (${await grouped(view, window)})
    SELECT (SELECT coalesce(json_agg(h), '[]') FROM (${ofEachStep((step) => history(step, view), ' UNION ALL ')}) h) AS steps,
           (SELECT coalesce(json_agg(o ORDER BY o.key, o.step, o.age), '[]') FROM (${ofEachStep(open, ' UNION ALL ')}) o) AS open`,
  );
  return found ?? { steps: [], open: [] };
}

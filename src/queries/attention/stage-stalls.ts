import { profiles } from '../metrics/buyer-touches.js';
import { leadOpportunities } from '../metrics/lead-steps.js';
import { stageSpells } from '../metrics/stage-moves.js';
import type { View } from '../read-models.js';
import { rows, sql, type Sql } from '../sql.js';
import { validAt } from '../valid-at.js';

/** Leads of a persona that stay in a stage longer than others did. */
export interface StalledStage {
  readonly persona: string | null;
  readonly stage: string;
  /** Third quartile of the days that leads which moved on had stayed, and how many moves it is of. */
  readonly usualDays: number;
  readonly moves: number;
  readonly inStage: number;
  readonly stalled: number;
  /** When the first of them had stayed so long. */
  readonly since: Date;
  /** When the next lead will have; null: none is left. */
  readonly worseAt: Date | null;
  /** Of all stages that are stalled. */
  readonly total: number;
}

/** Of fewer moves no usual time is taken. */
const LEAST_MOVES = 10;
/** Days before the instant whose moves show what is usual. */
const HISTORY_DAYS = 365;

/** As lifecycle_at (0074-lead-lifecycle.sql) has them, without what it says of all others. */
const goneLeads = (view: View): Sql => sql`
  SELECT p.lead_id FROM touchline.lead_profile p
  WHERE p.workspace = ${view.workspace} AND p.email_consent = 'unsubscribed' AND ${validAt('p', view.asOf)}
  UNION
  SELECT l.lead_id FROM touchline.lead_lifecycle l
  WHERE l.workspace = ${view.workspace} AND l.status = 'disqualified' AND ${validAt('l', view.asOf)}
  UNION
  SELECT o.lead_id FROM (${leadOpportunities(view)}) o WHERE o.status IN ('won', 'open')`;

/** Most leads first. Leads of opportunities and those that are out (disqualified, opted out) are not waited for. */
export const stalledStages = (view: View, at: Date, limit: number): Promise<StalledStage[]> =>
  rows<StalledStage>(
    view.tx,
    sql`
    WITH cell AS MATERIALIZED (
      SELECT p.persona, s.stage,
             array_agg(date_part('epoch', s.ended_at - s.began_at) / 86400) FILTER (WHERE s.ended_at > ${at}::timestamptz - make_interval(days => ${HISTORY_DAYS})) AS stays,
             array_agg(s.began_at) FILTER (WHERE s.ended_at IS NULL AND gone.lead_id IS NULL) AS waiting_since
      FROM (${stageSpells(view, at)}) s
      JOIN (${profiles(view)}) p ON p.lead_id = s.lead_id
      LEFT JOIN (${goneLeads(view)}) gone ON gone.lead_id = s.lead_id
      GROUP BY p.persona, s.stage)
    SELECT c.persona, c.stage, u.days AS "usualDays", cardinality(c.stays) AS moves, w.in_stage AS "inStage", w.stalled, w.since,
           w.worse_at AS "worseAt", count(*) OVER ()::int AS total
    FROM cell c
    CROSS JOIN LATERAL (SELECT percentile_cont(0.75) WITHIN GROUP (ORDER BY stay) AS days FROM unnest(c.stays) AS stay) u
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS in_stage, count(*) FILTER (WHERE late_at < ${at})::int AS stalled, min(late_at) AS since,
             min(late_at) FILTER (WHERE late_at >= ${at}) AS worse_at
      FROM (SELECT began_at + make_interval(secs => u.days * 86400) AS late_at FROM unnest(c.waiting_since) AS began_at) w) w
    WHERE cardinality(c.stays) >= ${LEAST_MOVES} AND w.stalled > 0
    ORDER BY w.stalled DESC, c.persona COLLATE "C" NULLS LAST, c.stage COLLATE "C"
    LIMIT ${limit}`,
  );

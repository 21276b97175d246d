import { profiles, stageSpells } from '../metrics/buyer-touches.js';
import type { View } from '../read-models.js';
import { rows, sql } from '../sql.js';

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

/** Most leads first. Leads of opportunities and those that are out (disqualified, opted out) are not waited for. */
export const stalledStages = (view: View, at: Date, limit: number): Promise<StalledStage[]> =>
  rows<StalledStage>(
    view.tx,
    sql`
    WITH spell AS MATERIALIZED (
      SELECT p.persona, s.lead_id, s.stage, s.began_at, CASE WHEN s.ended_at <= ${at} THEN s.ended_at END AS ended_at
      FROM (${stageSpells(view)}) s JOIN (${profiles(view)}) p ON p.lead_id = s.lead_id
      WHERE s.began_at <= ${at}),
    usual AS MATERIALIZED (
      SELECT coalesce(persona, '') AS key, stage, count(*)::int AS moves,
             percentile_cont(0.75) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - began_at)::float8 / 86400) AS days
      FROM spell WHERE ended_at > ${at}::timestamptz - make_interval(days => ${HISTORY_DAYS})
      GROUP BY 1, 2 HAVING count(*) >= ${LEAST_MOVES}),
    gone AS MATERIALIZED (
      SELECT f.lead_id FROM touchline.lifecycle_at(${view.asOf}::bigint) f
      WHERE f.workspace = ${view.workspace} AND (f.has_won OR f.has_open OR f.opted_out OR f.status = 'disqualified')),
    waiting AS (
      SELECT s.persona, s.stage, u.days, u.moves, s.began_at + make_interval(secs => u.days * 86400) AS late_at
      FROM spell s
      JOIN usual u ON u.key = coalesce(s.persona, '') AND u.stage = s.stage
      WHERE s.ended_at IS NULL AND NOT EXISTS (SELECT FROM gone WHERE gone.lead_id = s.lead_id))
    SELECT persona, stage, days AS "usualDays", moves, count(*)::int AS "inStage", count(*) FILTER (WHERE late_at < ${at})::int AS stalled,
           min(late_at) AS since, min(late_at) FILTER (WHERE late_at >= ${at}) AS "worseAt", count(*) OVER ()::int AS total
    FROM waiting
    GROUP BY persona, stage, days, moves
    HAVING count(*) FILTER (WHERE late_at < ${at}) > 0
    ORDER BY stalled DESC, persona COLLATE "C" NULLS LAST, stage COLLATE "C"
    LIMIT ${limit}`,
  );

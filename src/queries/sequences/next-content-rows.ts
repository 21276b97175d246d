import { engaged, type Period } from '../metrics/buyer-touches.js';
import { leadMoves, movesBefore, placesOf, reachedStages } from '../metrics/stage-moves.js';
import type { View } from '../read-models.js';
import { rows, sql, type Sql } from '../sql.js';

/** Stays of leads of a persona in a stage; with `after`, those that had another content after this one. */
export interface SimilarJourneys {
  readonly persona: string | null;
  readonly stage: string | null;
  readonly after: string | null;
  readonly withinDays: number;
}

export interface NextContentRow {
  /** Null: touches without a content. */
  readonly content: string | null;
  readonly journeys: number;
  /** In time after the touch of the content. */
  readonly advanced: number;
  /** Of `journeys`, in time after the first touch of the journey. */
  readonly advanced_from_start: number;
  /** Journeys that began with it. */
  readonly first: number;
  /** Of `first`, those that advanced in time. */
  readonly first_advanced: number;
}

/**
 * For each content the journeys that had it, and what became of them. A move that a touch itself causes does not count: the stage is the
 * one after the touch. Touches of the last days are left out, since their outcome is not known yet.
 */
export async function nextContentRows(
  view: View,
  period: Period,
  asked: SimilarJourneys,
): Promise<NextContentRow[]> {
  const stages = await reachedStages(view);
  const within = sql`${asked.withinDays} * interval '1 day'`;
  const touches = stageTouches(view, period, { ...asked, stages });
  return rows<NextContentRow>(
    view.tx,
    sql`
    SELECT content_id AS content, count(*)::int AS journeys, count(*) FILTER (WHERE advanced_at <= at + ${within})::int AS advanced,
           count(*) FILTER (WHERE advanced_at <= began_at + ${within})::int AS advanced_from_start,
           count(*) FILTER (WHERE is_first)::int AS first,
           count(*) FILTER (WHERE is_first AND advanced_at <= began_at + ${within})::int AS first_advanced
    FROM (${asked.after === null ? contentsOf(touches) : choiceAfter(touches, asked.after)}) step
    GROUP BY content_id`,
  );
}

/** Each content of a journey once, at its first touch. */
const contentsOf = (touches: Sql): Sql => sql`
  SELECT DISTINCT ON (lead_id, moves, content_id) content_id, at, advanced_at, first_value(at) OVER journey AS began_at,
         row_number() OVER journey = 1 AS is_first
  FROM (${touches}) touch
  WINDOW journey AS (PARTITION BY lead_id, moves ORDER BY at, event_id)
  ORDER BY lead_id, moves, content_id, at, event_id`;

/** The one content of each journey that came next after this one. */
const choiceAfter = (touches: Sql, after: string): Sql => sql`
  SELECT DISTINCT ON (lead_id, moves) content_id, at, advanced_at, at AS began_at, true AS is_first
  FROM (SELECT touch.*, min(at) FILTER (WHERE content_id = ${after}) OVER (PARTITION BY lead_id, moves) AS after_at
        FROM (${touches}) touch) touch
  WHERE at > after_at AND content_id <> ${after}
  ORDER BY lead_id, moves, at, event_id`;

/** Touches of leads in the stage, each with the number of moves before it, and when the lead moved on to a later stage. */
function stageTouches(
  view: View,
  period: Period,
  { persona, stage, withinDays, stages }: SimilarJourneys & { readonly stages: readonly string[] },
): Sql {
  return sql`
    SELECT lead_id, at, event_id, content_id, moves,
           CASE WHEN moves = 0 THEN moved_at[1]
                WHEN places[moved_to[moves + 1]] > places[moved_to[moves]] THEN moved_at[moves + 1] END AS advanced_at
    FROM (
      SELECT j.lead_id, j.occurred_at AS at, j.event_id, j.content_id, l.moved_at, l.moved_to, ${movesBefore('<=')} AS moves,
             ${placesOf(view, stages)} AS places
      FROM touchline.journey j
      JOIN (${leadMoves(view, stages)}) l ON l.lead_id = j.lead_id
      WHERE ${engaged(view, period)} AND l.persona IS NOT DISTINCT FROM ${persona}
        AND j.occurred_at <= ${view.at}::timestamptz - ${withinDays} * interval '1 day'
      OFFSET 0) j
    WHERE (${stages}::text[])[moved_to[moves]] IS NOT DISTINCT FROM ${stage}`;
}

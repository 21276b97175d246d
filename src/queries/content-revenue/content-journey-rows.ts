import { engaged, type Period } from '../metrics/buyer-touches.js';
import type { View } from '../read-models.js';
import { rows, sql } from '../sql.js';
import { validAt } from '../valid-at.js';

const ALWAYS: Period = { from: null, to: null };

export interface StageRow {
  readonly stage: string | null;
  readonly touches: number;
  readonly leads: number;
}

/** The stages that people were in, or moved to, when they touched a content. */
export const stagesOfContent = (view: View, period: Period, contentId: string): Promise<StageRow[]> =>
  rows<StageRow>(
    view.tx,
    sql`
    SELECT stage, count(*)::int AS touches, count(DISTINCT lead_id)::int AS leads
    FROM (SELECT j.lead_id, (SELECT t.to_stage FROM touchline.stage_transition t
                             WHERE t.workspace = ${view.workspace} AND t.lead_id = j.lead_id AND ${validAt('t', view.asOf)}
                               AND (t.at, t.event_id) <= (j.occurred_at, j.event_id)
                             ORDER BY t.at DESC, t.event_id DESC
                             LIMIT 1) AS stage
          FROM touchline.journey j
          WHERE ${engaged(view, period)} AND j.content_id = ${contentId}) touch
    GROUP BY stage
    ORDER BY touches DESC, stage COLLATE "C" NULLS LAST`,
  );

export type Side = 'before' | 'after';

export interface NeighbourRow {
  readonly side: Side;
  readonly content: string | null;
  readonly times: number;
  readonly leads: number;
}

/**
 * The contents that people touched directly before and after a content in the period, the most frequent of each side; touches of the same
 * one that follow one another are one. Null: there was none before, or none came after.
 */
export const neighbours = (
  view: View,
  period: Period,
  { contentId, limit }: { readonly contentId: string; readonly limit: number },
): Promise<NeighbourRow[]> =>
  rows<NeighbourRow>(
    view.tx,
    sql`
    SELECT side, content, times, leads
    FROM (
      SELECT neighbour.*, row_number() OVER (PARTITION BY side ORDER BY times DESC, content COLLATE "C" NULLS LAST) AS nr
      FROM (
        SELECT beside.side, beside.content, count(*)::int AS times, count(DISTINCT touch.lead_id)::int AS leads
        FROM (SELECT j.lead_id, j.content_id, j.occurred_at AS at, lag(j.content_id) OVER journey AS before, lead(j.content_id) OVER journey AS after
              FROM touchline.journey j
              WHERE ${engaged(view, ALWAYS)} AND j.content_id IS NOT NULL
                AND j.lead_id IN (SELECT j.lead_id FROM touchline.journey j WHERE ${engaged(view, period)} AND j.content_id = ${contentId})
              WINDOW journey AS (PARTITION BY j.lead_id ORDER BY j.occurred_at, j.event_id)) touch
        CROSS JOIN LATERAL (VALUES ('before', touch.before), ('after', touch.after)) AS beside (side, content)
        WHERE touch.content_id = ${contentId} AND beside.content IS DISTINCT FROM ${contentId}
          AND (${period.from}::timestamptz IS NULL OR at >= ${period.from}) AND (${period.to}::timestamptz IS NULL OR at < ${period.to})
        GROUP BY beside.side, beside.content) neighbour) neighbour
    WHERE nr <= ${limit}
    ORDER BY side, nr`,
  );

/** Leads that touched a content in a period. */
export const readersOf = async (view: View, period: Period, contentId: string): Promise<number> => {
  const [found] = await rows<{ leads: number }>(
    view.tx,
    sql`
    SELECT count(DISTINCT j.lead_id)::int AS leads FROM touchline.journey j
    WHERE ${engaged(view, period)} AND j.content_id = ${contentId}`,
  );
  return found?.leads ?? 0;
};

/** Whether any touchpoint of the workspace, of whatever kind, names a content. */
export const isTouched = async ({ tx, workspace, asOf }: View, contentId: string): Promise<boolean> => {
  const [found] = await rows<{ touched: boolean }>(
    tx,
    sql`
    SELECT EXISTS (SELECT FROM touchline.journey j
                   WHERE j.workspace = ${workspace} AND j.content_id = ${contentId} AND ${validAt('j', asOf)}) AS touched`,
  );
  return found?.touched ?? false;
};

import { engaged, type Period } from '../metrics/buyer-touches.js';
import type { View } from '../read-models.js';
import { raw, rows, sql } from '../sql.js';
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

export interface NeighbourRow {
  readonly content: string | null;
  readonly times: number;
  readonly leads: number;
}

/**
 * The contents that people touched directly before or after a content in the period; touches of the same one that follow one another
 * are one. Null: there was none before, or none came after.
 */
export const neighbours = (
  view: View,
  period: Period,
  {
    contentId,
    limit,
    side,
  }: { readonly contentId: string; readonly limit: number; readonly side: 'before' | 'after' },
): Promise<NeighbourRow[]> =>
  rows<NeighbourRow>(
    view.tx,
    sql`
    SELECT neighbour AS content, count(*)::int AS times, count(DISTINCT lead_id)::int AS leads
    FROM (SELECT j.lead_id, j.content_id, j.occurred_at AS at,
                 ${raw(side === 'before' ? 'lag' : 'lead')}(j.content_id) OVER (PARTITION BY j.lead_id ORDER BY j.occurred_at, j.event_id) AS neighbour
          FROM touchline.journey j
          WHERE ${engaged(view, ALWAYS)} AND j.content_id IS NOT NULL
            AND j.lead_id IN (SELECT j.lead_id FROM touchline.journey j WHERE ${engaged(view, period)} AND j.content_id = ${contentId})) touch
    WHERE content_id = ${contentId} AND neighbour IS DISTINCT FROM ${contentId}
      AND (${period.from}::timestamptz IS NULL OR at >= ${period.from}) AND (${period.to}::timestamptz IS NULL OR at < ${period.to})
    GROUP BY neighbour
    ORDER BY times DESC, neighbour COLLATE "C" NULLS LAST
    LIMIT ${limit}`,
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

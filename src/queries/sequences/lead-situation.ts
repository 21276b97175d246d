import { engaged, profiles } from '../metrics/buyer-touches.js';
import type { View } from '../read-models.js';
import { firstRow, rows, sql } from '../sql.js';
import { validAt } from '../valid-at.js';

/** Where a lead stands, and what it has seen. */
export interface LeadSituation {
  readonly persona: string | null;
  readonly stage: string | null;
  /** The content of its last touch that has one. */
  readonly lastContent: string | null;
  readonly contents: ReadonlySet<string>;
}

export async function leadSituation(view: View, leadId: string): Promise<LeadSituation> {
  const found = await firstRow<{ persona: string | null; stage: string | null }>(
    view.tx,
    sql`
    SELECT l.persona, (SELECT t.to_stage FROM touchline.stage_transition t
                       WHERE t.workspace = ${view.workspace} AND t.lead_id = l.lead_id AND ${validAt('t', view.asOf)}
                       ORDER BY t.at DESC, t.event_id DESC
                       LIMIT 1) AS stage
    FROM (${profiles(view)}) l
    WHERE l.lead_id = ${leadId}`,
  );
  const contents = await rows<{ content_id: string }>(
    view.tx,
    sql`
    SELECT j.content_id FROM touchline.journey j
    WHERE ${engaged(view, { from: null, to: null })} AND j.lead_id = ${leadId} AND j.content_id IS NOT NULL
    GROUP BY j.content_id
    ORDER BY max(j.occurred_at) DESC, j.content_id COLLATE "C"`,
  );
  return {
    ...{ persona: found?.persona ?? null, stage: found?.stage ?? null },
    lastContent: contents[0]?.content_id ?? null,
    contents: new Set(contents.map(({ content_id }) => content_id)),
  };
}

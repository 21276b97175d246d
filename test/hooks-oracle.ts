import type { HookCut } from '../src/domain/engagement/hook-counts.js';
import { cataloguedContents } from '../src/queries/catalogue-rows.js';
import { engaged, type Period, profiles } from '../src/queries/metrics/buyer-touches.js';
import { cutColumns } from '../src/queries/metrics/cut-columns.js';
import { leadMoves, movesBefore, reachedStages } from '../src/queries/metrics/stage-moves.js';
import type { View } from '../src/queries/read-models.js';
import { isInSegment, segmentMembers } from '../src/queries/segments.js';
import { allOf, empty, raw, rows, sql, type Sql } from '../src/queries/sql.js';
import { monthStart } from './local-month.js';

export interface HookQuery {
  readonly by: readonly HookCut[];
  readonly persona: string | undefined;
  readonly stage: string | undefined;
  readonly segment: string | undefined;
}

const keysOf = (view: View, stages: readonly string[]): Readonly<Record<HookCut, Sql>> => ({
  content: raw('j.content_id'),
  offer: raw('coalesce(d.type, j.content_type)'),
  channel: raw('j.channel'),
  source: raw('j.source'),
  campaign: raw('j.campaign'),
  persona: raw('l.persona'),
  segment: raw('member.segment_id'),
  stage: sql`(${stages}::text[])[l.moved_to[${movesBefore('<')}]]`,
  month: monthStart(view),
});

export interface HookRow {
  readonly keys: readonly (string | null)[];
  readonly title: string | null;
  readonly buyers: number;
  readonly touches: number;
}

/** What src/domain/engagement/hook-counts.ts counts, in SQL. A lead is counted once in a cell: its touchpoints are counted first, which hashes instead of sorting all of them. So does
 * the join: from a CTE leads come in no order, in which the planner would read touchpoints by index for twice the time. */
export async function hookRows(view: View, period: Period, asked: HookQuery): Promise<HookRow[]> {
  const { by, persona, segment, stage } = asked;
  const has = (...cuts: HookCut[]): boolean => cuts.some((cut) => by.includes(cut));
  const byStage = has('stage') || stage !== undefined;
  const stages = byStage ? await reachedStages(view) : [];
  const keys = keysOf(view, stages);
  const cut = cutColumns(by, keys);
  const readsLeads = byStage || has('persona') || persona !== undefined;
  const leads = byStage ? leadMoves(view, stages) : profiles(view);
  const query = sql`
    ${readsLeads ? sql`WITH lead AS MATERIALIZED (${leads})` : empty}
    SELECT ${cut.keys} AS keys, max(title COLLATE "C") AS title, count(*)::int AS buyers, sum(touches)::int AS touches
    FROM (
      SELECT ${cut.select} ${raw(has('content') ? 'max(j.content_title COLLATE "C")' : 'NULL::text')} AS title, count(*) AS touches
      FROM touchline.journey j
      ${has('offer') ? sql`LEFT JOIN (${cataloguedContents(view)}) d ON d.content_id = j.content_id` : empty}
      ${raw(readsLeads ? 'JOIN lead l ON l.lead_id = j.lead_id' : '')}
      ${has('segment') ? sql`LEFT JOIN (${segmentMembers(view)}) member ON member.lead_id = j.lead_id` : empty}
      WHERE ${allOf([
        engaged(view, period),
        persona === undefined ? undefined : sql`l.persona = ${persona}`,
        stage === undefined ? undefined : sql`${keys.stage} = ${stage}`,
        segment === undefined ? undefined : isInSegment(view, raw('j.lead_id'), segment),
        has('content') ? sql`j.content_id IS NOT NULL` : undefined,
        has('offer') ? sql`coalesce(d.type, j.content_type) IS NOT NULL` : undefined,
        has('channel', 'source', 'campaign') ? HAS_ORIGIN : undefined,
      ])}
      GROUP BY ${cut.names} j.lead_id) cell
    ${cut.group}
    ORDER BY ${cut.time}buyers DESC${cut.ties}`;
  return rows<HookRow>(view.tx, query);
}

/** It does not have the origin of its session only, which the touchpoint that set it counts for. */
const HAS_ORIGIN = raw(
  `NOT (j.session = 'within' AND j.channel = 'direct' AND coalesce(j.source, j.medium, j.campaign) IS NULL)`,
);

import { cellName, cellNames } from '../cell-names.js';
import { slice } from '../attribution.js';
import { checkNames } from '../leads.js';
import type { RawParams } from '../params.js';
import type { View } from '../read-models.js';
import { Enums, Integer, MaybeInstant, MaybeText, MaybeTexts, NestedList, Text } from '../response-fields.js';
import { cataloguedContents } from '../catalogue-rows.js';
import { isInSegment, segmentMembers } from '../segments.js';
import { allOf, empty, raw, rows, sql, type Sql } from '../sql.js';
import { engaged, MONTH_START, type Period, profiles } from './buyer-touches.js';
import { cutColumns } from './cut-columns.js';
import {
  CUT_PARAMETERS,
  CutAnswer,
  type CutRequest,
  cutRequestOf,
  cutsOf,
  resolveCuts,
} from './cut-request.js';
import { defineMetric } from './metric.js';
import { leadMoves, movesBefore, reachedStages } from './stage-moves.js';

/** What may have hooked a buyer; a report is cut by one of them. */
const HOOKS = ['content', 'offer', 'channel', 'source', 'campaign'] as const;
export const HOOK_CUTS = [...HOOKS, 'persona', 'segment', 'stage', 'month'] as const;
type HookCut = (typeof HOOK_CUTS)[number];

export class HookItem {
  @MaybeText('Value of the cut in `by`; null: there is none. With several cuts, `keys` as a JSON array')
  key!: string | null;
  @MaybeTexts('The value of each cut, in the order of `by`') keys!: (string | null)[];
  @Text('Label for display: names of content, campaign, persona and stage, else the key, or "(none)"')
  label!: string;
  @Integer('Leads with a touchpoint in the cell') buyers!: number;
  @Integer(
    'Their touchpoints in the cell; by channel, source or campaign without those that only have it from their session',
  )
  touches!: number;
}

class HooksAnswer extends CutAnswer {
  @Enums('Cuts', HOOK_CUTS) by!: HookCut[];
  @MaybeInstant('Start, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @MaybeText('Only leads of this persona') persona!: string | null;
  @MaybeText('Only touchpoints of leads in this buying stage') stage!: string | null;
  @NestedList('Most buyers first; by time if the first cut is the month', () => HookItem) rows!: HookItem[];
}
export type { HooksAnswer };

type Asked = CutRequest<HookCut> & {
  readonly persona: string | undefined;
  readonly stage: string | undefined;
};

const parse = (workspace: string, given: RawParams): Asked =>
  cutRequestOf(
    workspace,
    given,
    { name: 'hooks', cuts: HOOK_CUTS, defaultCuts: ['content'] },
    {
      names: ['persona', 'stage'],
      read: (params, by) => {
        if (by.filter((cut) => HOOKS.some((hook) => hook === cut)).length > 1)
          params.fault(
            'cut-too-many',
            'by',
            `cuts by one of ${HOOKS.join(', ')}, and by persona, segment, stage and month`,
          );
        return { persona: params.text('persona'), stage: params.text('stage') };
      },
    },
  );

async function find(view: View, asked: Asked): Promise<HooksAnswer> {
  checkNames(view, asked);
  const { by } = asked;
  const period = await resolveCuts(view, asked);
  const { page, next } = slice(asked.request, view, await hookRows(view, period, asked));
  const names = await cellNames(view, by, page);
  return {
    asOf: String(view.asOf),
    modelVersion: view.modelVersion,
    ...cutsOf(asked),
    ...{ from: period.from, to: period.to, persona: asked.persona ?? null, stage: asked.stage ?? null },
    rows: page.map(({ buyers, touches, ...cell }) => ({ ...cellName(cell, by, names), buyers, touches })),
    next,
  };
}

const DESCRIPTION = `
Leads that engaged with a content, an offer (type of content) or a channel: with a touchpoint of a kind that attribution counts, and
not one that they only received. \`persona\` is that of the lead, \`stage\` the buying stage in which the touchpoint reached it (null:
none yet). By channel, source and campaign a
visit counts where it came from, not its pages.

Example: Ada, a CTO, opened the buying guide from a search on 4 January, before she was in any stage, and downloaded it from the newsletter half
an hour later; on 13 January, in stage explore, she looked at the prices. By content and stage: buying-guide in no stage 1 buyer with 2
touches, pricing in explore 1 buyer with 1 touch.`;

/** Buyers engaged by what hooked them. */
export const hooks = defineMetric({
  name: 'hooks',
  summary: 'Get buyers engaged by content, offer or channel',
  description: DESCRIPTION,
  answer: HooksAnswer,
  parameters: ['hookedBy', 'persona', 'stage', ...CUT_PARAMETERS],
  projections: ['journey', 'catalogue'],
  parse,
  find,
});

const keysOf = (stages: readonly string[]): Readonly<Record<HookCut, Sql>> => ({
  content: raw('j.content_id'),
  offer: raw('coalesce(d.type, j.content_type)'),
  channel: raw('j.channel'),
  source: raw('j.source'),
  campaign: raw('j.campaign'),
  persona: raw('l.persona'),
  segment: raw('member.segment_id'),
  stage: sql`(${stages}::text[])[l.moved_to[${movesBefore('<')}]]`,
  month: MONTH_START,
});

interface HookRow {
  readonly keys: readonly (string | null)[];
  readonly title: string | null;
  readonly buyers: number;
  readonly touches: number;
}

/** A lead is counted once in a cell: its touchpoints are counted first, which hashes instead of sorting all of them. So does
 * the join: from a CTE leads come in no order, in which the planner would read touchpoints by index for twice the time. */
async function hookRows(view: View, period: Period, asked: Asked): Promise<HookRow[]> {
  const { by, persona, segment, stage } = asked;
  const has = (...cuts: HookCut[]): boolean => cuts.some((cut) => by.includes(cut));
  const byStage = has('stage') || stage !== undefined;
  const stages = byStage ? await reachedStages(view) : [];
  const keys = keysOf(stages);
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

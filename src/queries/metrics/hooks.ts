import { HOOK_CUTS, type HookCut, HOOKS } from '../../domain/engagement/hook-counts.js';
import { cellName, cellNames } from '../cell-names.js';
import { cellPage, hookCells } from '../engagement/engagement-queries.js';
import type { Engagement } from '../engagement/engagement.js';
import { checkNames } from '../leads.js';
import type { RawParams } from '../params.js';
import type { View } from '../read-models.js';
import { Enums, Integer, MaybeInstant, MaybeText, MaybeTexts, NestedList, Text } from '../response-fields.js';
import {
  CUT_PARAMETERS,
  CutAnswer,
  type CutRequest,
  cutRequestOf,
  cutsOf,
  resolveCuts,
} from './cut-request.js';
import { defineMetric } from './metric.js';

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

async function find(view: View, asked: Asked, engagement: Engagement): Promise<HooksAnswer> {
  checkNames(view, asked);
  const { by } = asked;
  const period = await resolveCuts(view, asked);
  const { page, next } = await cellPage(asked.request, view, (range) =>
    hookCells(view, engagement, period, asked, range),
  );
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

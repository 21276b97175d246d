import { INFLUENCE_CUTS, type InfluenceCut } from '../../domain/engagement/influence-selection.js';
import { money } from '../../domain/attribution/money.js';
import { creditRows } from '../attribution-rows.js';
import { cellName, cellNames } from '../cell-names.js';
import { withLedger } from '../credit-ledger.js';
import { cellPage, influenceCells } from '../engagement/engagement-queries.js';
import type { Engagement, InfluenceCell } from '../engagement/engagement.js';
import { checkNames } from '../leads.js';
import { MoneyItem } from '../money.js';
import type { RawParams } from '../params.js';
import type { View } from '../read-models.js';
import { DEFAULT_MODEL, MODEL_NAMES, type ModelName } from '../report-scope.js';
import {
  Enum,
  Enums,
  Integer,
  MaybeDecimal,
  MaybeInstant,
  MaybeNested,
  MaybeText,
  MaybeTexts,
  NestedList,
  Text,
} from '../response-fields.js';
import {
  CUT_PARAMETERS,
  CutAnswer,
  type CutRequest,
  cutRequestOf,
  cutsOf,
  resolveCuts,
} from './cut-request.js';
import { defineMetric } from './metric.js';

export class InfluenceItem {
  @MaybeText('The content; with several cuts, `keys` as a JSON array') key!: string | null;
  @MaybeTexts('The value of each cut, in the order of `by`; null: no persona, segment or stage') keys!: (
    string | null
  )[];
  @Text('Label for display: title of the content, names of persona and stage') label!: string;
  @Integer('Leads that touched it') leads!: number;
  @Integer(
    'How often a lead touched it in a stage and month in which others of its persona did not: a lead counts once for each',
  )
  compared!: number;
  @MaybeDecimal('Share of `compared` that moved to a later stage within the days; null: none is compared')
  advancedWith!: number | null;
  @MaybeDecimal(
    'The same of the leads without it, at the same persona, stage and month in the same proportions',
  )
  advancedWithout!: number | null;
  @MaybeDecimal('advancedWith / advancedWithout; null: nobody advanced without it') lift!: number | null;
  @MaybeNested(
    'Revenue credited to it in the period, whoever touched it; null if cut by persona, segment or stage',
    () => MoneyItem,
  )
  credit!: MoneyItem | null;
}

class ContentInfluenceAnswer extends CutAnswer {
  @Enums('Cuts', INFLUENCE_CUTS) by!: InfluenceCut[];
  @Integer('Days in which a lead had to advance') withinDays!: number;
  @Enum('Attribution model of the credit', MODEL_NAMES) model!: string;
  @Text('Currency of the credit: that of the journey model') currency!: string;
  @MaybeInstant('Start, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @NestedList('Most leads first; by time if the first cut is the month', () => InfluenceItem)
  rows!: InfluenceItem[];
}
export type { ContentInfluenceAnswer };

interface Others {
  readonly withinDays: number;
  readonly persona: string | undefined;
  readonly stage: string | undefined;
  readonly model: ModelName;
  readonly currency: string | undefined;
}

type Asked = CutRequest<InfluenceCut> & Others;

const DEFAULT_DAYS = 30;

const ORIGIN =
  'how a buyer came to a content is no property of those without it, whom they are compared with; hooks is cut by it';

const parse = (workspace: string, given: RawParams): Asked =>
  cutRequestOf<InfluenceCut, Others>(
    workspace,
    given,
    {
      name: 'content-influence',
      cuts: INFLUENCE_CUTS,
      defaultCuts: ['content'],
      meaningless: { source: ORIGIN, campaign: ORIGIN },
    },
    {
      names: ['withinDays', 'persona', 'stage', 'model', 'currency'],
      read: (params, by) => {
        if (!by.includes('content')) params.fault('cut-missing', 'by', 'must have content among the cuts');
        return {
          withinDays: params.integer('withinDays', 1, 365) ?? DEFAULT_DAYS,
          persona: params.text('persona'),
          stage: params.text('stage'),
          model: params.oneOf('model', MODEL_NAMES) ?? DEFAULT_MODEL,
          currency: params.text('currency'),
        };
      },
    },
  );

async function find(opened: View, asked: Asked, engagement: Engagement): Promise<ContentInfluenceAnswer> {
  checkNames(opened, asked);
  const { by, model, withinDays, currency } = asked;
  const scope = await resolveCuts(opened, asked, { metric: 'revenue', currency });
  const view = await withLedger(opened, { metric: 'revenue', models: [model] });
  const { page, next } = await cellPage(asked.request, view, (range) =>
    influenceCells(view, engagement, scope, asked, range),
  );
  const names = await cellNames(view, by, page);
  const credited = by.filter((cut) => cut === 'content' || cut === 'month');
  const credits = credited.length === by.length ? await creditRows(view, scope, { model, by: credited }) : [];
  const creditOf = new Map(credits.map(({ keys, value }) => [JSON.stringify(keys), value]));
  return {
    asOf: String(view.asOf),
    modelVersion: view.modelVersion,
    ...cutsOf(asked),
    ...{ withinDays, model, currency: scope.currency, from: scope.from, to: scope.to },
    rows: page.map((row) => ({
      ...cellName(row, by, names),
      leads: row.leads,
      ...comparison(row),
      credit:
        credited.length === by.length
          ? money(creditOf.get(JSON.stringify(row.keys)) ?? 0n, scope.currency)
          : null,
    })),
    next,
  };
}

export type Comparison = Pick<InfluenceItem, 'compared' | 'advancedWith' | 'advancedWithout' | 'lift'>;

type Figures = Pick<InfluenceCell, 'compared' | 'advanced' | 'expected'>;

/** Shares and their ratio, six decimals. */
export function comparison({ compared, advanced, expected }: Figures): Comparison {
  const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
  return {
    compared,
    advancedWith: compared === 0 ? null : rounded(advanced / compared),
    advancedWithout: compared === 0 ? null : rounded(expected / compared),
    lift: expected === 0 ? null : rounded(advanced / expected),
  };
}

const DESCRIPTION = `
Leads that touched each content, the share of them that moved to a later buying stage within \`withinDays\` (default ${DEFAULT_DAYS}), beside the
share of leads without it, and the credited revenue.

The comparison is between equals: a lead that touched the content in a stage and month is compared with those of the same persona that engaged
with something else in the same stage and month, and not with this content. A lead is followed from its first touch of the content
in that month; the others from their first touch there. A move that the touch itself causes does not count, for it follows from a
rule of the journey model; the stage is the one after the touch. The shares without it are weighted by how many touched it in each persona,
stage and month. Touches of the last \`withinDays\` before the position are left out, since their outcome is not known yet. It is an
observation: what is correlated need not be the cause.

Example: in January two technical buyers in stage explore read the case study, and one asked for a demo within 30 days; of two others
in explore, who read the blog, none did. advancedWith 0.5, advancedWithout 0, lift null, since nobody advanced without it.`;

/** Whether leads that touched a content advance more often than others. */
export const contentInfluence = defineMetric({
  name: 'content-influence',
  summary: 'Get how often leads advance with and without each content',
  description: DESCRIPTION,
  answer: ContentInfluenceAnswer,
  parameters: ['influenceBy', 'withinDays', 'persona', 'stage', 'model', 'currency', ...CUT_PARAMETERS],
  projections: ['journey', 'opportunities', 'attribution', 'catalogue'],
  parse,
  find,
});

import { slice } from '../attribution.js';
import { cellName, cellNames } from '../cell-names.js';
import type { RawParams } from '../params.js';
import type { View } from '../read-models.js';
import {
  Enums,
  Integer,
  MaybeDecimal,
  MaybeInstant,
  MaybeText,
  MaybeTexts,
  Nested,
  NestedList,
  Text,
} from '../response-fields.js';
import { compareCells } from './cut-columns.js';
import {
  CUT_PARAMETERS,
  CutAnswer,
  type CutRequest,
  cutRequestOf,
  cutsOf,
  resolveCuts,
} from './cut-request.js';
import { HAND_OFF_CUTS, type HandOffCut } from './hand-offs.js';
import { defineMetric } from './metric.js';
import {
  medianMinutes,
  type ResponseCell,
  responseCells,
  type ResponseFigures,
  type Responses,
} from './response-rows.js';

const BUSINESS = `The same within the business hours of each hand-off, without holidays and days out of office; null: none of them kept its hours`;

export class ResponseTime {
  @Integer('Hand-offs that were answered so') handOffs!: number;
  @MaybeDecimal('Of all hand-offs of the cell, six decimals; null: there are none') rate!: number | null;
  @MaybeDecimal('Median of the minutes since the hand-off, two decimals; null: none was answered so')
  medianMinutes!: number | null;
  @MaybeDecimal(BUSINESS) medianBusinessMinutes!: number | null;
}

export class ResponseItem {
  @MaybeText('Value of the cut in `by`; null: there is none. With several cuts, `keys` as a JSON array')
  key!: string | null;
  @MaybeTexts('The value of each cut, in the order of `by`') keys!: (string | null)[];
  @Text('Label for display: names of recipient and persona, else the key, or "(none)"') label!: string;
  @Integer('Hand-offs that began in the period') handOffs!: number;
  @Nested('Until the recipient accepted the lead', () => ResponseTime) accepted!: ResponseTime;
  @Nested('Until the first call, meeting or mail of sales', () => ResponseTime)
  firstActivity!: ResponseTime;
}

class ResponseTimeAnswer extends CutAnswer {
  @MaybeInstant('Start by hand-off, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @Integer('Hand-offs that began in the period') handOffs!: number;
  @Nested('Until the recipient accepted the lead', () => ResponseTime) accepted!: ResponseTime;
  @Nested('Until the first call, meeting or mail of sales', () => ResponseTime)
  firstActivity!: ResponseTime;
  @Enums('Cuts', HAND_OFF_CUTS) by!: HandOffCut[];
  @NestedList('By the cuts, most hand-offs first; by time if the first cut is the month', () => ResponseItem)
  rows!: ResponseItem[];
}
export type { ResponseTimeAnswer };

type Asked = CutRequest<HandOffCut>;

const parse = (workspace: string, given: RawParams): Asked =>
  cutRequestOf(workspace, given, {
    ...{ name: 'response-time', cuts: HAND_OFF_CUTS, defaultCuts: ['recipient'] as const },
  });

async function find(view: View, asked: Asked): Promise<ResponseTimeAnswer> {
  const { by, segment, request } = asked;
  const scope = { ...(await resolveCuts(view, asked)), by, segment };
  const found = await responseCells(view, scope);
  const order = compareCells(by);
  const cells = found.cells.toSorted((a, b) => order(sized(a), sized(b)));
  const { page, next } = slice(request, view, cells);
  const names = await cellNames(view, by, page);
  return {
    asOf: String(view.asOf),
    modelVersion: view.modelVersion,
    ...{ from: scope.from, to: scope.to, ...cutsOf(asked) },
    ...figures(found.total),
    rows: page.map((cell) => ({ ...cellName(cell, by, names), ...figures(cell) })),
    next,
  };
}

const sized = ({ keys, handOffs }: ResponseCell) => ({ keys, size: handOffs });

const figures = ({ handOffs, accepted, worked }: ResponseFigures) => ({
  handOffs,
  accepted: responseTime(accepted, handOffs),
  firstActivity: responseTime(worked, handOffs),
});

const responseTime = ({ minutes, businessMinutes }: Responses, handOffs: number): ResponseTime => ({
  handOffs: minutes.length,
  rate: handOffs === 0 ? null : Math.round((minutes.length / handOffs) * 1e6) / 1e6,
  medianMinutes: medianMinutes(minutes),
  medianBusinessMinutes: medianMinutes(businessMinutes),
});

const DESCRIPTION = `
How soon sales answer: of the hand-offs that began in the period, the median of the minutes until the lead was accepted, and until the
first call, meeting or mail of sales, both by the clock on the wall and within the business hours that the hand-off was due in. Only those that were
answered have a time: \`rate\` says how many did. \`source\` and \`campaign\` are those of the lead's first touch, \`month\` is that
of the hand-off, \`segment\`: those that the lead is in at the position.

Example: rep-7 works from 9 to 17 on Mondays to Fridays. A lead that is handed off on Friday at 16:00 and called on Monday at 10:00 waited
3,960 minutes, of which 120 are business minutes: one hour on Friday and one on Monday.`;

/** Time from the hand-off to the answer of sales. */
export const responseTimes = defineMetric({
  name: 'response-time',
  summary: 'Get how soon sales accept and contact the leads that they receive',
  description: DESCRIPTION,
  answer: ResponseTimeAnswer,
  parameters: ['handOffsBy', ...CUT_PARAMETERS],
  projections: ['journey', 'lifecycle'],
  parse,
  find,
});

import { slice } from '../attribution.js';
import { cellName, cellNames } from '../cell-names.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from '../page-request.js';
import { type DayOrInstant, Params, type RawParams } from '../params.js';
import type { View } from '../read-models.js';
import { resolvePeriod } from '../report-scope.js';
import {
  Enums,
  Instant,
  Integer,
  MaybeDecimal,
  MaybeText,
  MaybeTexts,
  NestedList,
  Text,
} from '../response-fields.js';
import { runAtOnce } from '../run-at-once.js';
import { CutAnswer, cutsOf, resolveCuts } from './cut-request.js';
import {
  HAND_OFF_CUTS,
  type HandOffCut,
  type OpenHandOffs,
  openHandOffs,
  rottenSeries,
} from './hand-offs.js';
import { defineMetric } from './metric.js';

const RATE = 'rotten / open, six decimals; null: none was open';

export class RottingItem {
  @MaybeText('Value of the cut in `by`; null: there is none. With several cuts, `keys` as a JSON array')
  key!: string | null;
  @MaybeTexts('The value of each cut, in the order of `by`') keys!: (string | null)[];
  @Text('Label for display: names of recipient and persona, else the key, or "(none)"') label!: string;
  @Integer('Hand-offs open then') open!: number;
  @Integer('Of these past due without a sales activity') rotten!: number;
  @MaybeDecimal(RATE) rate!: number | null;
}

export class RottingPoint {
  @Instant('Beginning of the day') at!: Date;
  @Integer('Hand-offs open then') open!: number;
  @Integer('Of these past due without a sales activity') rotten!: number;
  @MaybeDecimal(RATE) rate!: number | null;
}

class RottingLeadsAnswer extends CutAnswer {
  @Instant('The instant: `at`, or that of the position') at!: Date;
  @Integer('Hand-offs open then') open!: number;
  @Integer('Of these past due without a sales activity') rotten!: number;
  @MaybeDecimal(RATE) rate!: number | null;
  @Enums('Cuts', HAND_OFF_CUTS) by!: HandOffCut[];
  @NestedList(
    'By the cuts at the instant, most rotten first; by time if the first cut is the month',
    () => RottingItem,
  )
  rows!: RottingItem[];
  @NestedList('At the beginning of each day of the period; empty without one', () => RottingPoint)
  series!: RottingPoint[];
}
export type { RottingLeadsAnswer };

interface Asked {
  readonly at: DayOrInstant | undefined;
  readonly by: readonly HandOffCut[];
  readonly segment: string | undefined;
  readonly days: { readonly from: string; readonly to: string } | undefined;
  readonly request: PageRequest;
}

const MAX_DAYS = 1_100;

function parse(workspace: string, given: RawParams): Asked {
  const params = new Params(given, ['at', 'by', 'from', 'to', 'segment', ...PAGE_PARAMETERS]);
  const [from, to] = [params.day('from'), params.day('to')];
  if ((from === undefined) !== (to === undefined))
    params.fault('period-incomplete', from === undefined ? 'from' : 'to', 'a series needs from and to');
  if (from !== undefined && to !== undefined && Date.parse(to) - Date.parse(from) > MAX_DAYS * 86_400_000)
    params.fault('period-too-long', 'to', `a series has at most ${MAX_DAYS} days`);
  return {
    at: params.dayOrInstant('at'),
    by: params.someOf('by', HAND_OFF_CUTS, 'cut') ?? ['recipient'],
    segment: params.text('segment'),
    days: from !== undefined && to !== undefined ? { from, to } : undefined,
    request: pageRequestOf(workspace, params, { name: 'rotting-leads', given, shapes: [/^\d{1,9}$/] }),
  };
}

async function find(view: View, asked: Asked): Promise<RottingLeadsAnswer> {
  const { by, days, segment, request } = asked;
  const period = { from: days && { day: days.from }, to: days && { day: days.to } };
  const { timeZone } = await resolveCuts(view, { ...period, segment });
  const at = (await resolvePeriod(view, { from: asked.at, to: undefined })).from ?? view.at;
  const scope = { timeZone, by, segment };
  const [series, cells, overlapping] = await runAtOnce(view, [
    (own) =>
      days ? rottenSeries(own, { first: days.from, last: lastOf(days.to) }, scope) : Promise.resolve([]),
    (own) => openHandOffs(own, at, scope),
    // The hand-off of a lead in two segments is in two cells.
    (own) =>
      by.includes('segment') ? openHandOffs(own, at, { ...scope, by: [] }) : Promise.resolve(undefined),
  ]);
  const total = sumOf(overlapping ?? cells);
  const { page, next } = slice(request, view, cells);
  const names = await cellNames(view, by, page);
  return {
    asOf: String(view.asOf),
    modelVersion: view.modelVersion,
    at,
    ...rated(total),
    ...cutsOf(asked),
    rows: page.map((cell) => ({ ...cellName(cell, by, names), ...rated(cell) })),
    series: series.map((point) => ({ at: point.at, ...rated(point) })),
    next,
  };
}

/** The day before. */
const lastOf = (to: string): string => new Date(Date.parse(to) - 86_400_000).toISOString().slice(0, 10);

const sumOf = (cells: readonly OpenHandOffs[]) => ({
  open: cells.reduce((sum, { open }) => sum + open, 0),
  rotten: cells.reduce((sum, { rotten }) => sum + rotten, 0),
});

const rated = ({ open, rotten }: { readonly open: number; readonly rotten: number }) => ({
  ...{ open, rotten },
  rate: open === 0 ? null : Math.round((rotten / open) * 1e6) / 1e6,
});

const DESCRIPTION = `
Hand-offs that are open at an instant, past \`dueBy\` and without a call, meeting or mail of sales, ÷ all that are open then. A hand-off is
open until the lead is handed to somebody else, recycled, disqualified, opts out or becomes a contact of an opportunity. With \`from\` and \`to\`
\`series\` has the same at the beginning of each day. \`source\` and \`campaign\` are those of the lead's first touch, \`month\` is that
of the hand-off, \`segment\`: those that the lead is in at the position. What is known at the position decides, also about instants before it.

Example: on 2 March two leads are handed to rep-7, due on the 3rd; rep-7 calls one of them that afternoon and the other one on the 6th. On
5 March 2 are open and 1 is rotten, a rate of 0.5; on 7 March none is rotten.`;

/** Leads handed to sales that nobody works on. */
export const rottingLeads = defineMetric({
  name: 'rotting-leads',
  summary: 'Get the rate of handed-off leads that rot, at an instant and over time',
  description: DESCRIPTION,
  answer: RottingLeadsAnswer,
  parameters: [
    ...(['atInstant', 'handOffsBy', 'fromDay', 'toDay', 'segment'] as const),
    ...(['cursor', 'limit', 'asOf', 'minPosition'] as const),
  ],
  projections: ['journey', 'opportunities', 'lifecycle'],
  parse,
  find,
});

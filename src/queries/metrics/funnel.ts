import { slice } from '../attribution.js';
import { cellName, cellNames } from '../cell-names.js';
import type { RawParams } from '../params.js';
import type { View } from '../read-models.js';
import type { ReportScope } from '../report-scope.js';
import {
  Enum,
  Enums,
  Integer,
  MaybeDecimal,
  MaybeInstant,
  MaybeText,
  MaybeTexts,
  NestedList,
  Text,
} from '../response-fields.js';
import { isInSegment } from '../segments.js';
import { allOf, empty, raw, rows, sql } from '../sql.js';
import { cutColumns } from './cut-columns.js';
import {
  CUT_PARAMETERS,
  CutAnswer,
  type CutRequest,
  cutRequestOf,
  cutsOf,
  resolveCuts,
} from './cut-request.js';
import { LEAD_CUTS, leadColumns, leadJoins, leadSteps } from './lead-steps.js';
import { defineMetric } from './metric.js';

export const FUNNEL_CUTS = [...LEAD_CUTS, 'nurture'] as const;
type FunnelCut = (typeof FUNNEL_CUTS)[number];

export const FUNNEL_STEPS = ['lead', 'engaged', 'qualified', 'accepted', 'opportunity', 'won'] as const;
type FunnelStep = (typeof FUNNEL_STEPS)[number];

/** Columns of `leadSteps`. */
const COLUMNS: Readonly<Record<FunnelStep, string>> = {
  lead: 'first_touch_at',
  engaged: 'engaged_at',
  qualified: 'qualified_at',
  accepted: 'accepted_at',
  opportunity: 'opportunity_at',
  won: 'won_at',
};

export class FunnelStepItem {
  @Enum('The step', FUNNEL_STEPS) step!: FunnelStep;
  @Integer('Leads that took it, whether or not they took those before') leads!: number;
  @MaybeDecimal(
    'Share of the leads of the step before that took this one too; null: the first, or none took the one before',
  )
  rate!: number | null;
  @MaybeDecimal('leads / all leads of the cell; null: there are none') ofLeads!: number | null;
  @MaybeDecimal('Median of the days between the step before and this one; null: none took both in this order')
  medianDays!: number | null;
  @MaybeDecimal(
    'Of `accepted`: median of the minutes from the hand-off to it, within the business hours of the hand-off, two decimals; null: other steps, or no hand-off kept its hours',
  )
  medianBusinessMinutes!: number | null;
}

export class FunnelItem {
  @MaybeText('Value of the cut in `by`; null: there is none. With several cuts, `keys` as a JSON array')
  key!: string | null;
  @MaybeTexts('The value of each cut, in the order of `by`') keys!: (string | null)[];
  @Text('Label for display: names of persona and campaign, else the key, or "(none)"') label!: string;
  @NestedList('All steps, in order', () => FunnelStepItem) steps!: FunnelStepItem[];
}

class FunnelAnswer extends CutAnswer {
  @MaybeInstant('Start by first touch, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @NestedList('All steps of all leads, in order', () => FunnelStepItem) steps!: FunnelStepItem[];
  @Enums('Cuts', FUNNEL_CUTS) by!: FunnelCut[];
  @NestedList('By the cuts, most leads first; by time if the first cut is the month', () => FunnelItem)
  rows!: FunnelItem[];
}
export type { FunnelAnswer };

const parse = (workspace: string, given: RawParams): CutRequest<FunnelCut> =>
  cutRequestOf(workspace, given, { name: 'funnel', cuts: FUNNEL_CUTS });

async function find(view: View, asked: CutRequest<FunnelCut>): Promise<FunnelAnswer> {
  const { by, request } = asked;
  const scope = await resolveCuts(view, asked);
  const found = await funnelRows(view, scope, asked);
  const { page, next } = slice(
    request,
    view,
    found.filter(({ isTotal }) => !isTotal),
  );
  const names = await cellNames(view, by, page);
  return {
    asOf: String(view.asOf),
    modelVersion: view.modelVersion,
    ...{ from: scope.from, to: scope.to, ...cutsOf(asked) },
    steps: stepItems(found.find(({ isTotal }) => isTotal)),
    rows: page.map((cell) => ({ ...cellName(cell, by, names), steps: stepItems(cell) })),
    next,
  };
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

function stepItems(row: FunnelRow | undefined): FunnelStepItem[] {
  const [leads = 0] = row?.leads ?? [];
  return FUNNEL_STEPS.map((step, index) => {
    const [taken = 0, before = 0, both = 0] = [row?.leads[index], row?.leads[index - 1], row?.both[index]];
    const days = row?.days[index] ?? null;
    const minutes = step === 'accepted' ? (row?.minutes ?? null) : null;
    return {
      step,
      leads: taken,
      rate: before === 0 ? null : rounded(both / before, 6),
      ofLeads: leads === 0 ? null : rounded(taken / leads, 6),
      medianDays: days === null ? null : rounded(days, 2),
      medianBusinessMinutes: minutes === null ? null : Math.round(minutes * 100) / 100,
    };
  });
}

const DESCRIPTION = `
How far leads come: first touch, engaged (known, with points), qualified, accepted by sales, contact of an opportunity, won; each at the
first time. The cohort is the leads whose first touch lies in the period, however late the rest happened. A lead counts at each step
that it took, also if it skipped one before: \`rate\` is the share of the leads of the step before that took this one too, \`ofLeads\` the
share of all leads. \`source\` and \`campaign\` are those of the first touch, \`month\` is its month. \`segment\`: those that the lead is in at
the position. \`nurture\`: \`nurtured\` is a lead with a nurture touch before sales qualified it (or it became a contact of an opportunity
without that), \`cold\` one without. \`medianBusinessMinutes\` of \`accepted\` has the time from the hand-off within its business hours.

Example: of three leads whose first touch was in January or March two engaged, 0.666667; sales qualified none of them, but both became
contacts of opp-1, which was won: won has 2 leads, ofLeads 0.666667.`;

/** Leads by the steps they took. */
export const funnel = defineMetric({
  name: 'funnel',
  summary: 'Get counts, rates and days from first touch to won',
  description: DESCRIPTION,
  answer: FunnelAnswer,
  parameters: ['funnelBy', ...CUT_PARAMETERS],
  projections: ['journey', 'opportunities', 'lifecycle', 'catalogue'],
  parse,
  find,
});

interface FunnelRow {
  /** Of all leads, whatever the cuts. */
  readonly isTotal: boolean;
  readonly keys: readonly (string | null)[];
  /** Each by the place of the step. */
  readonly leads: readonly number[];
  readonly both: readonly number[];
  readonly days: readonly (number | null)[];
  /** From hand-off to acceptance. */
  readonly minutes: number | null;
}

/**
 * The total first, then the cells. Leads are read and summed up once, days between steps as arrays: of all leads few took two steps, and
 * for medians of cells all would be sorted. Cells of segments overlap, so that their sum is no total.
 */
async function funnelRows(
  view: View,
  { timeZone, from, to }: ReportScope,
  { by, segment }: CutRequest<FunnelCut>,
): Promise<FunnelRow[]> {
  const cut = cutColumns(by, leadColumns(timeZone));
  const overlap = by.includes('segment');
  return rows<FunnelRow>(
    view.tx,
    sql`
    WITH step AS (
      SELECT * FROM (${await leadSteps(view, by)}) step
      WHERE ${allOf([
        from ? sql`step.first_touch_at >= ${from}` : undefined,
        to ? sql`step.first_touch_at < ${to}` : undefined,
        segment === undefined ? undefined : isInSegment(view, raw('step.lead_id'), segment),
      ])}),
    cell AS MATERIALIZED (
      SELECT ${cut.names} ${SUMS} FROM (SELECT ${cut.select} step.* FROM step ${leadJoins(view, by)}) step ${cut.group}),
    part AS (${overlap ? sql`SELECT ${SUMS} FROM step` : raw('SELECT * FROM cell')})
    SELECT true AS "isTotal", '{}'::text[] AS keys, ${TOTALS} FROM part
    ${by.length === 0 ? empty : sql`UNION ALL (SELECT false, ${cut.keys}, ${FIGURES} FROM cell ORDER BY ${cut.time}leads[1] DESC${cut.ties})`}`,
  );
}

const STEPS = FUNNEL_STEPS.map((step, index) => {
  const before = FUNNEL_STEPS[index - 1];
  return { place: index + 1, column: COLUMNS[step], before: before && COLUMNS[before], days: `${step}_days` };
});

const eachStep = (columnOf: (step: (typeof STEPS)[number]) => string): string =>
  STEPS.map(columnOf).join(', ');

/** Leads of each step, those of them that took the step before too, and the days in between. As `extract` they would be numerics. */
const SUMS = raw(`
  ARRAY[${eachStep(({ column }) => `count(${column})::int`)}] AS leads,
  ARRAY[${eachStep(({ column, before }) => (before ? `count(${column}) FILTER (WHERE ${before} IS NOT NULL)::int` : '0'))}] AS converted,
  ${eachStep(({ column, before, days }) =>
    before
      ? `array_agg(date_part('epoch', ${column} - ${before}) / 86400) FILTER (WHERE ${column} >= ${before}) AS ${days}`
      : `NULL::float8[] AS ${days}`,
  )},
  array_agg(business_minutes_to_accept) FILTER (WHERE business_minutes_to_accept IS NOT NULL) AS minutes`);

const medianOf = (source: string): string =>
  `(SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY one.value) FROM ${source} AS one (value))`;

const inCell = (column: string): string => medianOf(`unnest(${column})`);
const inAll = (column: string): string => medianOf(`part CROSS JOIN LATERAL unnest(part.${column})`);

const FIGURES = raw(
  `leads, converted AS both, ARRAY[${eachStep(({ days }) => inCell(days))}] AS days, ${inCell('minutes')} AS minutes`,
);

const TOTALS = raw(`
  ARRAY[${eachStep(({ place }) => `coalesce(sum(leads[${place}]), 0)::int`)}] AS leads,
  ARRAY[${eachStep(({ place }) => `coalesce(sum(converted[${place}]), 0)::int`)}] AS both,
  ARRAY[${eachStep(({ days }) => inAll(days))}] AS days, ${inAll('minutes')} AS minutes`);

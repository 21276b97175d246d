import { slice } from '../attribution.js';
import { cellName, cellNames } from '../cell-names.js';
import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from '../page-request.js';
import { type DayOrInstant, Params, type RawParams } from '../params.js';
import type { View } from '../read-models.js';
import { type ReportScope, resolveScope } from '../report-scope.js';
import {
  Enum,
  Enums,
  Integer,
  MaybeDecimal,
  MaybeInstant,
  MaybeText,
  MaybeTexts,
  NestedList,
  PageAnswer,
  Text,
} from '../response-fields.js';
import { allOf, empty, join, raw, rows, sql, type Sql } from '../sql.js';
import { cutColumns } from './cut-columns.js';
import { firstOrigins, leadSteps } from './lead-steps.js';
import { defineMetric } from './metric.js';

export const FUNNEL_CUTS = ['persona', 'source', 'campaign', 'month'] as const;
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
}

export class FunnelItem {
  @MaybeText('Value of the cut in `by`; null: there is none. With several cuts, `keys` as a JSON array')
  key!: string | null;
  @MaybeTexts('The value of each cut, in the order of `by`') keys!: (string | null)[];
  @Text('Label for display: names of persona and campaign, else the key, or "(none)"') label!: string;
  @NestedList('All steps, in order', () => FunnelStepItem) steps!: FunnelStepItem[];
}

class FunnelAnswer extends PageAnswer {
  @MaybeInstant('Start by first touch, inclusive') from!: Date | null;
  @MaybeInstant('End, exclusive') to!: Date | null;
  @NestedList('All steps of all leads, in order', () => FunnelStepItem) steps!: FunnelStepItem[];
  @Enums('Cuts', FUNNEL_CUTS) by!: FunnelCut[];
  @NestedList('By the cuts, most leads first; by time if the first cut is the month', () => FunnelItem)
  rows!: FunnelItem[];
}
export type { FunnelAnswer };

interface Asked {
  readonly by: readonly FunnelCut[];
  readonly from: DayOrInstant | undefined;
  readonly to: DayOrInstant | undefined;
  readonly request: PageRequest;
}

function parse(workspace: string, given: RawParams): Asked {
  const params = new Params(given, ['by', 'from', 'to', ...PAGE_PARAMETERS]);
  return {
    by: params.someOf('by', FUNNEL_CUTS, 'cut') ?? [],
    from: params.dayOrInstant('from'),
    to: params.dayOrInstant('to'),
    request: pageRequestOf(workspace, params, { name: 'funnel', given, shapes: [/^\d{1,9}$/] }),
  };
}

async function find(view: View, { by, request, ...period }: Asked): Promise<FunnelAnswer> {
  const scope = await resolveScope(view, { metric: 'pipeline', currency: undefined, ...period });
  const [total] = await funnelRows(view, scope, []);
  const cells = by.length === 0 ? [] : await funnelRows(view, scope, by);
  const { page, next } = slice(request, view, cells);
  const names = await cellNames(view, by, page);
  return {
    asOf: String(view.asOf),
    modelVersion: view.modelVersion,
    ...{ from: scope.from, to: scope.to },
    steps: stepItems(total),
    by: [...by],
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
    return {
      step,
      leads: taken,
      rate: before === 0 ? null : rounded(both / before, 6),
      ofLeads: leads === 0 ? null : rounded(taken / leads, 6),
      medianDays: days === null ? null : rounded(days, 2),
    };
  });
}

const DESCRIPTION = `
How far leads come: first touch, engaged (known, with points), qualified, accepted by sales, contact of an opportunity, won; each at the
first time. The cohort is the leads whose first touch lies in the period, however late the rest happened. A lead counts at each step
that it took, also if it skipped one before: \`rate\` is the share of the leads of the step before that took this one too, \`ofLeads\` the
share of all leads. \`source\` and \`campaign\` are those of the first touch, \`month\` is its month.

Example: of three leads whose first touch was in January or March two engaged, 0.666667; sales qualified none of them, but both became
contacts of opp-1, which was won: won has 2 leads, ofLeads 0.666667.`;

/** Leads by the steps they took. */
export const funnel = defineMetric({
  name: 'funnel',
  summary: 'Get counts, rates and days from first touch to won',
  description: DESCRIPTION,
  answer: FunnelAnswer,
  parameters: [
    ...(['funnelBy', 'from', 'to'] as const),
    ...(['cursor', 'limit', 'asOf', 'minPosition'] as const),
  ],
  projections: ['journey', 'opportunities', 'lifecycle', 'catalogue'],
  parse,
  find,
});

interface FunnelRow {
  readonly keys: readonly (string | null)[];
  /** Each by the place of the step. */
  readonly leads: readonly number[];
  readonly both: readonly number[];
  readonly days: readonly (number | null)[];
}

const KEYS = (timeZone: string): Readonly<Record<FunnelCut, Sql>> => ({
  persona: raw('step.persona'),
  source: raw('origin.source'),
  campaign: raw('origin.campaign'),
  month: sql`date_trunc('month', step.first_touch_at AT TIME ZONE ${timeZone})::date`,
});

async function funnelRows(
  view: View,
  { timeZone, from, to }: ReportScope,
  by: readonly FunnelCut[],
): Promise<FunnelRow[]> {
  const cut = cutColumns(by, KEYS(timeZone));
  const columns = FUNNEL_STEPS.map((step) => COLUMNS[step]);
  const steps = columns.map((column, index) => ({ column, before: columns[index - 1] }));
  const counted = steps.map(({ column }) => raw(`count(${column})::int`));
  const both = steps.map(({ column, before }) =>
    raw(before === undefined ? '0' : `count(${column}) FILTER (WHERE ${before} IS NOT NULL)::int`),
  );
  const days = steps.map(({ column, before }) =>
    raw(
      before === undefined
        ? 'NULL::float8'
        : `percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ${column} - ${before})::float8 / 86400)
             FILTER (WHERE ${column} >= ${before})`,
    ),
  );
  const origin = by.includes('source') || by.includes('campaign');
  return rows<FunnelRow>(
    view.tx,
    sql`
    WITH step AS MATERIALIZED (
      SELECT * FROM (${await leadSteps(view)}) step
      WHERE ${allOf([
        from ? sql`step.first_touch_at >= ${from}` : undefined,
        to ? sql`step.first_touch_at < ${to}` : undefined,
      ])})
    SELECT ${cut.keys} AS keys, ARRAY[${join(counted)}] AS leads, ARRAY[${join(both)}] AS both, ARRAY[${join(days)}] AS days
    FROM (SELECT ${cut.select} step.*
          FROM step ${origin ? sql`LEFT JOIN (${firstOrigins(view)}) origin ON origin.lead_id = step.lead_id` : empty}) step
    ${cut.group}
    ORDER BY ${cut.time}count(*) DESC${cut.ties}`,
  );
}

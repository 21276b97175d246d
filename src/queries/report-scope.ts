import { MODEL_NAMES, type ModelName } from '../domain/attribution/models.js';
import { Problem } from '../http/problem.js';
import { beginningOfDay } from './beginning-of-day.js';
import type { Params, DayOrInstant } from './params.js';
import type { View } from './read-models.js';
import { reportSettings, type ReportSettings } from './report-settings.js';

export { MODEL_NAMES, type ModelName };

/** Cuts by what is catalogued of the content of a touch. */
export const CATALOGUE_CUTS = ['contentType', 'author', 'publisher', 'publisherKind'] as const;
export type CatalogueCut = (typeof CATALOGUE_CUTS)[number];

/**
 * Cuts by the opportunity: who owns it, the first segment that somebody of its account is in, and its reference date in the workspace's
 * time zone. A week is that of ISO 8601.
 */
export const OPPORTUNITY_CUTS = ['owner', 'accountSegment', 'month', 'week'] as const;
export type OpportunityCut = (typeof OPPORTUNITY_CUTS)[number];

export const isOpportunityCut = (cut: Cut): cut is OpportunityCut =>
  OPPORTUNITY_CUTS.some((each) => each === cut);

/**
 * Cuts by what is joined to a touch: the salesperson of a call or meeting, and of the person who touched the persona and the first
 * segment, in the order of the journey model, so that each touch is in one cell.
 */
export const JOINED_CUTS = ['rep', 'persona', 'segment'] as const;

/** Ways to cut a report; `contentStage` is the stage that the journey model maps the content of a touch to. */
export const CUTS = [
  ...(['content', 'channel', 'campaign', 'source'] as const),
  ...CATALOGUE_CUTS,
  ...(['contentStage'] as const),
  ...JOINED_CUTS,
  ...OPPORTUNITY_CUTS,
] as const;
export type Cut = (typeof CUTS)[number];

/** `revenue`: won opportunities by their close; `pipeline`: all opportunities by their opening. */
export const METRICS = ['revenue', 'pipeline'] as const;
export type Metric = (typeof METRICS)[number];

/** What credit brought beside what was invested: `roi` of revenue, `pipeline_per_dollar` of pipeline. */
export const RETURN_METRICS = ['roi', 'pipeline_per_dollar'] as const;
export type ReturnMetric = (typeof RETURN_METRICS)[number];

export const REPORT_METRICS = [...METRICS, ...RETURN_METRICS] as const;
export type ReportMetric = (typeof REPORT_METRICS)[number];

export const isReturn = (metric: ReportMetric): metric is ReturnMetric =>
  RETURN_METRICS.some((each) => each === metric);

/** The credits that a metric is made of. */
export const creditedMetric = (metric: ReportMetric): Metric =>
  metric === 'roi' ? 'revenue' : metric === 'pipeline_per_dollar' ? 'pipeline' : metric;

export const DEFAULT_MODEL: ModelName = 'linear';

/** Which opportunities a report is about. */
export interface ScopeQuery {
  readonly metric: Metric;
  readonly from: DayOrInstant | undefined;
  readonly to: DayOrInstant | undefined;
  readonly currency: string | undefined;
}

export const SCOPE_PARAMETERS = ['metric', 'from', 'to', 'currency'] as const;

export const scopeQueryOf = (params: Params): ScopeQuery => ({
  metric: params.oneOf('metric', METRICS) ?? 'revenue',
  ...periodQueryOf(params),
});

export const periodQueryOf = (params: Params): Omit<ScopeQuery, 'metric'> => ({
  from: params.dayOrInstant('from'),
  to: params.dayOrInstant('to'),
  currency: params.text('currency'),
});

/** Whether rows of a report by these cuts are in the order of time. */
export const isByTime = ([first]: readonly Cut[]): boolean => first === 'month' || first === 'week';

export function cutsOf(params: Params): Cut[] {
  const cuts = params.someOf('by', CUTS, 'cut') ?? ['content' as const];
  if (cuts.length > 3) params.fault('cut-too-many', 'by', 'cuts by three at most');
  return cuts;
}

/** Cells of a report: those with these values, and without any of these cuts. */
export interface ReportFilter {
  readonly cut: Readonly<Partial<Record<Cut, string>>>;
  readonly without: readonly Cut[];
}

/** The opportunities of a report, with dates and currency resolved by the model at the position. */
export interface ReportScope {
  readonly metric: Metric;
  /** As it was asked; `from` and `to` are the instants where it begins and ends. */
  readonly period: { readonly from: DayOrInstant | undefined; readonly to: DayOrInstant | undefined };
  readonly from: Date | null;
  readonly to: Date | null;
  readonly currency: string;
  readonly timeZone: string;
  readonly filter?: ReportFilter;
  /** Only these of them. */
  readonly opportunityIds?: readonly string[];
}

/** Opportunities by any path of the ledger: of those lost in the period, too. */
export interface PathScope extends Omit<ReportScope, 'metric'> {
  readonly metric: Metric | 'loss';
}

export interface ScopeOptions {
  /** Allowed ones: only that of the journey model, or each that it has a rate of, too. */
  readonly currencies?: 'reporting' | 'rated';
  /** Names of the parameters, for errors. */
  readonly names?: PeriodNames;
}

/**
 * @throws Problem 400 `currency-unknown`, `period-reversed` when `to` lies before `from`
 */
export async function resolveScope(
  view: View,
  { metric, from, to, currency: asked }: ScopeQuery,
  { currencies = 'reporting', names = PERIOD_NAMES }: ScopeOptions = {},
): Promise<ReportScope> {
  const { currency, timeZone } = await settingsOf(view);
  const rated = view.model?.data.document.rates.map((rate) => rate.currency) ?? [];
  const allowed = new Set([currency, ...(currencies === 'rated' ? rated : [])]);
  if (asked !== undefined && !allowed.has(asked)) throw unknownCurrency(asked, [...allowed]);
  return {
    metric,
    currency: asked ?? currency,
    timeZone,
    period: { from, to },
    ...(await instantsOf(view, { from, to }, timeZone, names)),
  };
}

/** The parameters that begin and end a period. */
interface PeriodNames {
  readonly from: string;
  readonly to: string;
}
const PERIOD_NAMES: PeriodNames = { from: 'from', to: 'to' };

type AskedPeriod = Pick<ScopeQuery, 'from' | 'to'>;

/** The instants where a period begins and ends. @throws Problem 400 `period-reversed` when `to` lies before `from` */
export const resolvePeriod = async (
  view: View,
  period: AskedPeriod,
): Promise<Pick<ReportScope, 'from' | 'to'>> => instantsOf(view, period, (await settingsOf(view)).timeZone);

async function instantsOf(
  view: View,
  period: AskedPeriod,
  timeZone: string,
  names = PERIOD_NAMES,
): Promise<Pick<ReportScope, 'from' | 'to'>> {
  const from = await instant(view, period.from, timeZone);
  const to = await instant(view, period.to, timeZone);
  if (from && to && to < from) {
    const message = `lies before ${names.from}`;
    throw new Problem(400, 'period-reversed', `${names.to} ${message}`, [{ path: names.to, message }]);
  }
  return { from, to };
}

async function instant({ tx }: View, date: DayOrInstant | undefined, timeZone: string): Promise<Date | null> {
  if (date === undefined) return null;
  return 'instant' in date ? date.instant : beginningOfDay(tx, date.day, timeZone);
}

const settingsOf = ({ tx, workspace, model }: View): Promise<ReportSettings> =>
  reportSettings(tx, workspace, model);

function unknownCurrency(asked: string, allowed: readonly string[]): Problem {
  const [own, ...rated] = allowed;
  const others = rated.length > 0 ? `, or one that it has rates of: ${rated.join(', ')}` : '';
  const message = `"${asked}" is unknown; allowed is ${own}, the currency of the journey model${others}`;
  return new Problem(400, 'currency-unknown', `currency: ${message}`, [{ path: 'currency', message }]);
}

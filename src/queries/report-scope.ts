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

/** Cuts by the opportunity: who owns it, and its reference date in the workspace's time zone. A week is that of ISO 8601. */
export const OPPORTUNITY_CUTS = ['owner', 'month', 'week'] as const;
export type OpportunityCut = (typeof OPPORTUNITY_CUTS)[number];

export const isOpportunityCut = (cut: Cut): cut is OpportunityCut =>
  OPPORTUNITY_CUTS.some((each) => each === cut);

/** Ways to cut a report. `persona` is that of the person who touched. */
export const CUTS = [
  ...(['content', 'channel', 'campaign', 'source'] as const),
  ...CATALOGUE_CUTS,
  ...(['persona'] as const),
  ...OPPORTUNITY_CUTS,
] as const;
export type Cut = (typeof CUTS)[number];

/** `revenue`: won opportunities by their close; `pipeline`: all opportunities by their opening. */
export const METRICS = ['revenue', 'pipeline'] as const;
export type Metric = (typeof METRICS)[number];

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
  from: params.dayOrInstant('from'),
  to: params.dayOrInstant('to'),
  currency: params.text('currency'),
});

/** Whether rows of a report by these cuts are in the order of time. */
export const isByTime = ([first]: readonly Cut[]): boolean => first === 'month' || first === 'week';

export const cutsOf = (params: Params): Cut[] => {
  const cuts = params.someOf('by', CUTS, 'cut') ?? ['content'];
  if (cuts.length > 3) params.fault('cut-too-many', 'by', 'cuts by three at most');
  return cuts;
};

/** The opportunities of a report, with dates and currency resolved by the model at the position. */
export interface ReportScope {
  readonly metric: Metric;
  /** As it was asked; `from` and `to` are the instants where it begins and ends. */
  readonly period: { readonly from: DayOrInstant | undefined; readonly to: DayOrInstant | undefined };
  readonly from: Date | null;
  readonly to: Date | null;
  readonly currency: string;
  readonly timeZone: string;
}

/**
 * @throws Problem 400 `currency-unknown` when reports are not in that currency, `period-reversed` when `to` lies before
 * `from`
 */
export async function resolveScope(
  view: View,
  { metric, from, to, currency: asked }: ScopeQuery,
  names: PeriodNames = PERIOD_NAMES,
): Promise<ReportScope> {
  const { currency, timeZone } = await settingsOf(view);
  if (asked !== undefined && asked !== currency) throw unknownCurrency(asked, currency);
  return {
    metric,
    currency,
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

function unknownCurrency(asked: string, currency: string): Problem {
  const message = `"${asked}" is unknown; allowed is ${currency}, the currency of the journey model`;
  return new Problem(400, 'currency-unknown', `currency: ${message}`, [{ path: 'currency', message }]);
}

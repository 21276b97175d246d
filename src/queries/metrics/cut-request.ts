import { PAGE_PARAMETERS, type PageRequest, pageRequestOf } from '../page-request.js';
import { type DayOrInstant, Params, type RawParams } from '../params.js';
import type { View } from '../read-models.js';
import { type ReportScope, resolveScope, type ScopeQuery } from '../report-scope.js';
import { Bool, MaybeText, PageAnswer } from '../response-fields.js';
import { checkSegment } from '../segments.js';

/** What a metric with cuts is asked. */
export interface CutRequest<Cut extends string> {
  /** Without cuts there is one cell. */
  readonly by: readonly Cut[];
  readonly from: DayOrInstant | undefined;
  readonly to: DayOrInstant | undefined;
  /** Only leads that are in it, or opportunities of theirs. */
  readonly segment: string | undefined;
  readonly request: PageRequest;
}

/** As `parameters` of metrics with cuts; `by` is described with each. */
export const CUT_PARAMETERS = ['from', 'to', 'segment', 'cursor', 'limit', 'asOf', 'minPosition'] as const;

const NAMES = ['by', 'from', 'to', 'segment', ...PAGE_PARAMETERS] as const;

export interface CutRequestOptions<Cut extends string> {
  /** Of the metric. */
  readonly name: string;
  readonly cuts: readonly Cut[];
  readonly defaultCuts?: readonly Cut[];
  /** Cuts of other metrics that would say nothing here, with the reason. */
  readonly meaningless?: Readonly<Record<string, string>>;
}

/**
 * Reads cuts, period, segment and page, and by `others` the parameters that a metric has besides, which are refused together.
 *
 * @throws Problem 400 naming every parameter at fault
 */
export function cutRequestOf<Cut extends string, Others extends object = object>(
  workspace: string,
  given: RawParams,
  { name, cuts, defaultCuts = [], meaningless }: CutRequestOptions<Cut>,
  others: {
    readonly names: readonly string[];
    readonly read: (params: Params, by: readonly Cut[]) => Others;
  } = {
    names: [],
    read: () => ({}) as Others,
  },
): CutRequest<Cut> & Others {
  const params = new Params(given, [...NAMES, ...others.names]);
  const by = params.someOf('by', cuts, 'cut', meaningless) ?? defaultCuts;
  return {
    by,
    from: params.dayOrInstant('from'),
    to: params.dayOrInstant('to'),
    segment: params.text('segment'),
    ...others.read(params, by),
    request: pageRequestOf(workspace, params, { name, given, shapes: [/^\d{1,9}$/] }),
  };
}

/**
 * Period, time zone and currency by the journey model of the position.
 *
 * @throws Problem 400 `segment-unknown`, `period-reversed`, `currency-unknown`
 */
export async function resolveCuts(
  view: View,
  { from, to, segment }: Pick<CutRequest<string>, 'from' | 'to' | 'segment'>,
  scope: Pick<ScopeQuery, 'metric' | 'currency'> = { metric: 'pipeline', currency: undefined },
): Promise<ReportScope> {
  if (segment !== undefined) checkSegment(view, segment, 'segment');
  return resolveScope(view, { ...scope, from, to });
}

/** Whether segments are asked for, whose members are kept by a reactor of their own. */
export const asksSegments = ({
  by,
  segment,
}: {
  by?: readonly string[];
  segment?: string | undefined;
}): boolean => segment !== undefined || (by?.includes('segment') ?? false);

/** A page of rows by cuts. */
export abstract class CutAnswer extends PageAnswer {
  @MaybeText('Only leads in this segment of the journey model, or opportunities of theirs') segment!:
    string | null;
  @Bool('Cut by segment: who is in two segments is in both rows, so that rows do not add up to the total')
  rowsOverlap!: boolean;
}

/** What an answer says of its cuts. */
export const cutsOf = <Cut extends string>({ by, segment }: Pick<CutRequest<Cut>, 'by' | 'segment'>) => ({
  by: [...by],
  segment: segment ?? null,
  rowsOverlap: by.includes('segment' as Cut),
});

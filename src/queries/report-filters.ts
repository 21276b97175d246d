import { ApiPropertyOptional } from '@nestjs/swagger';
import { PUBLISHER_KINDS } from '../domain/catalogue-events.js';
import { label, tagLabel } from '../domain/label.js';
import { CHANNELS } from '../domain/touchpoint.js';
import type { Params } from './params.js';
import type { View } from './read-models.js';
import { opportunityColumn, touchValue } from './report-cuts.js';
import {
  CATALOGUE_CUTS,
  type Cut,
  CUTS,
  isOpportunityCut,
  JOINED_CUTS,
  type ReportFilter,
  type ReportScope,
  resolveScope,
  type ScopeQuery,
} from './report-scope.js';
import { checkSegment } from './segments.js';
import { allOf, sql, type Sql } from './sql.js';

/** Cuts that a touch may have no value of. */
export const OPTIONAL_CUTS = [
  ...(['content', 'campaign', 'source'] as const),
  ...CATALOGUE_CUTS,
  ...(['contentStage'] as const),
  ...JOINED_CUTS,
  ...(['owner', 'accountSegment'] as const),
] as const satisfies readonly Cut[];

export const FILTER_PARAMETERS = [...CUTS, 'without'] as const;

const TIMES = {
  month: { form: /^\d{4}-(0[1-9]|1[0-2])$/, example: '2026-01' },
  week: { form: /^\d{4}-W(0[1-9]|[1-4]\d|5[0-3])$/, example: '2026-W05' },
} as const;

/** The id of a content may be its address, which is longer than other labels. */
const CONTENT_LENGTH = 4096;

/** Journey models name content as they like, so its id is taken as it is. */
const CUT_VALUES: Readonly<Record<Cut, (params: Params) => string | undefined>> = {
  content: (params) => params.text('content', CONTENT_LENGTH),
  channel: (params) => params.oneOf('channel', CHANNELS),
  campaign: (params) => params.label('campaign'),
  source: (params) => params.label('source', tagLabel),
  contentType: (params) => params.text('contentType'),
  author: (params) => params.text('author'),
  publisher: (params) => params.text('publisher'),
  publisherKind: (params) => params.oneOf('publisherKind', PUBLISHER_KINDS),
  contentStage: (params) => params.text('contentStage'),
  rep: (params) => params.text('rep'),
  persona: (params) => params.text('persona'),
  segment: (params) => params.text('segment'),
  owner: (params) => params.text('owner'),
  accountSegment: (params) => params.text('accountSegment'),
  month: (params) => params.text('month'),
  week: (params) => params.text('week'),
};

/** The filter in an answer. */
export const MaybeFilter = (): PropertyDecorator =>
  ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'The cells that the report is narrowed down to, by cut; only where some were asked for',
  });

/** Reads the cells that a request is about, by cut. Faults are collected in `params`. */
export function filterOf(params: Params): ReportFilter {
  const cut = Object.fromEntries(CUTS.flatMap((name) => cutValue(params, name)));
  const without = params.someOf('without', OPTIONAL_CUTS, 'cut') ?? [];
  for (const name of without.filter((each) => each in cut))
    params.fault('cut-contradictory', 'without', `a row that is without ${name} has no ${name} to name`);
  return { cut, without };
}

function cutValue(params: Params, cut: Cut): [Cut, string][] {
  const value = CUT_VALUES[cut](params);
  if ((cut === 'month' || cut === 'week') && value !== undefined && !TIMES[cut].form.test(value)) {
    params.fault(`${cut}-invalid`, cut, `"${value}" is not a ${cut} such as ${TIMES[cut].example}`);
  }
  return value === undefined ? [] : [[cut, value]];
}

/** The cuts that a filter reads. */
export const filteredCuts = ({ cut, without }: ReportFilter): Cut[] => [
  ...CUTS.filter((name) => name in cut || without.some((each) => each === name)),
];

export const NO_FILTER: ReportFilter = { cut: {}, without: [] };

/** What reports of credits are read from, by the cuts that they read. */
export const reportProjections = (cuts: readonly Cut[]): readonly string[] => [
  ...(['journey', 'opportunities', 'attribution', 'catalogue'] as const),
  ...(cuts.some((cut) => cut === 'segment' || cut === 'accountSegment') ? ['follow_segments'] : []),
];

/** @throws Problem 400 `segment-unknown`, since a segment that the model does not have would silently select nothing */
export function checkFilter(view: View, { cut }: ReportFilter): void {
  for (const name of ['segment', 'accountSegment'] as const)
    if (cut[name] !== undefined) checkSegment(view, cut[name], name);
}

/**
 * The opportunities of a report that may be in any currency with a rate; its filter chooses among them.
 *
 * @throws Problem 400 `currency-unknown`, `period-reversed`, `segment-unknown`
 */
export async function filteredScope(
  view: View,
  asked: ScopeQuery,
  filter: ReportFilter,
): Promise<ReportScope> {
  checkFilter(view, filter);
  const scope = await resolveScope(view, asked, { currencies: 'rated' });
  return filteredCuts(filter).length === 0 ? scope : { ...scope, filter };
}

/** Of opportunities in paths `p`; undefined: all. */
export const opportunityFilter = (
  view: View,
  scope: Pick<ReportScope, 'timeZone'>,
  filter: ReportFilter,
): Sql | undefined =>
  conditions(filter, (name) => (isOpportunityCut(name) ? opportunityColumn(view, scope, name) : undefined));

/** Of touches `t` beside the rows of `joinsFor`; undefined: all. */
export const touchFilter = (filter: ReportFilter): Sql | undefined =>
  conditions(filter, (name) => (isOpportunityCut(name) ? undefined : touchValue(name)));

function conditions(
  { cut, without }: ReportFilter,
  columnOf: (name: Cut) => Sql | undefined,
): Sql | undefined {
  const all = CUTS.flatMap((name) => {
    const column = columnOf(name);
    const value = cut[name];
    if (column === undefined) return [];
    if (without.some((each) => each === name)) return [sql`${column} IS NULL`];
    if (value === undefined) return [];
    return [name === 'content' ? sql`t.content = ANY(${namesOf(name, value)}::text[])` : sql`${column} = ${value}`]; // prettier-ignore
  });
  return all.length === 0 ? undefined : allOf(all);
}

/** Keys that a value of a filter may mean: the id of a content is taken as given, or as collectors normalise it. */
export const namesOf = (cut: Cut, value: string): string[] =>
  cut === 'content' ? [...new Set([value, label(value, CONTENT_LENGTH) ?? value])] : [value];

import { inScope } from './paths-in-scope.js';
import type { CreditView } from './credit-ledger.js';
import type { PartOfOpportunity } from './explained-opportunities.js';
import { Params, type RawParams } from './params.js';
import { joinsFor, touchArrays } from './report-cuts.js';
import {
  FILTER_PARAMETERS,
  filteredCuts,
  filterOf,
  namesOf,
  NO_FILTER,
  touchFilter,
} from './report-filters.js';
import { type Cut, cutsOf, type ReportFilter, type ReportScope } from './report-scope.js';
import { allOf, join, raw, rows, sql } from './sql.js';

/** The row of a report to explain; all of it without any cut. */
export interface ExplainedCell extends ReportFilter {
  /** Only what this opportunity gives to it. */
  readonly opportunityId: string | undefined;
}

/** The number to explain. */
export interface ExplainedNumber {
  readonly cell: ExplainedCell;
  /** What the report is cut by. */
  readonly by: readonly Cut[];
  /** What the report is narrowed down to; undefined: the cuts name the row of a report of everything. */
  readonly filter: ReportFilter | undefined;
}

export const CELL_PARAMETERS = ['by', 'keys', ...FILTER_PARAMETERS, 'opportunityId'] as const;

/** With `by` or `keys` the other parameters are those of the report; else its row is named by its cuts. Faults are collected in `params`. */
export function explainedNumberOf(params: Params, given: RawParams): ExplainedNumber {
  const opportunityId = params.text('opportunityId');
  const filter = filterOf(params);
  if (given['by'] === undefined && given['keys'] === undefined)
    return { cell: { ...filter, opportunityId }, by: filteredCuts(filter), filter: undefined };
  const by = cutsOf(params);
  const row = rowOf(params, by);
  for (const cut of by.filter((each) => contradicts(each, row, filter)))
    params.fault('keys-contradictory', 'keys', `the report has no such row: it is narrowed down to another ${cut}`); // prettier-ignore
  const cut = { ...filter.cut, ...row.cut };
  const without = [...new Set([...filter.without, ...row.without])];
  return { cell: { cut, without, opportunityId }, by, filter };
}

/** The keys of a row as the filter that selects it. */
function rowOf(params: Params, by: readonly Cut[]): ReportFilter {
  const text = params.text('keys', MOST_KEYS);
  if (text === undefined) return NO_FILTER;
  const keys = keysIn(text);
  if (keys?.length !== by.length) {
    params.fault('keys-invalid', 'keys', `must be the keys of a row as a JSON array, a text or null for each of ${by.join(', ')}`); // prettier-ignore
    return NO_FILTER;
  }
  const named = new Map<string, unknown>(by.map((cut, index) => [cut, keys[index] ?? undefined]));
  const without = by.filter((cut) => named.get(cut) === undefined).join(',') || undefined;
  const row = new Params(Object.fromEntries<unknown>(named.set('without', without)), FILTER_PARAMETERS);
  const filter = filterOf(row);
  params.include(row, 'keys');
  return filter;
}

/** In UTF-16 units: three addresses of contents. */
const MOST_KEYS = 15_000;

function keysIn(text: string): (string | null)[] | undefined {
  try {
    const keys: unknown = JSON.parse(text);
    const isKey = (key: unknown): key is string | null => key === null || (typeof key === 'string' && key.trim() !== ''); // prettier-ignore
    return Array.isArray(keys) && keys.every(isKey) ? keys : undefined;
  } catch {
    return undefined;
  }
}

function contradicts(cut: Cut, row: ReportFilter, filter: ReportFilter): boolean {
  const [key, value] = [row.cut[cut], filter.cut[cut]];
  if (row.without.includes(cut)) return value !== undefined;
  if (key === undefined) return false;
  return filter.without.includes(cut) || (value !== undefined && !namesOf(cut, value).includes(key));
}

/** What each opportunity gives to the number, and by which of its touches. */
export async function partsOfCell(
  view: CreditView,
  scope: ReportScope,
  { model, cell }: { readonly model: string; readonly cell: ExplainedCell },
): Promise<PartOfOpportunity[]> {
  const cuts = filteredCuts(cell);
  const arrays = { ...touchArrays(view, cuts), value: raw('s.reported'), mark: raw('s.marks') };
  const found = await rows<Omit<PartOfOpportunity, 'value'> & { value: string }>(
    view.tx,
    sql`
    SELECT p.opportunity_id AS "opportunityId", sum(t.value)::text AS value,
           array_agg(t.touch::int ORDER BY t.touch) AS touches
    FROM ${view.ledger.paths} p
    JOIN ${view.ledger.shares} s ON s.path_id = p.path_id AND s.model = ${model}
    CROSS JOIN LATERAL unnest(${join(Object.values(arrays), ', ')}) WITH ORDINALITY
      AS t(${raw(Object.keys(arrays).join(', '))}, touch)
    ${joinsFor(view, cuts)}
    WHERE ${allOf([
      inScope(view, { ...scope, filter: cell }),
      raw('p.reported_minor IS NOT NULL AND t.mark > 0'),
      touchFilter(cell),
      cell.opportunityId === undefined ? undefined : sql`p.opportunity_id = ${cell.opportunityId}`,
    ])}
    GROUP BY p.path_id, p.opportunity_id
    ORDER BY sum(t.value) DESC, p.opportunity_id COLLATE "C"`,
  );
  return found.map((row) => ({ ...row, value: BigInt(row.value) }));
}

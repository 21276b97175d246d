import type { CreditView } from './credit-ledger.js';
import { inScope } from './paths-in-scope.js';
import {
  isJoined,
  isMarkedCut,
  joinsFor,
  MARKED_CUTS,
  type MarkedCut,
  opportunityColumn,
  touchArrays,
  touchValue,
} from './report-cuts.js';
import { filteredCuts, touchFilter } from './report-filters.js';
import { type Cut, isOpportunityCut, type ReportScope } from './report-scope.js';
import { allOf, empty, join, raw, sql, type Sql } from './sql.js';

/** What opportunities give to the cells of a report, in columns key0 to title, value, opportunities and touches; a cell may be several rows. */
export function creditCells(
  view: CreditView,
  scope: ReportScope,
  { model, by }: { model: string; by: readonly Cut[] },
): Sql {
  const ofOpportunity = by.filter(isOpportunityCut);
  const columns = ofOpportunity.map((cut) => sql`, ${opportunityColumn(view, scope, cut)} AS ${raw(cut)}`);
  // Offset 0 keeps these from being computed again for every touch; without any it would only keep workers out.
  const once = raw(columns.length > 0 ? 'OFFSET 0' : '');
  const from = sql`
    FROM (SELECT p.*${columns.length > 0 ? join(columns, '') : empty} FROM ${view.ledger.paths} p
          WHERE ${inScope(view, scope)} AND p.reported_minor IS NOT NULL ${once}) p
    JOIN ${view.ledger.shares} s ON s.path_id = p.path_id AND s.model = ${model}`;
  const source: CellSource = { view, from, by };
  const filter = scope.filter && touchFilter(scope.filter);
  const [only, ...others] = by.filter((cut) => !isOpportunityCut(cut));
  if (filter === undefined && only === undefined) return cellsWithoutTouches(source);
  if (filter === undefined && others.length === 0 && only !== undefined && isMarkedCut(only))
    return cellsOfTouch(source, only);
  return filter === undefined && by.every((cut) => isOpportunityCut(cut) || !isJoined(cut))
    ? cellsOfPath(source)
    : cellsOfJoined(source, scope);
}

/** Paths `p`, with their values of the cuts of opportunities, and shares `s` of the model. */
interface CellSource {
  readonly view: CreditView;
  readonly from: Sql;
  readonly by: readonly Cut[];
}

/** The values of the cuts by which the cells are grouped, and their places in the select list. */
function keysOf(by: readonly Cut[], valueOf: (cut: Cut) => Sql): { readonly keys: Sql; readonly group: Sql } {
  return {
    keys: join(
      by.map((cut, index) => sql`${valueOf(cut)} AS ${raw(`key${index}`)}`),
      ', ',
    ),
    group: join(
      by.map((_, index) => raw(String(index + 1))),
      ', ',
    ),
  };
}

/** Without a dimension of touches, an opportunity is in one cell. */
function cellsWithoutTouches({ from, by }: CellSource): Sql {
  const { keys, group } = keysOf(by, (cut) => raw(`p.${cut}`));
  return sql`
    SELECT ${keys}, sum(t.value) AS value, count(*) AS opportunities, sum(t.touches) AS touches
    ${from}
    CROSS JOIN LATERAL (SELECT sum(reported) AS value, count(*) FILTER (WHERE mark > 0) AS touches
                        FROM unnest(s.reported, s.marks) AS touch(reported, mark)) t
    WHERE t.touches > 0
    GROUP BY ${group}`;
}

/** With one dimension of touches, marks flag the first touch of an opportunity in a cell: one pass, no grouping by opportunity. */
function cellsOfTouch(source: CellSource, cut: MarkedCut): Sql {
  const { keys, group } = keysOf(source.by, (each) => raw(`t.${each}`));
  return sql`
    SELECT ${keys}, ${titleOf(source.by, 't')}sum(t.value) AS value,
           count(*) FILTER (WHERE t.mark & ${raw(String(MARKED_CUTS[cut]))} > 0) AS opportunities, count(*) AS touches
    FROM ${creditedTouches(source, source.by)} t
    WHERE t.mark > 0
    GROUP BY ${group}`;
}

/** With several, each opportunity is summed up by itself first, so that it counts once in a cell. */
function cellsOfPath({ view, from, by }: CellSource): Sql {
  const { keys } = keysOf(by, (cut) => raw(`${isOpportunityCut(cut) ? 'p' : 't'}.${cut}`));
  const names = raw(by.filter((cut) => !isOpportunityCut(cut)).join(', '));
  return sql`
    SELECT ${keys}, ${raw(by.includes('content') ? 't.title, ' : '')}t.value, 1 AS opportunities, t.touches
    ${from}
    CROSS JOIN LATERAL (
      SELECT ${names}, ${titleOf(by, 'touch')}sum(touch.value) AS value, count(*) AS touches
      FROM (SELECT ${touchColumns(view, by, by)}) touch
      WHERE touch.mark > 0
      GROUP BY ${names}) t`;
}

/** Contents of one author are several keys, so here, too, what one opportunity gives is summed up first. */
function cellsOfJoined(source: CellSource, { filter }: ReportScope): Sql {
  const cuts = [...source.by, ...(filter ? filteredCuts(filter) : [])];
  const { keys, group } = keysOf(source.by, (cut) =>
    isOpportunityCut(cut) ? raw(`t.${cut}`) : touchValue(cut),
  );
  return sql`
    SELECT ${keys}, ${titleOf(source.by, 't')}sum(t.value) AS value, 1 AS opportunities, count(*) AS touches
    FROM ${creditedTouches(source, cuts)} t
    ${joinsFor(source.view, cuts)}
    WHERE ${allOf([raw('t.mark > 0'), filter && touchFilter(filter)])}
    GROUP BY t.path_id, ${group}`;
}

/** Of several titles of a content, the last by alphabet. */
const titleOf = (by: readonly Cut[], alias: string): Sql =>
  raw(by.includes('content') ? `max(${alias}.title COLLATE "C") AS title, ` : '');

/** The touches of paths, with what cuts read of them and the values of the cuts of their opportunities. */
function creditedTouches({ view, from, by }: CellSource, cuts: readonly Cut[]): Sql {
  const columns = ['path_id', ...by.filter(isOpportunityCut)].map((column) => `p.${column}, `);
  return sql`(SELECT ${raw(columns.join(''))}${touchColumns(view, cuts, by)} ${from})`;
}

/**
 * Arrays in the select list are expanded row by row; those of a function in FROM are first collected for each path, which takes four
 * times as long.
 */
function touchColumns(view: CreditView, cuts: readonly Cut[], by: readonly Cut[]): Sql {
  const arrays = {
    ...touchArrays(view, cuts),
    ...(by.includes('content') && { title: raw('p.content_titles') }),
    ...{ value: raw('s.reported'), mark: raw('s.marks') },
  };
  return join(
    Object.entries(arrays).map(([name, array]) => sql`unnest(${array}) AS ${raw(name)}`),
    ', ',
  );
}

import type { CreditView } from './credit-ledger.js';
import { inScope } from './paths-in-scope.js';
import {
  isStoredCut,
  isTouchCut,
  joinsFor,
  opportunityColumn,
  type StoredCut,
  storedArray,
  TOUCH_CUTS,
  type TouchCut,
  touchValue,
} from './report-cuts.js';
import { filteredCuts, touchFilter } from './report-filters.js';
import { type Cut, isOpportunityCut, type OpportunityCut, type ReportScope } from './report-scope.js';
import { allOf, empty, join, raw, sql, type Sql } from './sql.js';

/** What opportunities give to the cells of a report, in columns key0 to title, value, opportunities and touches; a cell may be several rows. */
export function creditCells(
  view: CreditView,
  scope: ReportScope,
  { model, by }: { model: string; by: readonly Cut[] },
): Sql {
  const ofOpportunity = by.filter(isOpportunityCut);
  const ofTouches = by.filter((cut) => !isOpportunityCut(cut));
  const stored = ofTouches.filter(isStoredCut);
  const filter = scope.filter && touchFilter(scope.filter);
  const columns = ofOpportunity.map((cut) => sql`, ${opportunityColumn(view, scope, cut)} AS ${raw(cut)}`);
  // Offset 0 keeps these from being computed again for every touch; without any it would only keep workers out.
  const once = raw(columns.length > 0 ? 'OFFSET 0' : '');
  const from = sql`
    FROM (SELECT p.*${columns.length > 0 ? join(columns, '') : empty} FROM ${view.ledger.paths} p
          WHERE ${inScope(view, scope)} AND p.reported_minor IS NOT NULL ${once}) p
    JOIN ${view.ledger.shares} s ON s.path_id = p.path_id AND s.model = ${model}`;
  const source: CellSource = { from, ofOpportunity, by };
  if (stored.length < ofTouches.length || filter !== undefined) return cellsOfJoined(view, source, scope);
  const [only] = stored;
  if (only === undefined) return cellsWithoutTouches(source);
  return stored.length === 1 && isTouchCut(only)
    ? cellsOfTouch(source, only)
    : cellsOfOpportunity(view, source, stored);
}

/** Paths `p`, with their values of the cuts of opportunities, and shares `s` of the model. */
interface CellSource {
  readonly from: Sql;
  readonly ofOpportunity: readonly OpportunityCut[];
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
function cellsOfTouch(source: CellSource, cut: TouchCut): Sql {
  const { column, mark } = TOUCH_CUTS[cut];
  const titled = cut === 'content';
  const { keys, group } = keysOf(source.by, (each) => raw(`t.${each}`));
  return sql`
    SELECT ${keys}, ${raw(titled ? 'max(t.title COLLATE "C") AS title,' : '')}
           sum(t.value) AS value, count(*) FILTER (WHERE t.mark & ${raw(String(mark))} > 0) AS opportunities,
           count(*) AS touches
    FROM ${creditedTouches(source, { [cut]: column, ...(titled && { title: 'content_titles' }) })} t
    WHERE t.mark > 0
    GROUP BY ${group}`;
}

/**
 * The touches of paths with the values of the cuts of their opportunities. Arrays in the select list are expanded row by row, those
 * of a lateral join are first collected for each path, which takes four times as long.
 */
function creditedTouches(
  { from, ofOpportunity }: CellSource,
  columns: Readonly<Record<string, string>>,
): Sql {
  const arrays = Object.entries(columns).map(([name, column]) => `unnest(p.${column}) AS ${name}`);
  const named = ['p.path_id', ...ofOpportunity.map((cut) => `p.${cut}`), ...arrays];
  return sql`(SELECT ${raw(named.join(', '))}, unnest(s.reported) AS value, unnest(s.marks) AS mark ${from})`;
}

/** With several, each opportunity is summed up by itself first, so that it counts once in a cell. */
function cellsOfOpportunity(view: CreditView, { from, by }: CellSource, stored: readonly StoredCut[]): Sql {
  const { keys } = keysOf(by, (cut) => raw(`${isOpportunityCut(cut) ? 'p' : 't'}.${cut}`));
  const names = raw(stored.join(', '));
  const arrays = join(
    stored.map((cut) => storedArray(view, cut)),
    ', ',
  );
  return sql`
    SELECT ${keys}, t.title, t.value, 1 AS opportunities, t.touches
    ${from}
    CROSS JOIN LATERAL (
      SELECT ${names}, sum(value) AS value, count(*) AS touches, max(title COLLATE "C") AS title
      FROM unnest(${arrays}, s.reported, s.marks, p.content_titles) AS touch(${names}, value, mark, title)
      WHERE mark > 0
      GROUP BY ${names}) t`;
}

const TOUCH_COLUMNS = {
  content: 'content_ids',
  channel: 'channels',
  campaign: 'campaigns',
  source: 'sources',
  lead_id: 'lead_ids',
  event_id: 'event_ids',
  title: 'content_titles',
};

/** Contents of one author are several keys, so what one opportunity gives to an author is summed up first. */
function cellsOfJoined(view: CreditView, source: CellSource, { filter }: ReportScope): Sql {
  const { keys, group } = keysOf(source.by, (cut) =>
    isOpportunityCut(cut) ? raw(`t.${cut}`) : touchValue(cut),
  );
  return sql`
    SELECT ${keys}, max(t.title COLLATE "C") AS title, sum(t.value) AS value, 1 AS opportunities, count(*) AS touches
    FROM ${creditedTouches(source, TOUCH_COLUMNS)} t
    ${joinsFor(view, [...source.by, ...(filter ? filteredCuts(filter) : [])])}
    WHERE ${allOf([raw('t.mark > 0'), filter && touchFilter(filter)])}
    GROUP BY t.path_id, ${group}`;
}

import { type Cut, isByTime, isOpportunityCut, type PathScope, type ReportScope } from './report-scope.js';
import {
  isStoredCut,
  isTouchCut,
  joinsFor,
  opportunityColumn,
  type StoredCut,
  storedArray,
  storedValue,
  TOUCH_CUTS,
  type TouchCut,
  touchValue,
} from './report-cuts.js';
import type { DayOrInstant } from './params.js';
import type { CreditView } from './credit-ledger.js';
import type { View } from './read-models.js';
import { filteredCuts, opportunityFilter, touchFilter } from './report-filters.js';
import { validAt } from './valid-at.js';
import { allOf, firstRow, join, empty, raw, rows, sql, type Sql } from './sql.js';

/** What one cell of a report earned; keys in the order of the cuts, null where its touches have none. */
export interface CreditRow {
  readonly keys: readonly (string | null)[];
  /** Title of the content, when cut by content and known; of several, the last by alphabet. */
  readonly title: string | null;
  /** Minor units of the report's currency. */
  readonly value: bigint;
  readonly opportunities: number;
  readonly touches: number;
}

/** The opportunities of a report as rows `p` of the credit ledger. */
export const inScope = (view: View, scope: PathScope): Sql => {
  const { workspace, asOf } = view;
  const { metric, timeZone, filter, opportunityIds } = scope;
  const { from, to } = scope.period;
  return allOf([
    sql`p.workspace = ${workspace} AND p.metric = ${metric}`,
    validAt('p', asOf),
    from && since(from, timeZone),
    to && before(to, timeZone),
    filter && opportunityFilter(view, scope, filter),
    opportunityIds && sql`p.opportunity_id = ANY(${opportunityIds}::text[])`,
  ]);
};

/**
 * The day that an opportunity counts at is computed as schema bi computes it: where clocks go back over midnight a day is not one span of
 * time, so no two instants bound it. The bound beside it, a day wider than any zone needs, is for the index.
 */
const since = (date: DayOrInstant, timeZone: string): Sql =>
  'day' in date
    ? sql`p.credited_at >= ${date.day}::timestamp - interval '1 day' AND ${creditedDay(timeZone)} >= ${date.day}::date`
    : sql`p.credited_at >= ${date.instant}`;

const before = (date: DayOrInstant, timeZone: string): Sql =>
  'day' in date
    ? sql`p.credited_at < ${date.day}::timestamp + interval '1 day' AND ${creditedDay(timeZone)} < ${date.day}::date`
    : sql`p.credited_at < ${date.instant}`;

const creditedDay = (timeZone: string): Sql => sql`(p.credited_at AT TIME ZONE ${timeZone})::date`;

/**
 * Credits of the opportunities by the cuts, all cells, in the order of the report: by time when the first cut is the month, else
 * the most valuable first. They add up to what is attributed.
 */
export async function creditRows(
  view: CreditView,
  scope: ReportScope,
  { model, by }: { readonly model: string; readonly by: readonly Cut[] },
): Promise<CreditRow[]> {
  const keys = by.map((_, index) => raw(`key${index}`));
  const names = join(keys, ', ');
  const byTime = isByTime(by) ? sql`key0, ` : empty;
  const ties = join(
    keys.map((key) => sql`${key} COLLATE "C" NULLS LAST`),
    ', ',
  );
  const found = await rows<Omit<CreditRow, 'value'> & { value: string }>(
    view.tx,
    sql`
    SELECT ARRAY[${names}]::text[] AS keys, ${by.includes('content') ? raw('max(title)') : raw('NULL')} AS title,
           sum(value)::text AS value, sum(opportunities)::int AS opportunities, sum(touches)::int AS touches
    FROM (${cells(view, scope, { model, by })}) cell
    GROUP BY ${names}
    ORDER BY ${byTime}sum(value) DESC, ${ties}`,
  );
  return found.map((row) => ({ ...row, value: BigInt(row.value) }));
}

/** Cells of the report. */
function cells(
  view: CreditView,
  scope: ReportScope,
  { model, by }: { model: string; by: readonly Cut[] },
): Sql {
  const ofOpportunity = by.filter(isOpportunityCut);
  const ofTouches = by.filter((cut) => !isOpportunityCut(cut));
  const stored = ofTouches.filter(isStoredCut);
  const filter = scope.filter && touchFilter(scope.filter);
  const isJoined = stored.length < ofTouches.length || filter !== undefined;
  const columns = ofOpportunity.map((cut) => sql`, ${opportunityColumn(view, scope, cut)} AS ${raw(cut)}`);
  // Offset 0 keeps these from being computed again for every touch; without any it would only keep workers out.
  const once = raw(columns.length > 0 ? 'OFFSET 0' : '');
  const from = sql`
    FROM (SELECT p.*${columns.length > 0 ? join(columns, '') : empty} FROM ${view.ledger.paths} p
          WHERE ${inScope(view, scope)} AND p.reported_minor IS NOT NULL ${once}) p
    JOIN ${view.ledger.shares} s ON s.path_id = p.path_id AND s.model = ${model}`;
  const keyOf = (cut: Cut): Sql => {
    if (isOpportunityCut(cut)) return raw(`p.${cut}`);
    return isStoredCut(cut) && !isJoined ? storedValue(cut) : touchValue(cut);
  };
  const keys = join(
    by.map((cut, index) => sql`${keyOf(cut)} AS ${raw(`key${index}`)}`),
    ', ',
  );
  const group = join(
    by.map((_, index) => raw(String(index + 1))),
    ', ',
  );
  if (isJoined) {
    const joins = joinsFor(view, [...by, ...(scope.filter ? filteredCuts(scope.filter) : [])]);
    return cellsOfJoined({ from, keys, group, joins, filter });
  }
  const [only] = stored;
  if (stored.length > 1 || (only !== undefined && !isTouchCut(only)))
    return cellsOfOpportunity(view, { from, keys, stored });
  return only === undefined
    ? sql`SELECT ${keys}, sum(t.value) AS value, count(*) AS opportunities, sum(t.touches) AS touches
          ${from}
          CROSS JOIN LATERAL (SELECT sum(reported) AS value, count(*) FILTER (WHERE mark & 1 = 1) AS touches
                              FROM unnest(s.reported, s.marks) AS touch(reported, mark)) t
          WHERE t.touches > 0
          GROUP BY ${group}`
    : cellsOfTouch({ from, keys, group, cut: only });
}

/** With one dimension of touches, marks flag the first touch of an opportunity in a cell: one pass, no grouping by opportunity. */
function cellsOfTouch({ from, keys, group, cut }: { from: Sql; keys: Sql; group: Sql; cut: TouchCut }): Sql {
  const { column, mark } = TOUCH_CUTS[cut];
  const titled = cut === 'content';
  return sql`
    SELECT ${keys}, ${raw(titled ? 'max(t.title COLLATE "C") AS title,' : '')}
           sum(t.value) AS value, count(*) FILTER (WHERE t.mark & ${raw(String(mark))} > 0) AS opportunities,
           count(*) AS touches
    ${from}
    CROSS JOIN LATERAL unnest(p.${raw(column)}, s.reported, s.marks${raw(titled ? ', p.content_titles' : '')})
      AS t(${raw(cut)}, value, mark${raw(titled ? ', title' : '')})
    WHERE t.mark & 1 = 1
    GROUP BY ${group}`;
}

/** With several, each opportunity is summed up by itself first, so that it counts once in a cell. */
function cellsOfOpportunity(
  view: CreditView,
  { from, keys, stored }: { from: Sql; keys: Sql; stored: readonly StoredCut[] },
): Sql {
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
      WHERE mark & 1 = 1
      GROUP BY ${names}) t`;
}

interface JoinedCells {
  readonly from: Sql;
  readonly keys: Sql;
  readonly group: Sql;
  readonly joins: Sql;
  readonly filter: Sql | undefined;
}

/** Contents of one author are several keys, so what one opportunity gives to an author is summed up first. */
function cellsOfJoined({ from, keys, group, joins, filter }: JoinedCells): Sql {
  return sql`
    SELECT ${keys}, max(t.title COLLATE "C") AS title, sum(t.value) AS value, 1 AS opportunities, count(*) AS touches
    ${from}
    CROSS JOIN LATERAL unnest(p.content_ids, p.channels, p.campaigns, p.sources, p.lead_ids, p.event_ids, s.reported, s.marks, p.content_titles)
      AS t(content, channel, campaign, source, lead_id, event_id, value, mark, title)
    ${joins}
    WHERE ${allOf([raw('t.mark & 1 = 1'), filter])}
    GROUP BY p.path_id, ${group}`;
}

/** What the opportunities of a report are worth together; minor units of its currency. */
export interface Totals {
  readonly total: bigint;
  readonly attributed: bigint;
  readonly unattributed: bigint;
  readonly opportunities: number;
  readonly unattributedOpportunities: number;
}

export async function totalsOf(view: CreditView, scope: ReportScope): Promise<Totals> {
  const found = await firstRow<{ total: string; attributed: string; opportunities: number; without: number }>(
    view.tx,
    sql`
    SELECT coalesce(sum(p.reported_minor), 0)::text AS total,
           coalesce(sum(p.reported_minor) FILTER (WHERE cardinality(p.event_ids) > 0), 0)::text AS attributed,
           count(*)::int AS opportunities, count(*) FILTER (WHERE cardinality(p.event_ids) = 0)::int AS without
    FROM ${view.ledger.paths} p
    WHERE ${inScope(view, scope)} AND p.reported_minor IS NOT NULL`,
  );
  const total = BigInt(found?.total ?? 0);
  const attributed = BigInt(found?.attributed ?? 0);
  const opportunities = found?.opportunities ?? 0;
  const unattributedOpportunities = found?.without ?? 0;
  return { total, attributed, unattributed: total - attributed, opportunities, unattributedOpportunities };
}

/** Opportunities in a currency without a published rate at their reference date, by currency. */
export interface UnconvertedRow {
  readonly currency: string;
  readonly amount: string;
  readonly opportunities: string[];
}

export const unconvertedRows = (view: CreditView, scope: ReportScope): Promise<UnconvertedRow[]> =>
  rows<UnconvertedRow>(
    view.tx,
    sql`
    SELECT p.currency, sum(p.amount_minor)::text AS amount,
           array_agg(p.opportunity_id ORDER BY p.opportunity_id COLLATE "C") AS opportunities
    FROM ${view.ledger.paths} p
    WHERE ${inScope(view, scope)} AND p.reported_minor IS NULL
    GROUP BY p.currency
    ORDER BY p.currency COLLATE "C"`,
  );

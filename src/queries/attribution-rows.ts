import { creditCells } from './credit-cells.js';
import type { CreditView } from './credit-ledger.js';
import { inScope } from './paths-in-scope.js';
import { type Cut, isByTime, type ReportScope } from './report-scope.js';
import { empty, firstRow, join, raw, rows, sql } from './sql.js';

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
    FROM (${creditCells(view, scope, { model, by })}) cell
    GROUP BY ${names}
    ORDER BY ${byTime}sum(value) DESC, ${ties}`,
  );
  return found.map((row) => ({ ...row, value: BigInt(row.value) }));
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

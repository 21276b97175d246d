import type { InvestmentDimension } from '../../domain/catalogue-events.js';
import { periodStart } from '../../domain/investment-periods.js';
import { tagLabel } from '../../domain/label.js';
import { shareOf } from '../attribution.js';
import { creditRows, inScope } from '../attribution-rows.js';
import { cataloguedNames, type Names } from '../catalogue-rows.js';
import type { CreditView } from '../credit-ledger.js';
import type { View } from '../read-models.js';
import { timeOf } from '../report-cuts.js';
import type { Cut, ModelName, ReportScope } from '../report-scope.js';
import { raw, rows, sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { type InvestedCut, investedRows } from './invested.js';

/** Investment and return of one cell; minor units of the report's currency. */
export interface ReturnRow {
  readonly key: string | null;
  readonly month: string | null;
  /** First day. */
  readonly period: string | null;
  readonly label: string;
  value: bigint;
  invested: bigint;
  opportunities: number;
}

export interface Returns {
  /** All cells, in the order of the report. */
  readonly rows: readonly ReturnRow[];
  /** Of all cells. */
  readonly value: bigint;
  readonly invested: bigint;
  /** Invested in what the report is not cut by; in no cell, but in `invested`. */
  readonly elsewhere: bigint;
}

interface ReturnCut {
  readonly dimension: InvestmentDimension | undefined;
  readonly model: ModelName | undefined;
  /** By week or month, or by the periods of the model, which months or weeks add up to. */
  readonly time: InvestedCut['time'];
  readonly byPeriod: boolean;
}

/** value / invested, to six decimals, half up; null where nothing was invested. */
export const ratio = (value: bigint, invested: bigint): number | null =>
  invested > 0n ? shareOf(value, invested) : null;

export async function returnRows(view: CreditView, scope: ReportScope, cut: ReturnCut): Promise<Returns> {
  const values = await (cut.model === undefined
    ? opportunityValues(view, scope, cut)
    : creditValues(view, scope, { ...cut, model: cut.model }));
  const costs = await investedRows(view, scope, cut);
  const names = await namesOf(view, cut.dimension, [...values, ...costs]);
  const cells = new Map<string, ReturnRow>();
  const periods = view.model?.data.document.investments;
  const cellOf = (key: string | null, time: string | null, title?: string | null): ReturnRow => {
    const period = time !== null && cut.byPeriod ? periodStart(time, periods) : null;
    const month = cut.byPeriod ? null : time;
    const name = JSON.stringify([key, month, period]);
    const label =
      (key === null ? undefined : (names.get(key) ?? title)) ?? key ?? month ?? period ?? '(none)';
    const cell = cells.get(name) ?? { key, month, period, label, value: 0n, invested: 0n, opportunities: 0 };
    cells.set(name, cell);
    return cell;
  };
  const sums = { value: 0n, invested: 0n, elsewhere: 0n };
  for (const { key, time, title, value, opportunities } of values) {
    const cell = cellOf(key, time, title);
    cell.value += value;
    cell.opportunities += opportunities;
    sums.value += value;
  }
  for (const { key, time, invested } of costs) {
    sums.invested += BigInt(invested);
    if (cut.dimension !== undefined && key === null) sums.elsewhere += BigInt(invested);
    else cellOf(key, time).invested += BigInt(invested);
  }
  return { rows: [...cells.values()].sort(inOrder), ...sums };
}

const descending = (a: bigint, b: bigint): number => (a < b ? 1 : a > b ? -1 : 0);
const ascending = (a: string | null, b: string | null): number =>
  a === b ? 0 : a === null ? 1 : b === null || a < b ? -1 : 1;

const inOrder = (a: ReturnRow, b: ReturnRow): number =>
  ascending(a.month ?? a.period, b.month ?? b.period) ||
  descending(a.value, b.value) ||
  descending(a.invested, b.invested) ||
  ascending(a.key, b.key);

interface CellValue {
  readonly key: string | null;
  readonly time: string | null;
  readonly title?: string | null;
  readonly value: bigint;
  readonly opportunities: number;
}

/** Opportunities by their own lead source, in the form that sources of investments have. */
async function opportunityValues(
  view: CreditView,
  scope: ReportScope,
  { time: unit, dimension }: ReturnCut,
): Promise<CellValue[]> {
  const time = unit ? timeOf('p', unit, scope.timeZone) : raw('NULL::text');
  const source = raw(dimension === undefined ? 'NULL::text' : 'o.source');
  const found = await rows<{
    source: string | null;
    time: string | null;
    value: string;
    opportunities: number;
  }>(
    view.tx,
    sql`
    SELECT ${source} AS source, ${time} AS time, sum(p.reported_minor)::text AS value, count(*)::int AS opportunities
    FROM ${view.ledger.paths} p
    JOIN touchline.opportunity o
      ON o.workspace = p.workspace AND o.opportunity_id = p.opportunity_id AND ${validAt('o', view.asOf)}
    WHERE ${inScope(view, scope)} AND p.reported_minor IS NOT NULL
    GROUP BY 1, 2`,
  );
  return found.map((row) => ({
    key: row.source === null ? null : (tagLabel(row.source) ?? null),
    time: row.time,
    value: BigInt(row.value),
    opportunities: row.opportunities,
  }));
}

/** Credits of a model. */
async function creditValues(
  view: CreditView,
  scope: ReportScope,
  { model, dimension, time }: ReturnCut & { readonly model: ModelName },
): Promise<CellValue[]> {
  const by: Cut[] = [...(dimension === undefined ? [] : [dimension]), ...(time ? [time] : [])];
  const found = await creditRows(view, scope, { model, by });
  return found.map(({ keys, title, value, opportunities }) => ({
    key: dimension === undefined ? null : (keys[0] ?? null),
    time: time ? (keys.at(-1) ?? null) : null,
    ...{ title, value, opportunities },
  }));
}

/** Names of the contents or campaigns, where they are catalogued. */
async function namesOf(
  view: View,
  dimension: InvestmentDimension | undefined,
  cells: readonly { readonly key: string | null }[],
): Promise<Names> {
  if (dimension !== 'content' && dimension !== 'campaign') return new Map();
  return cataloguedNames(view, dimension, [...new Set(cells.flatMap(({ key }) => key ?? []))]);
}

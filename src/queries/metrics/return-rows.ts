import type { InvestmentDimension } from '../../domain/catalogue-events.js';
import { periodStart } from '../../domain/investment-periods.js';
import { tagLabel } from '../../domain/label.js';
import { creditRows } from '../attribution-rows.js';
import type { Names } from '../catalogue-rows.js';
import { cellNames } from '../cell-names.js';
import type { CreditView } from '../credit-ledger.js';
import type { Engagement } from '../engagement/engagement.js';
import { inScope } from '../paths-in-scope.js';
import {
  type EarningCell,
  inOrderOf,
  type InvestedCell,
  investmentsByCell,
  sumOf,
  withInvestments,
} from '../invested-cells.js';
import type { View } from '../read-models.js';
import { timeOf } from '../report-cuts.js';
import type { Cut, ModelName, ReportScope } from '../report-scope.js';
import { raw, rows, sql } from '../sql.js';
import { validAt } from '../valid-at.js';
import { apportionedInvestments, BUYER_CUTS, type BuyerCut } from './apportioned.js';
import type { InvestedCut } from './invested.js';

/** Investment and return of one cell; minor units of the report's currency. */
export interface ReturnRow {
  readonly key: string | null;
  readonly month: string | null;
  /** First day. */
  readonly period: string | null;
  readonly label: string;
  readonly value: bigint;
  readonly invested: bigint;
  readonly opportunities: number;
}

export interface Returns {
  /** All cells, in the order of the report. */
  readonly rows: readonly ReturnRow[];
  /** Of all cells. */
  readonly value: bigint;
  readonly invested: bigint;
  /** Invested in what the report is not cut by; in no cell, but in `invested`. */
  readonly elsewhere: bigint;
  /** The same of what engaged nobody, where investments are spread over buyers. */
  readonly unapportioned: bigint;
}

export type ReturnDimension = InvestmentDimension | BuyerCut;

interface ReturnCut {
  readonly dimension: ReturnDimension | undefined;
  readonly model: ModelName | undefined;
  /** By week or month, or by the periods of the model, which months or weeks add up to. */
  readonly time: InvestedCut['time'];
  readonly byPeriod: boolean;
}

export async function returnRows(
  view: CreditView,
  engagement: Engagement,
  scope: ReportScope,
  cut: ReturnCut,
): Promise<Returns> {
  const values = await (cut.model === undefined
    ? opportunityValues(view, scope, cut)
    : creditValues(view, scope, { ...cut, model: cut.model }));
  const periods = view.model?.data.document.investments;
  const timeOf = (time: string | null): string | null =>
    time !== null && cut.byPeriod ? periodStart(time, periods) : time;
  const earned = cellsOf(values.map((each) => ({ ...each, keys: [each.key, timeOf(each.time)] })));
  const keysOf = (key: string | null, time: string | null) => [key, timeOf(time)];
  const investments = await investmentsOf(view, engagement, { scope, cut, keysOf });
  const cells = withInvestments(earned, investments, (keys) => ({ keys, value: 0n, opportunities: 0 }));
  const names = await namesOf(view, cut.dimension, cells);
  return {
    rows: cells.sort(inOrderOf(1)).map((cell) => returnRow(cell, cut, names)),
    value: sumOf(cells.map(({ value }) => value)),
    invested: sumOf([...investments.byCell.values(), investments.elsewhere, investments.unapportioned]),
    elsewhere: investments.elsewhere,
    unapportioned: investments.unapportioned,
  };
}

interface InvestmentQuery {
  readonly scope: ReportScope;
  readonly cut: ReturnCut;
  readonly keysOf: (key: string | null, time: string | null) => EarningCell['keys'];
}

async function investmentsOf(
  view: CreditView,
  engagement: Engagement,
  { scope, cut: { dimension, time }, keysOf }: InvestmentQuery,
) {
  if (isBuyerCut(dimension))
    return apportionedInvestments(view, engagement, scope, { of: dimension, time }, keysOf);
  return { ...(await investmentsByCell(view, scope, { dimension, time }, keysOf)), unapportioned: 0n };
}

const isBuyerCut = (dimension: ReturnDimension | undefined): dimension is BuyerCut =>
  BUYER_CUTS.some((cut) => cut === dimension);

/** What was earned in one cell: by its key and its month or period. */
interface Earned extends EarningCell {
  readonly title?: string | null;
  readonly opportunities: number;
}

/** Each cell once: several months or weeks may be in one period, and several sources have one name. */
function cellsOf(values: readonly Earned[]): Earned[] {
  const cells = new Map<string, Earned>();
  for (const each of values) {
    const name = JSON.stringify(each.keys);
    const { title, value = 0n, opportunities = 0 } = cells.get(name) ?? {};
    cells.set(name, {
      keys: each.keys,
      title: title ?? each.title ?? null,
      value: value + each.value,
      opportunities: opportunities + each.opportunities,
    });
  }
  return [...cells.values()];
}

function returnRow(
  { keys: [key = null, time = null], title, value, invested, opportunities }: InvestedCell<Earned>,
  { byPeriod }: ReturnCut,
  names: Names,
): ReturnRow {
  const name = key === null ? undefined : (names.get(key) ?? title);
  return {
    key,
    month: byPeriod ? null : time,
    period: byPeriod ? time : null,
    label: name ?? key ?? time ?? '(none)',
    ...{ value, invested: invested ?? 0n, opportunities },
  };
}

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

/** Names of contents or campaigns, where they are catalogued, of personas and segments. */
async function namesOf(
  view: View,
  dimension: ReturnDimension | undefined,
  cells: readonly EarningCell[],
): Promise<Names> {
  if (dimension === undefined) return new Map();
  return (await cellNames(view, [dimension], cells)).get(dimension) ?? new Map<string, string>();
}

import type { ModelCredit, ModelSums } from './attribution-compare-items.js';
import { basisPart } from './attribution-basis.js';
import type { ReturnRow } from './attribution-returns.js';
import type { CreditRow, Totals } from './attribution-rows.js';
import { shareOf } from './attribution.js';
import type { ComputedCredits } from './computed-credits.js';
import { returnRatio, sumOf } from './invested-cells.js';
import type { ComparedModel, ComparedName } from './model-parameters.js';
import { money } from '../domain/attribution/money.js';
import { type Cut, isByTime, isReturn, type ReportMetric, type ReportScope } from './report-scope.js';

/** A report under one of the models. */
export interface ModelReport {
  /** With what was invested, if the metric looks at that. */
  readonly rows: readonly (CreditRow | ReturnRow)[];
  readonly totals: Totals;
  /** Undefined: its credits are stored. */
  readonly computed?: ComputedCredits;
}
export type ModelReports = ReadonlyMap<ComparedName, ModelReport>;

/** One cell under all models. */
export interface Compared {
  readonly row: CreditRow | ReturnRow;
  readonly credits: Map<ComparedName, CreditRow>;
}

/** Cells in the order of the baseline's report, then those it does not have in the order of the others'. */
export function cellsOf(
  reports: ModelReports,
  { baseline, by }: { readonly baseline: ComparedName; readonly by: readonly Cut[] },
): Compared[] {
  const cells = new Map<string, Compared>();
  for (const model of new Set([baseline, ...reports.keys()])) {
    for (const row of reports.get(model)?.rows ?? []) {
      const name = JSON.stringify(row.keys);
      const cell = cells.get(name) ?? { row, credits: new Map<ComparedName, CreditRow>() };
      cells.set(name, cell);
      cell.credits.set(model, row);
    }
  }
  const all = [...cells.values()];
  return isByTime(by) ? all.sort((a, b) => byKey(a, b)) : all;
}

/** Stable: within a month the order stays. */
function byKey(a: Compared, b: Compared): number {
  const [left, right] = [a.row.keys[0] ?? '', b.row.keys[0] ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
}

interface ComparedWith {
  readonly baseline: ComparedName;
  readonly metric: ReportMetric;
  readonly scope: ReportScope;
}

export function sumsOf(
  { name, request }: ComparedModel,
  reports: ModelReports,
  { baseline, metric, scope: { currency } }: ComparedWith,
): ModelSums {
  const attributedBy = (model: ComparedName): bigint => reports.get(model)?.totals.attributed ?? 0n;
  const selectedBy = (model: ComparedName): bigint =>
    sumOf((reports.get(model)?.rows ?? []).map(({ value }) => value));
  const { computed, totals, rows = [] } = reports.get(name) ?? {};
  const invested = sumOf(rows.map((row) => investedIn(row) ?? 0n));
  return {
    model: name,
    ...(computed && { request, ...basisPart(computed) }),
    attributed: money(attributedBy(name), currency),
    selected: money(selectedBy(name), currency),
    unattributed: money(totals?.unattributed ?? 0n, currency),
    unattributedOpportunities: totals?.unattributedOpportunities ?? 0,
    difference: money(attributedBy(name) - attributedBy(baseline), currency),
    ...ratiosOf(metric, { value: selectedBy(name), baseline: selectedBy(baseline), invested }),
  };
}

/** Null: nothing is recorded. */
export const investedIn = (row: CreditRow | ReturnRow): bigint | null =>
  'invested' in row ? row.invested : null;

interface Returned {
  readonly value: bigint;
  /** Of the model that the others are compared with. */
  readonly baseline: bigint;
  readonly invested: bigint | null;
}

/** Only of metrics that are ratios. */
function ratiosOf(
  metric: ReportMetric,
  { value, baseline, invested }: Returned,
): Pick<ModelCredit, 'ratio' | 'ratioDifference'> {
  if (!isReturn(metric)) return {};
  const [ratio, other] = [returnRatio(metric, value, invested), returnRatio(metric, baseline, invested)];
  const difference = ratio === null || other === null ? null : Math.round((ratio - other) * 1e6) / 1e6;
  return { ratio, ratioDifference: difference };
}

const valueOf = (row: CreditRow | undefined): bigint => row?.value ?? 0n;

interface CreditContext {
  readonly currency: string;
  readonly metric: ReportMetric;
  /** Minor units that the model attributes. */
  readonly attributed: bigint;
}

/** What a model gives to a cell, beside what the baseline does. */
export const modelCredit = (
  { row, credits }: Compared,
  { name, baseline }: { readonly name: ComparedName; readonly baseline: ComparedName },
  { currency, metric, attributed }: CreditContext,
): ModelCredit => {
  const [credit, value, other] = [credits.get(name), valueOf(credits.get(name)), valueOf(credits.get(baseline))]; // prettier-ignore
  return {
    value: money(value, currency),
    difference: money(value - other, currency),
    share: shareOf(value, attributed),
    opportunities: credit?.opportunities ?? 0,
    touches: credit?.touches ?? 0,
    ...ratiosOf(metric, { value, baseline: other, invested: investedIn(row) }),
  };
};

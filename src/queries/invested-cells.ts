import { type InvestedCut, investedRows } from './metrics/invested.js';
import type { View } from './read-models.js';
import type { ReportScope, ReturnMetric } from './report-scope.js';

/** A cell of a report with what it earned, in minor units. */
export interface EarningCell {
  readonly keys: readonly (string | null)[];
  readonly value: bigint;
}

/** And with what was invested in it; null: no investment is for it in the period. */
export type InvestedCell<C extends EarningCell> = C & { readonly invested: bigint | null };

/** What was invested in the days of a report. */
export interface Investments {
  /** By the keys of a cell, as JSON. */
  readonly byCell: ReadonlyMap<string, bigint>;
  /** In what the report is not cut by. */
  readonly elsewhere: bigint;
}

/** @param keysOf the keys of the cell that an investment is in; undefined: the report does not have that cell */
export async function investmentsByCell(
  view: View,
  scope: ReportScope,
  cut: InvestedCut,
  keysOf: (key: string | null, time: string | null) => EarningCell['keys'] | undefined,
): Promise<Investments> {
  const byCell = new Map<string, bigint>();
  let elsewhere = 0n;
  for (const { key, time, invested } of await investedRows(view, scope, cut)) {
    const minor = BigInt(invested);
    const keys = keysOf(key, time);
    if (cut.dimension !== undefined && key === null) elsewhere += minor;
    else if (keys !== undefined) add(byCell, keys, minor);
  }
  return { byCell, elsewhere };
}

function add(byCell: Map<string, bigint>, keys: EarningCell['keys'], minor: bigint): void {
  const cell = JSON.stringify(keys);
  byCell.set(cell, (byCell.get(cell) ?? 0n) + minor);
}

/** @param unearned the cell of these keys, for what is only invested */
export function withInvestments<C extends EarningCell>(
  earned: readonly C[],
  { byCell }: Pick<Investments, 'byCell'>,
  unearned: (keys: EarningCell['keys']) => C,
): InvestedCell<C>[] {
  const known = new Set(earned.map(({ keys }) => JSON.stringify(keys)));
  const others = [...byCell.keys()].filter((keys) => !known.has(keys));
  return [...earned, ...others.map((keys) => unearned(JSON.parse(keys) as EarningCell['keys']))].map(
    (cell) => ({ ...cell, invested: byCell.get(JSON.stringify(cell.keys)) ?? null }),
  );
}

/** @param time place of the key that rows are in the order of; undefined: of none */
export const inOrderOf =
  (time: number | undefined) =>
  (a: InvestedCell<EarningCell>, b: InvestedCell<EarningCell>): number =>
    (time === undefined ? 0 : ascending(a.keys[time] ?? '', b.keys[time] ?? '')) ||
    descending(a.value, b.value) ||
    descending(a.invested ?? -1n, b.invested ?? -1n) ||
    ascending(JSON.stringify(a.keys), JSON.stringify(b.keys));

const descending = (a: bigint, b: bigint): number => (a < b ? 1 : a > b ? -1 : 0);
const ascending = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const sumOf = (numbers: readonly bigint[]): bigint => numbers.reduce((sum, each) => sum + each, 0n);

/**
 * `roi`: (value − invested) / invested; `pipeline_per_dollar`: value / invested. To six decimals, half up; null where nothing was
 * invested, as no number says what was earned by nothing.
 */
export function returnRatio(metric: ReturnMetric, value: bigint, invested: bigint | null): number | null {
  if (invested === null || invested <= 0n) return null;
  const micros = Number((value * 2_000_000n + invested) / (2n * invested));
  return (metric === 'roi' ? micros - 1_000_000 : micros) / 1e6;
}

import {
  type ByCause,
  type Drift,
  type DriftGroup,
  type DriftStep,
  movedBy,
  sumOf,
} from '../../domain/attribution/drift.js';
import { money } from '../../domain/attribution/money.js';
import type { CreditRow, Totals } from '../attribution-rows.js';
import { slice, withoutOf } from '../attribution.js';
import type {
  DriftAnswer,
  DriftEvent,
  DriftGroupItem,
  DriftItem,
  DriftValue,
  FindDrift,
  ReportEnd,
} from '../attribution-drift.js';
import { isStored } from '../model-parameters.js';
import { type CellNames, cellName, cellNames } from '../cell-names.js';
import type { ChangeCauses } from './change-causes.js';
import type { ReportAt } from './report-ends.js';
import { cellOf, UNATTRIBUTED } from './state-cells.js';

interface Compared {
  readonly from: ReportAt;
  readonly to: ReportAt;
  readonly drift: Drift;
  readonly causes: ChangeCauses;
  /** Number of opportunities. */
  readonly changed: number;
}

/** Both reports, as they are read at their positions, with what the walk between them found. */
export async function driftAnswer(query: FindDrift, compared: Compared): Promise<DriftAnswer> {
  const { from, to, drift, causes, changed } = compared;
  const { currency } = to.scope;
  const value = (of: (totals: Totals) => bigint, isPart: (cell: string) => boolean): DriftValue =>
    driftValue({ from: of(from.totals), to: of(to.totals), causes: drift.sumOf(isPart) }, currency);
  const rows = changedRows(compared);
  const { page, next } = slice(query.request, to.view, rows);
  const names = await cellNames(to.view, query.by, page.map(({ row }) => row)); // prettier-ignore
  const groups = drift.groups();
  return {
    asOf: String(to.view.asOf),
    modelVersion: to.view.modelVersion,
    from: endOf(from),
    to: endOf(to),
    model: query.model.model,
    ...(!isStored(query.model) && { request: query.model }),
    by: [...query.by],
    ...{ metric: to.scope.metric, currency },
    ...{ periodFrom: to.scope.from, periodTo: to.scope.to },
    total: value(({ total }) => total, () => true), // prettier-ignore
    attributed: value(({ attributed }) => attributed, (cell) => cell !== UNATTRIBUTED), // prettier-ignore
    unattributed: value(({ unattributed }) => unattributed, (cell) => cell === UNATTRIBUTED), // prettier-ignore
    changedOpportunities: changed,
    causes: await Promise.all(groups.map((group) => groupItem(group, { drift, causes, currency }))),
    rows: page.map((each) => driftItem(each, query, names, currency)),
    next,
  };
}

const endOf = ({ view }: ReportAt): ReportEnd => ({
  asOf: String(view.asOf),
  recordedAt: view.at,
  modelVersion: view.modelVersion,
});

interface Difference {
  readonly from: bigint;
  readonly to: bigint;
  readonly causes: ByCause;
}

/** @throws Error when the causes do not add up: rather no answer than a wrong one */
function driftValue({ from, to, causes }: Difference, currency: string): DriftValue {
  const difference = to - from;
  const explained = sumOf(causes.values());
  if (explained !== difference)
    throw new Error(`The causes of a difference of ${difference} add up to ${explained}`);
  return {
    from: money(from, currency),
    to: money(to, currency),
    difference: money(difference, currency),
    causes: Object.fromEntries([...causes].map(([cause, sum]) => [cause, money(sum, currency)])),
  };
}

interface ChangedRow extends Difference {
  readonly row: Pick<CreditRow, 'keys' | 'title'>;
}

/** Rows of either report that a cause changed. */
function changedRows({ from, to, drift }: Compared): ChangedRow[] {
  const before = cellsOf(from);
  const after = cellsOf(to);
  const changed = new Set(drift.changedCells());
  for (const cell of new Set([...before.keys(), ...after.keys()]))
    if (before.get(cell)?.value !== after.get(cell)?.value) changed.add(cell);
  changed.delete(UNATTRIBUTED);
  return [...changed]
    .map((cell) => ({
      cell,
      row: after.get(cell) ?? before.get(cell) ?? { keys: JSON.parse(cell) as string[], title: null },
      ...{ from: before.get(cell)?.value ?? 0n, to: after.get(cell)?.value ?? 0n },
      causes: drift.causesOf(cell),
    }))
    .sort((a, b) => bySize(b.to - b.from, a.to - a.from) || (a.cell < b.cell ? -1 : 1));
}

const cellsOf = ({ rows }: ReportAt): ReadonlyMap<string, CreditRow> =>
  new Map(rows.filter(({ value }) => value !== 0n).map((row) => [cellOf(row.keys), row]));

const size = (number: bigint): bigint => (number < 0n ? -number : number);
const bySize = (a: bigint, b: bigint): number => (size(a) < size(b) ? -1 : size(a) > size(b) ? 1 : 0);

function driftItem(changed: ChangedRow, { by }: FindDrift, names: CellNames, currency: string): DriftItem {
  const { row } = changed;
  return {
    ...cellName(row, by, names),
    without: withoutOf(row, by),
    ...driftValue(changed, currency),
  };
}

interface GroupContext {
  readonly drift: Drift;
  readonly causes: ChangeCauses;
  readonly currency: string;
}

async function groupItem(group: DriftGroup, context: GroupContext): Promise<DriftGroupItem> {
  const { cause, events, opportunities, steps } = group;
  const items: DriftEvent[] = [];
  for (const step of steps) items.push(await driftEvent(step, context));
  const difference = context.drift.sumOf(() => true).get(cause) ?? 0n;
  return { cause, difference: money(difference, context.currency), events, opportunities, items };
}

async function driftEvent(step: DriftStep, { causes, currency }: GroupContext): Promise<DriftEvent> {
  const { position, opportunityId, events, cause } = step;
  // What was applied late has a position of its own, which rows do not name, and segments may change with time alone.
  const event = cause === 'dead_letters' || cause === 'segments' ? undefined : await causes.eventAt(position);
  return {
    position: String(position),
    ...{ eventId: event?.id ?? null, type: event?.type ?? null },
    ...{ opportunityId, events },
    difference: money(sumOf(step.differences.values()), currency),
    moved: money(movedBy(step), currency),
  };
}

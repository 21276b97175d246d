/** What made a report differ from the one before it. */
export const DRIFT_CAUSES = [
  'late_touchpoints',
  'withdrawn_touchpoints',
  'merges',
  'splits',
  'profiles',
  'segments',
  'opportunity_changes',
  'verdicts',
  'model_version',
  'rates',
  'catalogue',
  'dead_letters',
] as const;
export type DriftCause = (typeof DRIFT_CAUSES)[number];

/** What one opportunity gives to the cells of a report, in minor units; cells without anything are left out. */
export type Cells = ReadonlyMap<string, bigint>;

/** Sums by cause; causes that add up to nothing are left out. */
export type ByCause = ReadonlyMap<DriftCause, bigint>;

/** Events of one cause that followed one another, and what they changed. */
export interface DriftStep {
  readonly opportunityId: string;
  readonly cause: DriftCause;
  /** Of the last of them. */
  readonly position: bigint;
  /** More than one only where an opportunity has too many events and touches to compute its credits after each. */
  readonly events: number;
  /** By cell; without cells that stayed as they were. */
  readonly differences: Cells;
}

/** @returns the cells that differ, with what was added to them */
export function differencesOf(before: Cells, after: Cells): Cells {
  const differences = new Map<string, bigint>();
  for (const cell of new Set([...before.keys(), ...after.keys()])) {
    const difference = (after.get(cell) ?? 0n) - (before.get(cell) ?? 0n);
    if (difference !== 0n) differences.set(cell, difference);
  }
  return differences;
}

/**
 * Consecutive events of one cause as one. What a cause changed in all is the same: the differences of a run add up to that between its ends.
 *
 * @param steps in the order of positions
 */
export function runsOf<Step extends { readonly cause: DriftCause }>(
  steps: readonly Step[],
): { readonly last: Step; readonly events: number }[] {
  const runs: { last: Step; events: number }[] = [];
  for (const step of steps) {
    const run = runs.at(-1);
    if (run?.last.cause === step.cause) runs[runs.length - 1] = { last: step, events: run.events + 1 };
    else runs.push({ last: step, events: 1 });
  }
  return runs;
}

/** What one cause did to a report. */
export interface DriftGroup {
  readonly cause: DriftCause;
  readonly events: number;
  readonly opportunities: number;
  /** The steps that moved most, the most weighty first. */
  readonly steps: readonly DriftStep[];
}

interface OpenGroup {
  events: number;
  readonly opportunities: Set<string>;
  steps: DriftStep[];
}

/** Adds up the steps of many opportunities by cell and cause. */
export class Drift {
  private readonly cells = new Map<string, Map<DriftCause, bigint>>();
  private readonly open = new Map<DriftCause, OpenGroup>();

  /** @param listed so many steps are kept of each cause */
  constructor(private readonly listed: number) {}

  /** What a cause did to cells. */
  add(cause: DriftCause, differences: Cells): void {
    for (const [cell, difference] of differences) {
      const causes = this.cells.get(cell) ?? new Map<DriftCause, bigint>();
      this.cells.set(cell, causes);
      causes.set(cause, (causes.get(cause) ?? 0n) + difference);
    }
  }

  /** Counts a step among those of its cause, and lists it if it is one of the most weighty. */
  list(step: DriftStep): void {
    const group = this.open.get(step.cause) ?? { events: 0, opportunities: new Set(), steps: [] };
    this.open.set(step.cause, group);
    group.events += step.events;
    group.opportunities.add(step.opportunityId);
    group.steps.push(step);
    if (group.steps.length >= 2 * this.listed + 100) group.steps = this.weightiest(group.steps);
  }

  /** What each cause added to a cell. */
  causesOf(cell: string): ByCause {
    return withoutZeros(this.cells.get(cell) ?? new Map<DriftCause, bigint>());
  }

  /** What each cause added to some cells together. */
  sumOf(isPart: (cell: string) => boolean): ByCause {
    const sums = new Map<DriftCause, bigint>();
    for (const [cell, causes] of this.cells) {
      if (!isPart(cell)) continue;
      for (const [cause, difference] of causes) sums.set(cause, (sums.get(cause) ?? 0n) + difference);
    }
    return withoutZeros(sums);
  }

  /** Cells that a step changed, even where the changes cancel out. */
  changedCells(): string[] {
    return [...this.cells].flatMap(([cell, causes]) => (withoutZeros(causes).size > 0 ? [cell] : []));
  }

  groups(): DriftGroup[] {
    return DRIFT_CAUSES.flatMap((cause) => {
      const group = this.open.get(cause);
      if (!group) return [];
      const { events, opportunities, steps } = group;
      return [{ cause, events, opportunities: opportunities.size, steps: this.weightiest(steps) }];
    });
  }

  private weightiest(steps: readonly DriftStep[]): DriftStep[] {
    return steps
      .map((step) => ({ step, weight: movedBy(step) }))
      .sort((a, b) => compare(b.weight, a.weight) || byPosition(a.step, b.step))
      .slice(0, this.listed)
      .map(({ step }) => step);
  }
}

/** How much a step took away from cells and gave to cells, in all. */
export const movedBy = ({ differences }: DriftStep): bigint =>
  [...differences.values()].reduce((sum, each) => sum + (each < 0n ? -each : each), 0n);

export const sumOf = (amounts: Iterable<bigint>): bigint => {
  let sum = 0n;
  for (const amount of amounts) sum += amount;
  return sum;
};

const withoutZeros = (causes: ByCause): ByCause => new Map([...causes].filter(([, sum]) => sum !== 0n));

const byPosition = (a: DriftStep, b: DriftStep): number =>
  compare(a.position, b.position) || compare(a.opportunityId, b.opportunityId);

const compare = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

import { type Cells, differencesOf, type Drift } from '../../domain/attribution/drift.js';
import type { DriftWalker, WalkedStep } from './drift-walk.js';
import type { OpportunityState } from './state-cells.js';

/** Adds up what each event changed under models that weigh each opportunity by itself. */
export class RuleDrift implements DriftWalker {
  private before: Cells = new Map();

  constructor(
    private readonly drift: Drift,
    private readonly cellsOf: (state: OpportunityState | undefined) => Cells,
  ) {}

  start(_: string, before: OpportunityState | undefined): void {
    this.before = this.cellsOf(before);
  }

  async step({ after, cause: findCause, ...step }: WalkedStep): Promise<void> {
    const cells = this.cellsOf(after);
    const differences = differencesOf(this.before, cells);
    this.before = cells;
    if (differences.size === 0) return;
    const cause = await findCause();
    this.drift.add(cause, differences);
    this.drift.list({ ...step, cause, differences });
  }
}

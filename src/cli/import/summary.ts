import type { Reason, Warning } from '../../intake/outcome.js';

/** What became of one row. */
export type RowOutcome =
  | { readonly status: 'accepted' | 'duplicate'; readonly warnings?: readonly Warning[] }
  | { readonly status: 'rejected'; readonly reason: Reason };

/** A rejected row, for the user. */
export interface RejectedRow {
  readonly line: number;
  readonly reason: Reason;
}

/** So many rejected rows are shown; all are in `rejected`. */
const SHOWN = 10;

/** How many rows had each outcome. */
export class Summary {
  accepted = 0;
  duplicate = 0;
  readonly rejected = new Map<string, number>();
  /** Accepted rows of which values were replaced or ignored, by the code of the warning. */
  readonly warned = new Map<string, number>();
  /** The first ones of this run. */
  readonly examples: RejectedRow[] = [];

  get rejectedRows(): number {
    return [...this.rejected.values()].reduce((sum, count) => sum + count, 0);
  }

  get rows(): number {
    return this.accepted + this.duplicate + this.rejectedRows;
  }

  count(line: number, outcome: RowOutcome): void {
    if (outcome.status !== 'rejected') {
      this[outcome.status] += 1;
      for (const { code } of outcome.warnings ?? []) increase(this.warned, code, 1);
      return;
    }
    const { reason } = outcome;
    increase(this.rejected, reason.code, 1);
    if (this.examples.length < SHOWN) this.examples.push({ line, reason });
  }

  /** Adds the figures of another one, without its examples. */
  add(other: Summary): void {
    this.accepted += other.accepted;
    this.duplicate += other.duplicate;
    for (const [code, count] of other.rejected) increase(this.rejected, code, count);
    for (const [code, count] of other.warned) increase(this.warned, code, count);
  }

  toJSON(): SummaryJson {
    const { accepted, duplicate, rejected, warned } = this;
    return {
      ...{ accepted, duplicate, rejected: Object.fromEntries(rejected) },
      ...(warned.size > 0 && { warned: Object.fromEntries(warned) }),
    };
  }

  static from({ accepted, duplicate, rejected, warned = {} }: SummaryJson): Summary {
    const summary = new Summary();
    Object.assign(summary, { accepted, duplicate });
    for (const [code, count] of Object.entries(rejected)) summary.rejected.set(code, count);
    for (const [code, count] of Object.entries(warned)) summary.warned.set(code, count);
    return summary;
  }
}

export interface SummaryJson {
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly warned?: Readonly<Record<string, number>>;
}

const increase = (counts: Map<string, number>, code: string, by: number): void =>
  void counts.set(code, (counts.get(code) ?? 0) + by);

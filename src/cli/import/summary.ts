import type { Reason } from '../../intake/outcome.js';

/** What became of one row. */
export type RowOutcome =
  { readonly status: 'accepted' | 'duplicate' } | { readonly status: 'rejected'; readonly reason: Reason };

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
  /** The first ones of this run. */
  readonly examples: RejectedRow[] = [];

  get rejectedRows(): number {
    return [...this.rejected.values()].reduce((sum, count) => sum + count, 0);
  }

  get rows(): number {
    return this.accepted + this.duplicate + this.rejectedRows;
  }

  count(line: number, outcome: RowOutcome): void {
    if (outcome.status !== 'rejected') this[outcome.status] += 1;
    else {
      const { reason } = outcome;
      this.rejected.set(reason.code, (this.rejected.get(reason.code) ?? 0) + 1);
      if (this.examples.length < SHOWN) this.examples.push({ line, reason });
    }
  }

  /** Adds the figures of another one, without its examples. */
  add(other: Summary): void {
    this.accepted += other.accepted;
    this.duplicate += other.duplicate;
    for (const [code, count] of other.rejected)
      this.rejected.set(code, (this.rejected.get(code) ?? 0) + count);
  }

  toJSON(): object {
    const { accepted, duplicate, rejected } = this;
    return { accepted, duplicate, rejected: Object.fromEntries(rejected) };
  }

  /** @param value of `toJSON` */
  static from(value: unknown): Summary {
    const { accepted, duplicate, rejected } = value as ReturnType<Summary['toJSON']> & {
      readonly accepted: number;
      readonly duplicate: number;
      readonly rejected: Readonly<Record<string, number>>;
    };
    const summary = new Summary();
    Object.assign(summary, { accepted, duplicate });
    for (const [code, count] of Object.entries(rejected)) summary.rejected.set(code, count);
    return summary;
  }
}

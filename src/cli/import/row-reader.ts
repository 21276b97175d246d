import type { Format } from '../../intake/format.js';
import type { Rejected } from '../../intake/outcome.js';
import type { SourceRow } from './row-splitter.js';

export interface RowItem {
  readonly item: unknown;
  readonly mayHoldUnstorable?: boolean;
}

/** One of several items of a row. */
export interface PartOfRow extends RowItem {
  /** Where it stands in the row, as a JSON pointer. */
  readonly pointer: string;
  /** Its bytes. */
  readonly sent: () => Buffer | undefined;
}

/** What a row with one item holds, before its meaning is looked at. */
export type SingleRow = RowItem | Rejected;

/** What a row holds: at least one item. */
export type ReadRow = SingleRow | { readonly parts: readonly PartOfRow[] };

/** How the rows of a file become items of a wire format. */
export interface RowReader {
  /** What the items are of. */
  readonly format: Format;
  /** The endpoint of the format that would take such an item. */
  readonly call: string;
  /**
   * One a row, in order.
   *
   * @param occasion distinguishes the row from every other that has neither an id nor a time
   */
  read(rows: readonly SourceRow[], occasion: (row: SourceRow) => string): readonly ReadRow[];
}

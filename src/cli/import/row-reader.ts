import type { Format } from '../../intake/format.js';
import type { Rejected } from '../../intake/outcome.js';
import type { SourceRow } from './row-splitter.js';

/** What a row holds, before its meaning is looked at. */
export type ReadRow = { readonly item: unknown; readonly mayHoldUnstorable?: boolean } | Rejected;

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

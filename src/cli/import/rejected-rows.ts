import type { Rejected } from '../../intake/outcome.js';
import type { RejectedInput, SentAs } from '../../intake/rejected.js';
import type { SourceRow } from './row-splitter.js';

/** A file, as what is kept of its rows names it. */
export interface RowSource {
  readonly name: string;
  /** Distinguishes its rows from those of other files. */
  readonly identity: string;
}

/** Distinguishes a row from every other. */
export const occasionOf = ({ identity }: RowSource, { line }: SourceRow): string => `${identity}:${line}`;

/** An item that is a whole row, as it stands in the file. */
export const sentAsRow = ({ name }: RowSource, { bytes, line }: SourceRow): SentAs => ({
  ...{ sent: bytes, source: `${name}:${line}` },
});

/** How a row is kept of which no item could be made. */
export function unreadableRow(
  format: string,
  from: RowSource,
  row: SourceRow,
  { rejected: reason }: Rejected,
): RejectedInput {
  const { bytes, line, sentBytes } = row;
  return {
    ...{ unit: 'item', format, payload: bytes, reason, source: `${from.name}:${line}` },
    ...(sentBytes !== undefined && { sentBytes, knownBy: occasionOf(from, row) }),
  };
}

/**
 * What a journey's rules remember of the touchpoints before: one cell for each thing that can be asked, such as the stage, or how
 * often a rule was met. A touchpoint reads and writes cells through `Memory` only, so it is known on which others it depends.
 */

/** Plain JSON: cells are stored with the lead. */
export type CellValue = string | number | boolean | object | null;

declare const valueOf: unique symbol;

/** `key` names the cell in stored JSON. */
export interface Cell<Value extends CellValue> {
  readonly key: string;
  readonly [valueOf]?: Value;
}

/** The last part may be anything; slashes in those before it are escaped as in a JSON pointer (RFC 6901). */
export const cell = <Value extends CellValue>(...key: readonly [...string[], string]): Cell<Value> => ({
  key: key
    .map((part, at) => (at < key.length - 1 ? part.replaceAll('~', '~0').replaceAll('/', '~1') : part))
    .join('/'),
});

/** Cells as one touchpoint sees them: `read` answers what the touchpoints before it left, whatever it has written itself. */
export interface Memory {
  read<Value extends CellValue>(cell: Cell<Value>): Value | undefined;
  write<Value extends CellValue>(cell: Cell<Value>, value: Value): void;
}

export type Cells = Record<string, CellValue>;

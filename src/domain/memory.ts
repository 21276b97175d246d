/**
 * The state of a journey's rules: one cell for each value, such as the stage, or how often a rule matched. Touchpoints read and
 * write cells through `Memory` only, so the dependencies between touchpoints are known.
 */

/** Plain JSON: cells are stored with the lead. */
export type CellValue = string | number | boolean | object | null;

declare const valueOf: unique symbol;

/** `key` is the name of the cell in stored JSON. */
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

/** The cells during one touchpoint: `read` returns values of earlier touchpoints, also after the touchpoint has written. */
export interface Memory {
  read<Value extends CellValue>(cell: Cell<Value>): Value | undefined;
  write<Value extends CellValue>(cell: Cell<Value>, value: Value): void;
}

export type Cells = Record<string, CellValue>;

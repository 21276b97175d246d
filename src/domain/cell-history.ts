import type { Touch } from './condition.js';
import { inOrder, type Step } from './journey.js';
import type { CellValue } from './memory.js';
import { OrderedList } from './ordered-list.js';

/** A touchpoint of a timeline, with the cells that its step read and wrote. */
export interface Entry {
  readonly touch: Touch;
  step: Step | undefined;
  reads: readonly CellHistory[];
  /** What it read, in the order of `reads`. */
  values: readonly (CellValue | undefined)[];
  writes: ReadonlyMap<CellHistory, CellValue>;
}

export const byTouch = (a: Entry, b: Entry): number => inOrder(a.touch, b.touch);

/** The touchpoints that write one cell and those that read it, in order. */
export class CellHistory {
  readonly #writers = new OrderedList(byTouch);
  readonly #readers = new OrderedList(byTouch);

  constructor(readonly key: string) {}

  get last(): CellValue | undefined {
    return this.#writers.last?.writes.get(this);
  }

  /** What the touchpoints before one left. */
  before(entry: Entry): CellValue | undefined {
    return this.#writers.before(entry)?.writes.get(this);
  }

  addReader(entry: Entry): void {
    this.#readers.insert(entry);
  }

  removeReader(entry: Entry): void {
    this.#readers.delete(entry);
  }

  /** @returns whether what it leaves is something else than before */
  write(entry: Entry, value: CellValue, before: CellValue | undefined): boolean {
    if (before !== undefined) return !same(before, value);
    this.#writers.insert(entry);
    return !same(this.before(entry), value);
  }

  /** @returns whether what it left was something else than what is left now */
  removeWriter(entry: Entry, value: CellValue): boolean {
    const isOther = !same(this.before(entry), value);
    this.#writers.delete(entry);
    return isOther;
  }

  /** The first reader after an entry, unless another writes the cell before that one reads it. */
  nextReader(entry: Entry): Entry | undefined {
    const reader = this.#readers.after(entry);
    const writer = this.#writers.after(entry);
    return reader && writer && byTouch(reader, writer) > 0 ? undefined : reader;
  }
}

/** Whether a cell that an entry read now says something else. */
export function readsOtherwise(entry: Entry, history: CellHistory): boolean {
  const at = entry.reads.indexOf(history);
  return at >= 0 && !same(entry.values[at], history.before(entry));
}

function same(a: CellValue | undefined, b: CellValue | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return JSON.stringify(a) === JSON.stringify(b);
}

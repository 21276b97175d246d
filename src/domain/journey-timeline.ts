import type { Touch } from './condition.js';
import { inOrder, type JourneyRules, type JourneyState, type Step } from './journey.js';
import type { Cell, CellValue, Memory } from './memory.js';
import { scoreAfter, UNSCORED, type ScoreState } from './score.js';

/** A touchpoint whose step came out new, or otherwise than `before`. */
export interface ChangedStep {
  readonly step: Step;
  readonly before: Step | undefined;
}

interface Entry {
  readonly touch: Touch;
  step: Step | undefined;
  reads: readonly CellHistory[];
  writes: ReadonlyMap<CellHistory, CellValue>;
}

/**
 * The journey of one person as a history of cells. A touchpoint that turns up late, or leaves, is followed through the
 * cells that it changes to the touchpoints that read them: only their steps are done again. So it costs what changes,
 * however long the journey, and comes to what a fold of the whole journey comes to.
 */
export class JourneyTimeline {
  readonly #entries: Entry[] = [];
  readonly #cells = new Map<string, CellHistory>();

  constructor(
    private readonly rules: JourneyRules,
    private readonly persona: string | null,
  ) {}

  /** The newest touchpoint. */
  get last(): Touch | undefined {
    return this.#entries.at(-1)?.touch;
  }

  /** In order. */
  steps(): Step[] {
    return this.#entries.flatMap(({ step }) => step ?? []);
  }

  /** Adds a touchpoint. @returns the steps that came out otherwise, its own among them, in order */
  insert(touch: Touch): readonly ChangedStep[] {
    const entry: Entry = { touch, step: undefined, reads: [], writes: NOTHING };
    insertInto(this.#entries, entry);
    return this.#propagate(entry);
  }

  /** Takes a touchpoint out. @returns the steps of others that came out otherwise, in order */
  remove(touch: Touch): readonly ChangedStep[] {
    const at = indexAfter(this.#entries, touch) - 1;
    const entry = this.#entries[at];
    if (entry?.touch.id !== touch.id) throw new Error(`touchpoint ${touch.id} is not in the journey`);
    this.#entries.splice(at, 1);
    const pending = new Pending();
    this.#replace(entry, [], NOTHING, pending);
    return this.#redo(pending);
  }

  /** The state after the last touchpoint. */
  state(): JourneyState {
    const cells: Record<string, CellValue> = {};
    for (const { key, last: value } of this.#cells.values()) if (value !== undefined) cells[key] = value;
    const { touch: first } = this.#entries[0] ?? {};
    const { last } = this;
    return {
      ...this.#score(),
      touches: this.#entries.length,
      firstAt: first?.at ?? null,
      lastAt: last?.at ?? null,
      lastId: last?.id ?? null,
      cells,
    };
  }

  #score(): ScoreState {
    const { halfLifeDays } = this.rules.model.scoring;
    let score = UNSCORED;
    for (const { step, touch } of this.#entries)
      if (step?.change) score = scoreAfter(score, step.change.points, touch.at, halfLifeDays);
    return score;
  }

  #propagate(entry: Entry): readonly ChangedStep[] {
    const pending = new Pending();
    pending.add(entry);
    return this.#redo(pending);
  }

  #redo(pending: Pending): readonly ChangedStep[] {
    const changed: ChangedStep[] = [];
    for (let entry = pending.next(); entry; entry = pending.next()) {
      const before = entry.step;
      const step = this.#step(entry, pending);
      entry.step = step;
      if (!before || differs(before, step)) changed.push({ step, before });
    }
    return changed;
  }

  /** Does one step again, and marks those that read what it now writes otherwise. */
  #step(entry: Entry, pending: Pending): Step {
    const reads: CellHistory[] = [];
    const writes = new Map<CellHistory, CellValue>();
    const memory: Memory = {
      read: <Value extends CellValue>(cell: Cell<Value>) => {
        const history = this.#history(cell.key);
        if (!reads.includes(history)) reads.push(history);
        return history.before(entry.touch) as Value | undefined;
      },
      write: (cell, value) => writes.set(this.#history(cell.key), value),
    };
    const step = this.rules.step(this.persona, entry.touch, memory);
    this.#replace(entry, reads, writes, pending);
    return step;
  }

  #replace(
    entry: Entry,
    reads: readonly CellHistory[],
    writes: ReadonlyMap<CellHistory, CellValue>,
    pending: Pending,
  ): void {
    const before = { reads: entry.reads, writes: entry.writes };
    entry.reads = reads;
    entry.writes = writes;
    for (const history of before.reads) if (!reads.includes(history)) history.removeReader(entry);
    for (const history of reads) if (!before.reads.includes(history)) history.addReader(entry);
    for (const [history, value] of before.writes)
      if (!writes.has(history)) pending.addAll(history.removeWriter(entry, value));
    for (const [history, value] of writes)
      pending.addAll(history.write(entry, value, before.writes.get(history)));
  }

  #history(key: string): CellHistory {
    let history = this.#cells.get(key);
    if (!history) this.#cells.set(key, (history = new CellHistory(key)));
    return history;
  }
}

const NOTHING: ReadonlyMap<CellHistory, CellValue> = new Map();

/** The touchpoints that write one cell and those that read it, in order. */
class CellHistory {
  readonly #writers: Entry[] = [];
  readonly #readers: Entry[] = [];

  constructor(readonly key: string) {}

  get last(): CellValue | undefined {
    return this.#writers.at(-1)?.writes.get(this);
  }

  /** What the touchpoints before one left. */
  before(touch: Touch): CellValue | undefined {
    const writer = this.#writers[indexBefore(this.#writers, touch)];
    return writer?.writes.get(this);
  }

  addReader(entry: Entry): void {
    insertInto(this.#readers, entry);
  }

  removeReader(entry: Entry): void {
    this.#readers.splice(indexBefore(this.#readers, entry.touch) + 1, 1);
  }

  /** @returns the readers that now read something else */
  write(entry: Entry, value: CellValue, before: CellValue | undefined): readonly Entry[] {
    if (before !== undefined) return same(before, value) ? [] : this.#readersOf(entry);
    insertInto(this.#writers, entry);
    return same(this.before(entry.touch), value) ? [] : this.#readersOf(entry);
  }

  /** @returns the readers that now read something else */
  removeWriter(entry: Entry, value: CellValue): readonly Entry[] {
    const readers = same(this.before(entry.touch), value) ? [] : this.#readersOf(entry);
    this.#writers.splice(indexBefore(this.#writers, entry.touch) + 1, 1);
    return readers;
  }

  /** Those after a writer, up to the next one, which reads what this one wrote. */
  #readersOf(writer: Entry): readonly Entry[] {
    const next = this.#writers[indexAfter(this.#writers, writer.touch)];
    const until = next ? indexAfter(this.#readers, next.touch) : this.#readers.length;
    return this.#readers.slice(indexAfter(this.#readers, writer.touch), until);
  }
}

/** Touchpoints whose steps are to be done again, the earliest first: what a step changes lies after it. */
class Pending {
  /** In order, from `#next` on. */
  #entries: Entry[] = [];
  #next = 0;

  add(entry: Entry): void {
    const at = Math.max(indexAfter(this.#entries, entry.touch), this.#next);
    if (at > this.#next && this.#entries[at - 1] === entry) return;
    this.#entries.splice(at, 0, entry);
  }

  addAll(entries: readonly Entry[]): void {
    for (const entry of entries) this.add(entry);
  }

  next(): Entry | undefined {
    return this.#entries[this.#next++];
  }
}

/** Index of the first entry after a touchpoint. */
function indexAfter(entries: readonly Entry[], touch: Touch): number {
  const last = entries.at(-1);
  if (!last || inOrder(last.touch, touch) <= 0) return entries.length;
  let [low, high] = [0, entries.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry && inOrder(entry.touch, touch) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the last entry before a touchpoint; -1: there is none. */
function indexBefore(entries: readonly Entry[], touch: Touch): number {
  const at = indexAfter(entries, touch) - 1;
  return entries[at]?.touch.id === touch.id ? at - 1 : at;
}

function insertInto(entries: Entry[], entry: Entry): void {
  const at = indexAfter(entries, entry.touch);
  if (at === entries.length) entries.push(entry);
  else entries.splice(at, 0, entry);
}

/** What is stored of a step: the content and the touchpoint's own labels follow from the touchpoint alone. */
const differs = (a: Step, b: Step): boolean =>
  a.part !== b.part ||
  a.setsOrigin !== b.setsOrigin ||
  a.move?.from !== b.move?.from ||
  a.move?.to !== b.move?.to ||
  a.move?.rule !== b.move?.rule ||
  a.change?.rule !== b.change?.rule ||
  a.change?.points !== b.change?.points;

function same(a: CellValue | undefined, b: CellValue | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return JSON.stringify(a) === JSON.stringify(b);
}

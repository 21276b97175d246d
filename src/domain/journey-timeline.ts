import type { Touch } from './condition.js';
import { inOrder, type JourneyRules, type JourneyState, type Step } from './journey.js';
import type { Cell, CellValue, Memory } from './memory.js';
import { OrderedList } from './ordered-list.js';
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
  readonly #entries = new OrderedList(byTouch);
  readonly #cells = new Map<string, CellHistory>();
  #size = 0;

  constructor(
    private readonly rules: JourneyRules,
    private readonly persona: string | null,
  ) {}

  /** The newest touchpoint. */
  get last(): Touch | undefined {
    return this.#entries.last?.touch;
  }

  /** In order. */
  *steps(): Generator<Step> {
    for (const { step } of this.#entries) if (step) yield step;
  }

  /** Adds a touchpoint. @returns the steps that came out otherwise, its own among them, in order */
  insert(touch: Touch): readonly ChangedStep[] {
    const entry = entryOf(touch);
    this.#entries.insert(entry);
    this.#size += 1;
    const pending = new Pending();
    pending.add(entry);
    return this.#redo(pending);
  }

  /** Takes a touchpoint out. @returns the steps of others that came out otherwise, in order */
  remove(touch: Touch): readonly ChangedStep[] {
    const entry = this.#entries.delete(entryOf(touch));
    if (!entry) throw new Error(`touchpoint ${touch.id} is not in the journey`);
    this.#size -= 1;
    const pending = new Pending();
    this.#replace(entry, [], NOTHING, pending);
    return this.#redo(pending);
  }

  /** The state after the last touchpoint. */
  state(): JourneyState {
    const cells: Record<string, CellValue> = {};
    for (const { key, last: value } of this.#cells.values()) if (value !== undefined) cells[key] = value;
    const { touch: first } = this.#entries.first ?? {};
    const { last } = this;
    return {
      ...this.#score(),
      touches: this.#size,
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
        return history.before(entry) as Value | undefined;
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

const entryOf = (touch: Touch): Entry => ({ touch, step: undefined, reads: [], writes: NOTHING });

const byTouch = (a: Entry, b: Entry): number => inOrder(a.touch, b.touch);

/** The touchpoints that write one cell and those that read it, in order. */
class CellHistory {
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

  /** @returns the readers that now read something else */
  write(entry: Entry, value: CellValue, before: CellValue | undefined): readonly Entry[] {
    if (before !== undefined) return same(before, value) ? [] : this.#readersOf(entry);
    this.#writers.insert(entry);
    return same(this.before(entry), value) ? [] : this.#readersOf(entry);
  }

  /** @returns the readers that now read something else */
  removeWriter(entry: Entry, value: CellValue): readonly Entry[] {
    const readers = same(this.before(entry), value) ? [] : this.#readersOf(entry);
    this.#writers.delete(entry);
    return readers;
  }

  /** Those after a writer, up to the next one, which reads what this one wrote. */
  #readersOf(writer: Entry): readonly Entry[] {
    const next = this.#writers.after(writer);
    const readers: Entry[] = [];
    for (const reader of this.#readers.from(writer)) {
      if (next && byTouch(reader, next) > 0) break;
      readers.push(reader);
    }
    return readers;
  }
}

/** Touchpoints whose steps are to be done again, the earliest first: what a step changes lies after it. */
class Pending {
  readonly #entries = new OrderedList(byTouch);

  add(entry: Entry): void {
    this.#entries.delete(entry);
    this.#entries.insert(entry);
  }

  addAll(entries: readonly Entry[]): void {
    for (const entry of entries) this.add(entry);
  }

  next(): Entry | undefined {
    const { first } = this.#entries;
    if (first) this.#entries.delete(first);
    return first;
  }
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

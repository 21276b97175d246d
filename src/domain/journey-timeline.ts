import { byTouch, CellHistory, readsOtherwise, type Entry } from './cell-history.js';
import type { Touch } from './condition.js';
import {
  type JourneyRules,
  type JourneyState,
  type Extent,
  noJourney,
  type Step,
  withStep,
} from './journey.js';
import type { Cell, CellValue, Memory } from './memory.js';
import { OrderedList } from './ordered-list.js';
import { scoreAfter, UNSCORED, type ScoreState } from './score.js';

/** A touchpoint whose step came out new, or otherwise than `before`. */
export interface ChangedStep {
  readonly step: Step;
  readonly before: Step | undefined;
}

/**
 * The journey of one person as a history of cells. A touchpoint that turns up late, or leaves, is followed through the
 * cells that it changes to the touchpoints that read them: only their steps are done again. So it costs what changes,
 * however long the journey, and comes to what a fold of the whole journey comes to.
 */
export class JourneyTimeline {
  readonly #entries = new OrderedList(byTouch);
  readonly #cells = new Map<string, CellHistory>();

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
    const pending = new Pending();
    pending.addNew(entry);
    return this.#redo(pending);
  }

  /** Takes a touchpoint out. @returns the steps of others that came out otherwise, in order */
  remove(touch: Touch): readonly ChangedStep[] {
    const entry = this.#entries.delete(entryOf(touch));
    if (!entry) throw new Error(`touchpoint ${touch.id} is not in the journey`);
    const pending = new Pending();
    this.#replace(entry, NOTHING_READ, NOTHING, pending);
    return this.#redo(pending);
  }

  /** The state after the last touchpoint. */
  state(): JourneyState {
    const cells: Record<string, CellValue> = {};
    for (const { key, last: value } of this.#cells.values()) if (value !== undefined) cells[key] = value;
    const { last } = this;
    const newest = last ? { at: last.at, id: last.id } : null;
    return { ...this.#score(), ...this.#extent(), newest, cells };
  }

  #score(): ScoreState {
    const { halfLifeDays } = this.rules.model.scoring;
    let score = UNSCORED;
    for (const { step, touch } of this.#entries)
      if (step?.change) score = scoreAfter(score, step.change.points, touch.at, halfLifeDays);
    return score;
  }

  #extent(): Extent {
    let extent: Extent = noJourney();
    for (const { step } of this.#entries) if (step) extent = withStep(extent, step);
    return extent;
  }

  #redo(pending: Pending): readonly ChangedStep[] {
    const changed: ChangedStep[] = [];
    for (let entry = pending.next(); entry; entry = pending.next()) {
      const before = entry.step;
      const causes = pending.takeCauses(entry).filter((history) => readsOtherwise(entry, history));
      if (before && causes.length === 0) continue;
      const step = this.#step(entry, pending);
      entry.step = step;
      for (const history of causes) pending.addNextReader(history, entry);
      if (!before || differs(before, step)) changed.push({ step, before });
    }
    return changed;
  }

  /** Does one step again, and marks those that read what it now writes otherwise. */
  #step(entry: Entry, pending: Pending): Step {
    const read: Reads = { reads: [], values: [] };
    const writes = new Map<CellHistory, CellValue>();
    const memory: Memory = {
      read: <Value extends CellValue>(cell: Cell<Value>) => {
        const history = this.#history(cell.key);
        const value = history.before(entry) as Value | undefined;
        if (!read.reads.includes(history)) {
          read.reads.push(history);
          read.values.push(value);
        }
        return value;
      },
      write: (cell, value) => writes.set(this.#history(cell.key), value),
    };
    const step = this.rules.step(this.persona, entry.touch, memory);
    this.#replace(entry, read, writes, pending);
    return step;
  }

  #replace(
    entry: Entry,
    { reads, values }: Pick<Entry, 'reads' | 'values'>,
    writes: ReadonlyMap<CellHistory, CellValue>,
    pending: Pending,
  ): void {
    const before = { reads: entry.reads, writes: entry.writes };
    entry.reads = reads;
    entry.values = values;
    entry.writes = writes;
    for (const history of before.reads) if (!reads.includes(history)) history.removeReader(entry);
    for (const history of reads) if (!before.reads.includes(history)) history.addReader(entry);
    for (const [history, value] of before.writes)
      if (!writes.has(history) && history.removeWriter(entry, value)) pending.addNextReader(history, entry);
    for (const [history, value] of writes)
      if (history.write(entry, value, before.writes.get(history))) pending.addNextReader(history, entry);
  }

  #history(key: string): CellHistory {
    let history = this.#cells.get(key);
    if (!history) this.#cells.set(key, (history = new CellHistory(key)));
    return history;
  }
}

const NOTHING: ReadonlyMap<CellHistory, CellValue> = new Map();

const NOTHING_READ: Pick<Entry, 'reads' | 'values'> = { reads: [], values: [] };

interface Reads {
  readonly reads: CellHistory[];
  readonly values: (CellValue | undefined)[];
}

const entryOf = (touch: Touch): Entry => ({ touch, step: undefined, ...NOTHING_READ, writes: NOTHING });

/**
 * Touchpoints whose steps may have to be done again, the earliest first: what a step changes lies after it. Of the readers of a
 * changed cell the first one is looked at; the next one only if that one reads something else than it did, for up to the
 * next writer all read the same.
 */
class Pending {
  readonly #entries = new OrderedList(byTouch);
  readonly #causes = new Map<Entry, CellHistory[]>();

  addNew(entry: Entry): void {
    this.#causes.set(entry, []);
    this.#entries.insert(entry);
  }

  addNextReader(history: CellHistory, after: Entry): void {
    const reader = history.nextReader(after);
    if (!reader) return;
    const causes = this.#causes.get(reader);
    if (!causes) {
      this.#causes.set(reader, [history]);
      this.#entries.insert(reader);
    } else if (!causes.includes(history)) causes.push(history);
  }

  next(): Entry | undefined {
    const { first } = this.#entries;
    if (first) this.#entries.delete(first);
    return first;
  }

  /** The cells that it was added for. */
  takeCauses(entry: Entry): readonly CellHistory[] {
    const causes = this.#causes.get(entry) ?? [];
    this.#causes.delete(entry);
    return causes;
  }
}

/** What is stored of a step: the content and the touchpoint's own labels follow from the touchpoint alone. */
const differs = (a: Step, b: Step): boolean =>
  a.part !== b.part ||
  a.setsOrigin !== b.setsOrigin ||
  a.isNurture !== b.isNurture ||
  a.move?.from !== b.move?.from ||
  a.move?.to !== b.move?.to ||
  a.move?.rule !== b.move?.rule ||
  a.change?.rule !== b.change?.rule ||
  a.change?.points !== b.change?.points;

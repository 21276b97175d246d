import { earlier, type Stamp } from '../../domain/identity/keys.js';
import { inOrder, noJourney, type JourneyRules, type JourneyState, type Step } from '../../domain/journey.js';
import { JourneyTimeline } from '../../domain/journey-timeline.js';
import type { MoveRow, ScoreRow, TouchRow } from './rows.js';
import type { TouchFact } from './touch-fact.js';

/** A touchpoint with the rows that stand for it. */
export interface JourneyEntry {
  readonly fact: TouchFact;
  row?: TouchRow | undefined;
  move?: MoveRow | undefined;
  score?: ScoreRow | undefined;
}

/** An entry whose rows may have to say something else. */
export interface ChangedEntry {
  readonly entry: JourneyEntry;
  readonly step: Step;
}

/**
 * The journey of one lead in work. The newest touchpoint advances the state, without the ones before it. For any other
 * they have to be read, and are kept as a timeline for each persona that the lead has meanwhile: who has two job titles in turn
 * is not folded again each time.
 */
export class LeadJourney {
  /** Those read, and those added, by event id. */
  readonly entries = new Map<string, JourneyEntry>();
  /** `entries` are all of them. */
  isLoaded = true;
  #state = noJourney();
  /** Made when they are needed: most leads of a batch have their newest touchpoint added. */
  #timelines: Map<string | null, JourneyTimeline> | undefined;
  #changed: Map<string, ChangedEntry> | undefined;

  /** Takes over the state of a journey whose touchpoints are not read. */
  restore(state: JourneyState): void {
    this.#state = state;
    this.isLoaded = false;
  }

  /** After the last touchpoint. */
  state(persona: string | null): JourneyState {
    return this.#timelines?.get(persona)?.state() ?? this.#state;
  }

  get isEmpty(): boolean {
    return this.#last === undefined;
  }

  /** Whether all its touchpoints were before. */
  isBefore(stamp: Stamp): boolean {
    const last = this.#last;
    return last === undefined || earlier(last, stamp);
  }

  get #last(): Stamp | undefined {
    const [timeline] = this.#timelines?.values() ?? [];
    if (timeline) return timeline.last;
    return this.#state.newest ?? undefined;
  }

  /** Whether a touchpoint advances the state: it is the newest, and nothing had the others read. */
  isAppended(stamp: Stamp): boolean {
    return this.#timelines === undefined && this.isBefore(stamp);
  }

  /** Adds the newest touchpoint. @returns its step; no other comes out otherwise */
  append(entry: JourneyEntry, rules: JourneyRules, persona: string | null): Step {
    const { touch } = entry.fact;
    const { state, step } = rules.advance(persona, this.#state, touch);
    this.#state = state;
    this.entries.set(touch.id, entry);
    return step;
  }

  /** Adds a touchpoint. One that is not the newest needs the others. */
  add(entry: JourneyEntry, rules: JourneyRules, persona: string | null): void {
    const { touch } = entry.fact;
    if (this.isAppended(touch)) {
      this.#note(entry, this.append(entry, rules, persona));
      return;
    }
    const timeline = this.#timeline(rules, persona);
    this.entries.set(touch.id, entry);
    for (const { step } of timeline.insert(touch)) this.#noteStep(step);
    for (const other of this.#timelines?.values() ?? []) if (other !== timeline) other.insert(touch);
  }

  /** Takes a touchpoint out. Its rows stay with the entry: whoever gets it replaces them. */
  remove(entry: JourneyEntry, rules: JourneyRules, persona: string | null): void {
    const { touch } = entry.fact;
    const timeline = this.#timeline(rules, persona);
    this.entries.delete(touch.id);
    this.#changed?.delete(touch.id);
    for (const { step } of timeline.remove(touch)) this.#noteStep(step);
    for (const other of this.#timelines?.values() ?? []) if (other !== timeline) other.remove(touch);
    if (this.entries.size > 0) return;
    this.#timelines = undefined;
    this.#state = noJourney();
  }

  /** Reads all touchpoints by other rules than before, once: no timeline is kept of it. */
  refold(rules: JourneyRules, persona: string | null): void {
    this.#timelines = undefined;
    this.#state = noJourney();
    for (const entry of [...this.entries.values()].sort((a, b) => inOrder(a.fact.touch, b.fact.touch)))
      this.#note(entry, this.append(entry, rules, persona));
  }

  /** Reads all touchpoints as a persona's. */
  readAs(rules: JourneyRules, persona: string | null): void {
    for (const step of this.#timeline(rules, persona).steps()) this.#noteStep(step);
  }

  /** What came out otherwise since the last call. */
  takeChanged(): readonly ChangedEntry[] {
    const changed = this.#changed ? [...this.#changed.values()] : [];
    this.#changed = undefined;
    return changed;
  }

  #noteStep(step: Step): void {
    const entry = this.entries.get(step.own.id);
    if (entry) this.#note(entry, step);
  }

  #note(entry: JourneyEntry, step: Step): void {
    this.#changed ??= new Map();
    this.#changed.set(step.own.id, { entry, step });
  }

  #timeline(rules: JourneyRules, persona: string | null): JourneyTimeline {
    const kept = this.#timelines?.get(persona);
    if (kept) return kept;
    if (!this.isLoaded) throw new Error('a journey is changed that was not read');
    const timeline = new JourneyTimeline(rules, persona);
    const touches = [...this.entries.values()].map(({ fact }) => fact.touch);
    for (const touch of touches.sort(inOrder)) timeline.insert(touch);
    this.#timelines ??= new Map();
    this.#timelines.set(persona, timeline);
    return timeline;
  }
}

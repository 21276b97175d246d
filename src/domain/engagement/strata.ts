import { PairIndex } from './pair-index.js';
import { NONE } from './vocabulary.js';

/** Numbers the groups of touches by persona, segment, stage and month; NONE for what a report is not cut by. */
export class Strata {
  readonly #people = new PairIndex();
  readonly #times = new PairIndex();
  readonly #strata = new PairIndex();

  get size(): number {
    return this.#strata.size;
  }

  peopleOf(persona: number, segment: number): number {
    return this.#people.indexOf(persona, segment);
  }

  /** @param people as peopleOf numbered them */
  indexOf(people: number, stage: number, month: number): number {
    return this.#strata.indexOf(people, this.#times.indexOf(stage, month));
  }

  personaOf(stratum: number): number {
    return this.#people.firsts[this.#strata.firsts[stratum] ?? 0] ?? NONE;
  }

  segmentOf(stratum: number): number {
    return this.#people.seconds[this.#strata.firsts[stratum] ?? 0] ?? NONE;
  }

  stageOf(stratum: number): number {
    return this.#times.firsts[this.#strata.seconds[stratum] ?? 0] ?? NONE;
  }

  monthOf(stratum: number): number {
    return this.#times.seconds[this.#strata.seconds[stratum] ?? 0] ?? NONE;
  }
}

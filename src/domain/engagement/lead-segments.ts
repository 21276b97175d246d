import { NONE } from './vocabulary.js';

const IN_NONE: readonly number[] = [NONE];

/** Who is in which segments, numbers of the vocabulary. */
export class LeadSegments {
  readonly #ofLead = new Map<number, number[]>();

  add(lead: number, segment: number): void {
    const segments = this.#ofLead.get(lead);
    if (segments) segments.push(segment);
    else this.#ofLead.set(lead, [segment]);
  }

  /** NONE alone for who is in none. */
  of(lead: number): readonly number[] {
    return this.#ofLead.get(lead) ?? IN_NONE;
  }

  has(lead: number, segment: number): boolean {
    return this.#ofLead.get(lead)?.includes(segment) ?? false;
  }
}

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

  /** Of those that a lead is in, the one that comes first; NONE for who is in none. */
  firstOf(lead: number, comesBefore: (a: number, b: number) => boolean): number {
    return this.of(lead).reduce((a, b) => (comesBefore(b, a) ? b : a));
  }

  has(lead: number, segment: number): boolean {
    return this.#ofLead.get(lead)?.includes(segment) ?? false;
  }
}

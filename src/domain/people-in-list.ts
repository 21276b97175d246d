import type { IdentityKey } from './identity/keys.js';

/** Which rows of a list are one person, as identity resolution will have it: those that share a key, directly or by others. */
export class PeopleInList {
  /** The row that named a key first. */
  readonly #firstRow = new Map<IdentityKey, number>();
  readonly #places: string[] = [];
  /** By row: another one of the same person; itself: the row that stands for them. */
  readonly #parents: number[] = [];
  /** By the row that stands for a person who is known. */
  readonly #known = new Set<number>();
  readonly #leads = new Set<string>();
  #people = 0;

  /** @returns the keys that earlier rows name, with the first of these rows */
  add(
    { keys, place }: { readonly keys: readonly IdentityKey[]; readonly place: string },
    leadIds: readonly string[],
  ): readonly (readonly [key: IdentityKey, place: string])[] {
    const row = this.#parents.length;
    this.#parents.push(row);
    this.#places.push(place);
    this.#people += 1;
    const repeated = keys.flatMap((key) => {
      const first = this.#firstRow.get(key);
      if (first === undefined) this.#firstRow.set(key, row);
      else if (first !== row) {
        this.#join(first, row);
        return [[key, this.#places[first] ?? ''] as const];
      }
      return [];
    });
    for (const leadId of leadIds) this.#leads.add(leadId);
    if (leadIds.length > 0) this.#known.add(this.#find(row));
    return repeated;
  }

  /** People of whom no row names a key that is known. */
  get newPeople(): number {
    return this.#people - this.#known.size;
  }

  /** Leads that rows belong to. */
  get knownLeads(): number {
    return this.#leads.size;
  }

  #join(a: number, b: number): void {
    const [first, second] = [this.#find(a), this.#find(b)];
    if (first === second) return;
    this.#parents[second] = first;
    this.#people -= 1;
    if (this.#known.delete(second)) this.#known.add(first);
  }

  /** Halves the path on its way, so that ten thousand rows of one person cost about what they cost of as many people. */
  #find(row: number): number {
    let at = row;
    for (let parent = this.#parents[at] ?? at; parent !== at; parent = this.#parents[at] ?? at) {
      const above = this.#parents[parent] ?? parent;
      this.#parents[at] = above;
      at = above;
    }
    return at;
  }
}

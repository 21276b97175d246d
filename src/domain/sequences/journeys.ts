/** Journeys as numbers, so that millions of steps are copied to a thread in a moment. */
export interface Journeys {
  /** Steps of all journeys, one journey after the other: indexes of items. */
  readonly items: Int32Array;
  /** Where each journey begins in `items`, and at last where the last one ends. */
  readonly starts: Int32Array;
  /** 1: the journey converted. */
  readonly converted: Uint8Array;
  /** What each journey brought, in minor units. */
  readonly values: BigInt64Array;
  /** How many different items there are. */
  readonly itemCount: number;
}

/** A journey as it was read. Null: a step without an item, which is left out. */
export interface Journey {
  readonly steps: readonly (string | null)[];
  readonly converted: boolean;
  readonly value: bigint;
}

/** Codes journeys one by one. An item that follows itself is one step; journeys without any step are left out. */
export class JourneyEncoder {
  private readonly indexes = new Map<string, number>();
  private readonly codes: number[] = [];
  private readonly ends: number[] = [0];
  private readonly converted: number[] = [];
  private readonly values: bigint[] = [];

  add({ steps, converted, value }: Journey): void {
    const begin = this.codes.length;
    let last = -1;
    for (const step of steps) {
      if (step === null) continue;
      const code = this.codeOf(step);
      if (code !== last) this.codes.push(code);
      last = code;
    }
    if (this.codes.length === begin) return;
    this.ends.push(this.codes.length);
    this.converted.push(converted ? 1 : 0);
    this.values.push(value);
  }

  /** @returns names of the items by their index, sorted, so that the same journeys in any order have the same codes */
  finish(): { readonly journeys: Journeys; readonly names: readonly string[] } {
    const names = [...this.indexes.keys()].sort();
    const sorted = new Int32Array(names.length);
    names.forEach((name, index) => (sorted[this.codeOf(name)] = index));
    const journeys = {
      items: Int32Array.from(this.codes, (code) => sorted[code] ?? 0),
      starts: Int32Array.from(this.ends),
      converted: Uint8Array.from(this.converted),
      values: BigInt64Array.from(this.values),
      itemCount: names.length,
    };
    return { journeys, names };
  }

  private codeOf(name: string): number {
    const known = this.indexes.get(name);
    if (known !== undefined) return known;
    const code = this.indexes.size;
    this.indexes.set(name, code);
    return code;
  }
}

import { compareTexts } from '../compare-texts.js';

/** What there is none of, in place of the number of a text. */
export const NONE = -1;
/** The number of a text that no touch has. */
export const UNKNOWN = -3;

/** The texts that touches share, numbered: columns have the numbers. */
export class Vocabulary {
  readonly #codes = new Map<string, number>();
  readonly #texts: string[] = [];
  #characters = 0;

  /** Distinct contents as touches name them: id, title and type. */
  readonly contents = { id: [] as number[], title: [] as number[], type: [] as number[] };
  /** Distinct kinds and origins of touches. `inherited`: it only has the origin of its session. */
  readonly origins = {
    kind: [] as number[],
    channel: [] as number[],
    source: [] as number[],
    campaign: [] as number[],
    inherited: [] as boolean[],
  };

  /** The number of a text, a new one if need be. */
  encode(text: string | null): number {
    if (text === null) return NONE;
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    const code = this.#texts.length;
    this.#codes.set(text, code);
    this.#texts.push(text);
    this.#characters += text.length;
    return code;
  }

  codeOf(text: string): number {
    return this.#codes.get(text) ?? UNKNOWN;
  }

  textOf(code: number): string | null {
    return this.#texts[code] ?? null;
  }

  /** The order of two texts, absent ones first. */
  compare(a: number, b: number): number {
    if (a === b) return 0;
    if (a < 0 || b < 0) return a - b;
    return compareTexts(this.#texts[a] ?? '', this.#texts[b] ?? '');
  }

  /** About what it takes. */
  get bytes(): number {
    const tuples = this.contents.id.length * 3 + this.origins.kind.length * 5;
    return this.#characters * 2 + this.#texts.length * 100 + tuples * 8;
  }
}

import { Vocabulary } from '../../domain/engagement/vocabulary.js';
import { after, booleanAt, textAt } from './binary-values.js';
import { TupleCodes } from './tuple-codes.js';

const CONTENT_VALUES = 3;
const ORIGIN_VALUES = 5;

/** Numbers the texts of rows as they are copied. */
export class Dictionaries {
  readonly vocabulary = new Vocabulary();
  readonly #contents = new TupleCodes();
  readonly #origins = new TupleCodes();
  readonly #texts = new TupleCodes();
  readonly #codeOfText: number[] = [];

  get bytes(): number {
    return this.vocabulary.bytes + this.#contents.bytes + this.#origins.bytes + this.#texts.bytes;
  }

  /** The number of content_id, content_title and content_type. */
  contentAt(bytes: Buffer, at: number, to: number): number {
    const { id, title, type } = this.vocabulary.contents;
    const code = this.#contents.codeOf(bytes, at, to);
    if (code === id.length) {
      const [ofTitle, ofType] = placesOf(bytes, at, CONTENT_VALUES).slice(1);
      id.push(this.vocabulary.encode(textAt(bytes, at)));
      title.push(this.vocabulary.encode(textAt(bytes, ofTitle ?? at)));
      type.push(this.vocabulary.encode(textAt(bytes, ofType ?? at)));
    }
    return code;
  }

  /** The number of kind, channel, source, campaign and whether they are those of the session only. */
  originAt(bytes: Buffer, at: number, to: number): number {
    const { kind, channel, source, campaign, inherited } = this.vocabulary.origins;
    const code = this.#origins.codeOf(bytes, at, to);
    if (code === kind.length) {
      const places = placesOf(bytes, at, ORIGIN_VALUES);
      for (const [nr, column] of [kind, channel, source, campaign].entries())
        column.push(this.vocabulary.encode(textAt(bytes, places[nr] ?? at)));
      inherited.push(booleanAt(bytes, places[ORIGIN_VALUES - 1] ?? at));
    }
    return code;
  }

  /** The number of a text. */
  textAt(bytes: Buffer, at: number): number {
    const code = this.#texts.codeOf(bytes, at, after(bytes, at));
    if (code === this.#codeOfText.length) this.#codeOfText.push(this.vocabulary.encode(textAt(bytes, at)));
    return this.#codeOfText[code] ?? 0;
  }
}

function placesOf(bytes: Buffer, at: number, values: number): number[] {
  const places = [at];
  while (places.length < values) places.push(after(bytes, places.at(-1) ?? at));
  return places;
}

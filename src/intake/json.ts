/** 2^53 has as many; a double holds shorter ones exactly. */
const BIG_DIGITS = 16;
/** A whole number of so many digits where a value may stand. Also found in texts, where it does no harm. */
const BIG = /[:[,]\s*-?\d{16}/;
const BIG_ALONE = /^\s*-?\d{16}/;
/** Texts, which are passed over, and numbers. Of JSON that is valid, so that each text has its end. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;
const WHOLE = /^-?\d+$/;

/**
 * The value of a JSON text; undefined when it is none. JSON itself has no such value. Whole numbers that a double cannot
 * hold exactly become text of their digits: they are ids, and another digit is another person.
 *
 * @param digits of the longest number in it, where that is known
 */
export function parseJson(text: string, digits?: number): unknown {
  try {
    const value = JSON.parse(text) as unknown;
    return (digits === undefined ? hasBig(text) : digits >= BIG_DIGITS)
      ? (JSON.parse(text.replace(TOKENS, exact)) as unknown)
      : value;
  } catch {
    return undefined;
  }
}

const hasBig = (text: string): boolean => BIG.test(text) || BIG_ALONE.test(text);

const exact = (token: string): string =>
  WHOLE.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

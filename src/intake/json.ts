/** A whole number of 16 digits or more where a value may stand: 2^53 has 16. Also found in texts, where it does no harm. */
const BIG = /(?:^|[:[,])\s*-?\d{16}/;
/** Texts, which are passed over, and numbers. Of JSON that is valid, so that each text has its end. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;
const WHOLE = /^-?\d+$/;

/**
 * The value of a JSON text; undefined when it is none. JSON itself has no such value. Whole numbers that a double cannot
 * hold exactly become text of their digits: they are ids, and another digit is another person.
 */
export function parseJson(text: string): unknown {
  try {
    const value = JSON.parse(text) as unknown;
    return BIG.test(text) ? (JSON.parse(text.replace(TOKENS, exact)) as unknown) : value;
  } catch {
    return undefined;
  }
}

const exact = (token: string): string =>
  WHOLE.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;

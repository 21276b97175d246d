/**
 * By code point, as PostgreSQL compares with COLLATE "C": JavaScript compares by the units of UTF-16, in which those of characters
 * beyond U+FFFF come before U+E000.
 */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const one = a.charCodeAt(index);
    const other = b.charCodeAt(index);
    if (one !== other) return rank(one) - rank(other);
  }
  return a.length - b.length;
}

const FIRST_SURROGATE = 0xd800;
const AFTER_SURROGATES = 0xe000;
const rank = (unit: number): number =>
  unit < FIRST_SURROGATE ? unit : unit < AFTER_SURROGATES ? unit + 0x10000 : unit;

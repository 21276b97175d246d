import type { RequestBody } from './request-body.js';

/** Strings, which are passed over, and what nests or separates values. Of JSON that is valid, so that each string has its end. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},]/g;

/**
 * The texts of the items of a request as they were sent: the elements of its list, which is the body or a member of it. Undefined:
 * it has no list of so many.
 */
export function elementTexts(text: string, count: number): readonly string[] | undefined {
  let depth = 0;
  let isObject = false;
  let list: { readonly depth: number; from: number; readonly texts: string[] } | undefined;
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    if (token === '[' || token === '{') {
      if (depth === 0) isObject = token === '{';
      depth += 1;
      if (token === '[' && !list && depth === (isObject ? 2 : 1))
        list = { depth, from: index + 1, texts: [] };
    } else if (token === ',') {
      if (depth === list?.depth) list.from = take(list, text, index);
    } else if (token === ']' || token === '}') {
      if (depth === list?.depth) {
        take(list, text, index);
        if (list.texts.length === count) return list.texts;
        list = undefined;
      }
      depth -= 1;
    }
  }
  return undefined;
}

function take(list: { from: number; readonly texts: string[] }, text: string, end: number): number {
  list.texts.push(text.slice(list.from, end).trim());
  return end + 1;
}

/** What came of each item, byte for byte, found when it is first asked for; undefined: nobody can tell. */
export function sentItems(body: RequestBody, count: number): (index: number) => Buffer | undefined {
  let texts: readonly string[] | undefined;
  return (index) => {
    if (count === 1) return body.bytes.length > 0 ? body.bytes : undefined;
    texts ??= elementTexts(body.text, count) ?? [];
    const text = texts[index];
    return text === undefined ? undefined : Buffer.from(text);
  };
}

/** What JSON text holds, found without parsing it. */
export interface JsonShape {
  /** Objects, lists and their members. */
  readonly values: number;
  /** Levels of objects and lists within each other. */
  readonly depth: number;
  /** Members of the largest object or list. */
  readonly members: number;
  /** Digits of the longest number, those of its fraction and exponent counted apart. */
  readonly digits: number;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [ZERO, NINE] = [0x30, 0x39];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const isOpening = (char: number): boolean => char === OPEN_OBJECT || char === OPEN_LIST;
const isClosing = (char: number): boolean => char === CLOSE_OBJECT || char === CLOSE_LIST;

/** Heap of one parsed value at most, in bytes, measured on Node 24: a list of `{}` takes 22 times its text. */
const VALUE_BYTES = 64;

/** Memory that parsing takes beside the body, in bytes: the text, that of its strings, and its objects. */
export const parsedBytes = (text: string, { values }: JsonShape): number =>
  2 * text.length + VALUE_BYTES * values;

/**
 * Passes once over the text: a millisecond a megabyte, of which parsing takes up to fifty, and nothing kept but a count
 * for each level. Text that is no JSON has a shape too; parsing refuses it.
 */
export function shapeOf(text: string): JsonShape {
  const counts: number[] = [];
  let [values, depth, members, digits, run] = [0, 0, 0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char >= ZERO && char <= NINE) {
      run += 1;
      digits = Math.max(digits, run);
      continue;
    }
    run = 0;
    if (char === QUOTE) at = endOfString(text, at);
    else if (char === COMMA) {
      values += 1;
      const count = (counts.pop() ?? 0) + 1;
      counts.push(count);
      members = Math.max(members, count);
    } else if (isOpening(char)) {
      values += 1;
      counts.push(1);
      members = Math.max(members, 1);
      depth = Math.max(depth, counts.length);
    } else if (isClosing(char)) counts.pop();
  }
  return { values, depth, members, digits };
}

/**
 * The text that an object has under the name, found without parsing. Of several the last one, as in JSON.parse.
 *
 * @param level of the object: 1 is the outermost
 */
export function textMember(text: string, name: string, level = 1): string | undefined {
  const wanted = JSON.stringify(name);
  let [depth, isValue, isWanted, found] = [0, false, false, undefined as string | undefined];
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      const end = endOfString(text, at);
      if (depth === level && !isValue) isWanted = text.slice(at, end + 1) === wanted;
      else if (depth === level && isWanted) found = text.slice(at, end + 1);
      at = end;
    } else if (depth === level && char === COLON) isValue = true;
    else if (depth === level && char === COMMA) isValue = isWanted = false;
    else if (isOpening(char)) depth += 1;
    else if (isClosing(char)) depth -= 1;
  }
  return found === undefined ? undefined : parsedText(found);
}

function parsedText(json: string): string | undefined {
  try {
    return JSON.parse(json) as string;
  } catch {
    return undefined;
  }
}

/** Where the closing quote of the string is that begins at `start`; without one, the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

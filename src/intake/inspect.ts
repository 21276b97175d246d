import { reject, type Rejected } from './outcome.js';

/** Bytes of one event as JSON in UTF-8. */
export const EVENT_BYTES = 32 * 1024;
/** Levels of objects and arrays within each other. */
export const EVENT_DEPTH = 32;

/**
 * Refuses what no later step could carry: events over the size, nested too deeply, numbers beyond a double (JSON reads
 * them as Infinity), and `__proto__`, which no client means.
 */
export function inspect(item: unknown): Rejected | undefined {
  const bytes = weigh(item, 0);
  if (Number.isNaN(bytes)) return fault(item, '', 0) ?? reject('unreadable-item', 'cannot be read');
  if (bytes <= EVENT_BYTES || Buffer.byteLength(JSON.stringify(item)) <= EVENT_BYTES) return undefined;
  return reject('event-too-large', `is over the limit of ${EVENT_BYTES / 1024} KB an event`);
}

/** Upper bound of the bytes as JSON, cheap: escapes take six bytes a character at most. NaN when there is a fault. */
function weigh(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length * 6 + 3;
  if (typeof value === 'number') return Number.isFinite(value) ? 25 : NaN;
  if (typeof value !== 'object' || value === null) return 6;
  if (depth >= EVENT_DEPTH) return NaN;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const element of value) bytes += weigh(element, depth + 1) + 1;
    return bytes;
  }
  for (const key in value) {
    if (key === '__proto__') return NaN;
    bytes += key.length * 6 + 4 + weigh((value as Record<string, unknown>)[key], depth + 1);
  }
  return bytes;
}

/** The first fault that `weigh` met, with its path. */
function fault(value: unknown, path: string, depth: number): Rejected | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return reject('number-out-of-range', 'is beyond the numbers that JSON readers can hold', path);
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= EVENT_DEPTH) return reject('too-deep', `is nested deeper than ${EVENT_DEPTH} levels`, path);
  for (const [key, element] of Object.entries(value)) {
    const inner = (path === '' ? key : `${path}.${key}`).slice(0, 200).toWellFormed();
    if (key === '__proto__') return reject('forbidden-name', 'is no name that a field may have', inner);
    const found = fault(element, inner, depth + 1);
    if (found) return found;
  }
  return undefined;
}

const isBroken = (text: string): boolean => text.includes('\0') || !text.isWellFormed();
const mended = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd');

/**
 * The value with U+FFFD for characters that PostgreSQL cannot store: NUL and halves of surrogate pairs. Only called
 * where the body holds an escape that could be one; what has none is returned as it is, and the original never changes.
 */
export function storable(value: unknown): unknown {
  if (typeof value === 'string') return isBroken(value) ? mended(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const elements = value.map(storable);
    return elements.some((element, index) => element !== value[index]) ? elements : value;
  }
  const entries = Object.entries(value);
  const changed = entries.map(([key, element]) => [mended(key), storable(element)] as const);
  const same = changed.every(
    ([key, element], index) => key === entries[index]?.[0] && element === entries[index][1],
  );
  return same ? value : Object.fromEntries(changed);
}

/** JSON text of a value nested to any depth; JSON.stringify gives up on some thousand levels. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return deepJson(value);
  }
}

function deepJson(root: unknown): string {
  const parts: string[] = [];
  const todo: ({ readonly text: string } | { readonly value: unknown })[] = [{ value: root }];
  for (let next = todo.pop(); next; next = todo.pop()) {
    if ('text' in next) parts.push(next.text);
    else if (typeof next.value !== 'object' || next.value === null) parts.push(JSON.stringify(next.value));
    else todo.push(...unfolded(next.value).reverse());
  }
  return parts.join('');
}

function unfolded(value: object): ({ readonly text: string } | { readonly value: unknown })[] {
  const isArray = Array.isArray(value);
  const inner = Object.entries(value).flatMap(([key, element], index) => [
    { text: `${index > 0 ? ',' : ''}${isArray ? '' : `${JSON.stringify(key)}:`}` },
    { value: element as unknown },
  ]);
  return [{ text: isArray ? '[' : '{' }, ...inner, { text: isArray ? ']' : '}' }];
}

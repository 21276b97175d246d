import { label, LABEL_LENGTH } from '../domain/label.js';
import { isObject, type JsonObject } from './json.js';

/** Trimmed text of at most `max` units; numbers as text; undefined for everything else and for empty text. */
export function text(value: unknown, max = LABEL_LENGTH): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return undefined;
  const trimmed = value.trim();
  if (trimmed.length > max) return trimmed.slice(0, max).toWellFormed();
  return trimmed === '' ? undefined : trimmed;
}

/** The label in a field, numbers as text; undefined for everything else and for a blank one. */
export const labelOf = (value: unknown, max = LABEL_LENGTH): string | undefined =>
  typeof value === 'string' ? label(value, max) : typeof value === 'number' ? String(value) : undefined;

/** The first of the named fields that holds a label. */
export function firstLabel(
  values: JsonObject,
  names: readonly string[],
  max = LABEL_LENGTH,
): string | undefined {
  for (const name of names) {
    const found = labelOf(values[name], max);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first of the named fields that holds text. */
export function firstText(
  values: JsonObject,
  names: readonly string[],
  max = LABEL_LENGTH,
): string | undefined {
  for (const name of names) {
    const found = text(values[name], max);
    if (found !== undefined) return found;
  }
  return undefined;
}

const NOTHING: JsonObject = Object.freeze({});

export const objectOr = (value: unknown): JsonObject => (isObject(value) ? value : NOTHING);

/** The object if it has any field. */
export function nonEmpty<T extends object>(value: T): T | undefined {
  for (const _ in value) return value;
  return undefined;
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The same without fields that are undefined, which `exactOptionalPropertyTypes` and JSON both leave out. */
export function defined<T extends object>(fields: T): Partial<Defined<T>> {
  const kept: Partial<Defined<T>> = {};
  for (const key in fields)
    if (fields[key] !== undefined) kept[key] = fields[key] as Exclude<T[typeof key], undefined>;
  return kept;
}

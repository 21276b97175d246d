import fc from 'fast-check';
import { isObject } from '../src/intake/json.js';

/**
 * Whether V8 always reads a name of JSON right: one that is written with an escape may come back with a backslash instead
 * (nodejs/node#63785, open on Node 24 and 26), whatever parses it.
 */
export const isReadRight = (name: string): boolean => JSON.stringify(name) === `"${name}"`;

/** Any JSON value, its names such that V8 reads them right: for laws that compare what was parsed twice. */
export const jsonValue = (constraints?: fc.JsonSharedConstraints & { stringUnit?: 'grapheme' | 'binary' }) =>
  fc.jsonValue(constraints).map(withNamesReadRight);

function withNamesReadRight(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNamesReadRight);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      isReadRight(name) ? name : encodeURIComponent(name.toWellFormed()),
      withNamesReadRight(inner),
    ]),
  );
}

import { createHash } from 'node:crypto';
import { Problem } from '../http/problem.js';

/**
 * Where the next page of a list begins: the position the list is read at, so that all pages are of one moment, and
 * the sort keys of the last row. `question` ties it to the filters that the list was asked with.
 */
export interface Cursor {
  readonly asOf: bigint;
  readonly after: readonly string[];
}

export function writeCursor(question: readonly unknown[], { asOf, after }: Cursor): string {
  return Buffer.from(JSON.stringify([fingerprint(question), String(asOf), ...after])).toString('base64url');
}

/**
 * @param shapes one for each sort key
 * @throws Problem 400 `cursor-invalid` when it is not one of ours or belongs to another question
 */
export function readCursor(text: string, question: readonly unknown[], shapes: readonly Shape[]): Cursor {
  const [print, asOf, ...after] = parts(text);
  const ours =
    print === fingerprint(question) &&
    /^\d{1,18}$/.test(asOf ?? '') &&
    after.length === shapes.length &&
    shapes.every((shape, index) => shape.test(after[index] ?? ''));
  if (!ours) {
    const message = 'must be `next` of a response to the same query with the same filters';
    throw new Problem(400, 'cursor-invalid', `cursor: ${message}`, [{ path: 'cursor', message }]);
  }
  return { asOf: BigInt(asOf ?? 0), after };
}

function parts(text: string): string[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(value) && value.every((part) => typeof part === 'string') ? value : [];
  } catch {
    return [];
  }
}

const fingerprint = (question: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(question)).digest('base64url').slice(0, 8);

/** Tests whether PostgreSQL accepts text as a value of a column: what it refuses would be an internal error. */
export interface Shape {
  test(text: string): boolean;
}

export const UUID: Shape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const ANY_TEXT: Shape = /^[^\0]*$/;

/** As `toISOString` writes it, in the years 1 to 9999; or before all times. */
export const INSTANT: Shape = {
  test: (text) =>
    text === '-infinity' ||
    (/^(?!0000)\d{4}-/.test(text) &&
      !Number.isNaN(Date.parse(text)) &&
      new Date(text).toISOString() === text),
};

/** A number that a double holds. */
export const DECIMAL: Shape = {
  test: (text) =>
    /^-?\d{1,30}(\.\d{1,30})?(e[+-]?\d{1,3})?$/.test(text) &&
    Number.isFinite(Number(text)) &&
    (Number(text) !== 0 || /^-?[0.]+(e|$)/.test(text)),
};

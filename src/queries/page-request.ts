import { type Cursor, readCursor, writeCursor, type Shape } from './cursor.js';
import type { Params, RawParams } from './params.js';
import type { ReadRequest, View } from './read-models.js';

/** Parameters that every query takes. */
export const POSITION_PARAMETERS = ['asOf', 'minPosition'] as const;
/** Parameters that every list takes besides. */
export const PAGE_PARAMETERS = [...POSITION_PARAMETERS, 'cursor', 'limit'] as const;

export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1000;

export function readRequestOf(workspace: string, params: Params): ReadRequest {
  return { workspace, asOf: params.positionOrDate('asOf'), minPosition: params.position('minPosition') };
}

/** A page of a list: as of which position, how many rows, after which row. */
export interface PageRequest extends ReadRequest {
  readonly limit: number;
  /** Identifies the list in its cursors: workspace, name and filters. */
  readonly question: readonly unknown[];
  /** Sort keys of the row that the page begins after. */
  readonly after: readonly string[] | undefined;
}

/**
 * Checks the parameters and reads the cursor.
 *
 * @param name of the list
 * @param shapes of the sort keys, one for each
 * @throws Problem 400 with all faults
 */
export function pageRequestOf(
  workspace: string,
  params: Params,
  { name, given, shapes }: { name: string; given: RawParams; shapes: readonly Shape[] },
): PageRequest {
  const request = readRequestOf(workspace, params);
  const limit = params.integer('limit', 1, MAX_LIMIT) ?? DEFAULT_LIMIT;
  const text = params.text('cursor');
  params.check();
  const question = [workspace, name, filtersOf(given, request.asOf)];
  const cursor = text === undefined ? undefined : readCursor(text, question, shapes);
  const asOf = cursor === undefined ? request.asOf : positionOf(cursor, request.asOf, params);
  return { ...request, asOf, limit, question, after: cursor?.after };
}

/** All pages are of the moment of the first. */
function positionOf({ asOf }: Cursor, given: ReadRequest['asOf'], params: Params): bigint {
  if (typeof given === 'bigint' && given !== asOf) {
    params.fault('cursor-invalid', 'cursor', `is of position ${asOf}, not of asOf ${given}; omit asOf`);
    params.check();
  }
  return asOf;
}

/** A date of `asOf` is one: a cursor has the position of its own. */
function filtersOf(given: RawParams, asOf: ReadRequest['asOf']): unknown[] {
  return Object.entries(given)
    .filter(([name]) => !(PAGE_PARAMETERS as readonly string[]).includes(name) || isDate(name, asOf))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

const isDate = (name: string, asOf: ReadRequest['asOf']): boolean =>
  name === 'asOf' && typeof asOf === 'object';

/**
 * Cuts a page from rows that were read with one more than the limit, and the cursor behind it.
 *
 * @param keys the sort keys of a row
 */
export function pageOf<R>(
  { limit, question }: PageRequest,
  { asOf }: Pick<View, 'asOf'>,
  found: readonly R[],
  keys: (row: R) => readonly string[],
): { page: readonly R[]; next: string | null } {
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return { page, next: last === undefined ? null : writeCursor(question, { asOf, after: keys(last) }) };
}

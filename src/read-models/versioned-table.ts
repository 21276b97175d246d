import type { Position } from '../domain/events.js';
import { bigint, nullable } from './column-types.js';
import type { Statement } from './statements.js';
import { type Columns, type RowOf, Table } from './table.js';

/** A row that was true from one position of the log to another. */
export interface Version {
  knownFrom: Position;
  /** Null: it stands. */
  supersededAt: Position | null;
  /** It is in the table: ending it is an update, not a part of its insert. */
  stored: boolean;
}

const VERSION_COLUMNS = { knownFrom: bigint, supersededAt: nullable(bigint) };

/** A table whose rows are versions by log position (ADR 0007). */
export type VersionedTable<C extends Columns> = Table<C & typeof VERSION_COLUMNS>;

/** A version of a row of a table that `versionedTable` made. */
export type VersionOf<T> = Omit<RowOf<T>, 'knownFrom' | 'supersededAt'> & Version;

/** @param key what is one thing, whose versions follow each other; the columns of an index */
export const versionedTable = <C extends Columns>(
  name: string,
  columns: C,
  key: readonly (keyof C & string)[],
): VersionedTable<C> => new Table(name, { ...columns, ...VERSION_COLUMNS }, key);

/** What a row says, apart from its versions. */
export type Unversioned<R> = Omit<R, keyof Version>;

/** The fields of a version that becomes true at a position. */
export const startingAt = (position: Position): Version => ({
  knownFrom: position,
  supersededAt: null,
  stored: false,
});

/** The fields of a version that is in the table and stands; since when does not matter to who ends it. */
export const standing = (): Version => ({ knownFrom: 0n, supersededAt: null, stored: true });

/** A row of a versioned table as it was read. */
export const storedVersion = <R extends object>(row: R): R & Pick<Version, 'stored'> =>
  Object.assign(row, { stored: true });

/** The condition that a version was true at a position; both are pieces of SQL. */
export const asOf = (alias: string, position: string): string =>
  `${alias}.known_from <= ${position} AND (${alias}.superseded_at IS NULL OR ${alias}.superseded_at > ${position})`;

/** The condition that a version is true now. */
export const standsNow = (alias: string): string => `${alias}.superseded_at IS NULL`;

/**
 * New and ended versions of one table's rows, until they are written. A version may start and end before that: it is written
 * with both positions, as if each event had been written alone.
 */
export class VersionWriter<R extends Version> {
  #started: R[] = [];
  #ended: R[] = [];

  constructor(private readonly table: WritableVersions<R>) {}

  put(row: R): void {
    this.#started.push(row);
  }

  end(row: R, at: Position): void {
    row.supersededAt = at;
    if (row.stored) this.#ended.push(row);
  }

  /** Ends a version, if there is one, and puts another in its place, if there is one. @returns the other */
  replace<N extends R | undefined>(before: R | undefined, after: N, at: Position): N {
    if (before) this.end(before, at);
    if (after) this.put(after);
    return after;
  }

  /**
   * What writes them; from now on they count as written. A version that started with the very event that ends it never was.
   *
   * @param healing an event is applied late: what it ends may have started at the position where it takes effect
   */
  flush(healing: boolean): readonly Statement[] {
    const started = this.#started.filter(({ knownFrom, supersededAt }) => knownFrom !== supersededAt);
    const ended = this.#ended;
    for (const row of started) row.stored = true;
    this.#started = [];
    this.#ended = [];
    return [
      ...this.table.update(
        ended,
        ['supersededAt'],
        't.superseded_at IS NULL AND t.known_from < v.superseded_at',
      ),
      ...(healing
        ? this.table.delete(
            ended,
            ['supersededAt'],
            't.superseded_at IS NULL AND t.known_from = v.superseded_at',
          )
        : []),
      ...this.table.insert(started),
    ];
  }
}

/** What writes the versions of a table. */
export interface WritableVersions<R> {
  insert(rows: readonly R[]): readonly Statement[];
  update(rows: readonly R[], properties: readonly 'supersededAt'[], condition: string): readonly Statement[];
  delete(rows: readonly R[], properties: readonly 'supersededAt'[], condition: string): readonly Statement[];
}

import { isDeepStrictEqual } from 'node:util';
import type { Position } from '../domain/events.js';
import type { Statement } from './statements.js';
import {
  startingAt,
  type Unversioned,
  type Version,
  VersionWriter,
  type WritableVersions,
} from './versioned-table.js';

/** The current versions of a table's rows, by what they are versions of, while a batch of events passes over them. */
export class CurrentVersions<R extends Version> {
  /** New versions, those that the batch itself ended included. */
  readonly added: R[] = [];
  readonly #writer: VersionWriter<R>;
  readonly #current: Map<string, R>;

  constructor(
    table: WritableVersions<R>,
    private readonly keyOf: (row: Unversioned<R>) => string,
    stored: readonly R[],
  ) {
    this.#writer = new VersionWriter(table);
    this.#current = new Map(stored.map((row) => [keyOf(row), row]));
  }

  has(key: string): boolean {
    return this.#current.has(key);
  }

  /** From a position on a row is so. Only one that differs from the current version becomes a new one. */
  put(row: Unversioned<R>, position: Position): void {
    const key = this.keyOf(row);
    const version = { ...row, ...startingAt(position) } as R;
    const before = this.#current.get(key);
    if (before && isSame(before, version)) return;
    this.added.push(this.#writer.replace(before, version, position));
    this.#current.set(key, version);
  }

  /** From a position on there is no such row. */
  end(key: string, position: Position): void {
    const row = this.#current.get(key);
    if (!row) return;
    this.#writer.end(row, position);
    this.#current.delete(key);
  }

  flush(): readonly Statement[] {
    return this.#writer.flush(false);
  }
}

const NOWHERE = startingAt(0n);
const isSame = (a: Version, b: Version): boolean =>
  isDeepStrictEqual({ ...a, ...NOWHERE }, { ...b, ...NOWHERE });

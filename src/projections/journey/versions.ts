import type { Position } from '../../domain/events.js';
import { copyOf, type Statement } from '../copy.js';

/** A row that was true from one position to another. */
export interface Version {
  knownFrom: Position;
  supersededAt: Position | null;
  /** It is in the table already: ending it is an update, not a part of its insert. */
  stored: boolean;
}

export interface VersionedTable<Row> {
  readonly name: string;
  /** Columns of `fields`, without known_from and superseded_at. */
  readonly columns: string;
  /** The row's fields for COPY, joined by tabs. */
  fields(row: Row): string;
  /** What finds the stored row that ends, beside its workspace: columns with their array types, and their values. */
  readonly ends: Readonly<Record<string, string>>;
  ended(row: Row): readonly string[];
}

/**
 * New and ended versions of one table's rows, until they are written. A version may be born and ended in one batch:
 * it is written with both positions, as if each event had been written alone.
 */
export class PendingVersions<Row extends Version & { readonly workspace: string }> {
  #born: Row[] = [];
  #ended: Row[] = [];

  constructor(readonly table: VersionedTable<Row>) {}

  add(row: Row): void {
    this.#born.push(row);
  }

  /** A row that began with the very event that ends it never was. */
  end(row: Row, at: Position): void {
    row.supersededAt = at;
    if (row.stored) this.#ended.push(row);
  }

  /**
   * What writes them, and from now on they count as written.
   *
   * @param healing an event is applied late: what it ends may have begun at the position it is applied at
   */
  seal(healing: boolean): readonly Statement[] {
    const ends = this.#ends(healing);
    const { name, columns } = this.table;
    const rows = this.#born.filter(({ knownFrom, supersededAt }) => knownFrom !== supersededAt);
    const lines = rows.map(
      (row) => `${this.table.fields(row)}\t${row.knownFrom}\t${row.supersededAt ?? '\\N'}`,
    );
    for (const row of rows) row.stored = true;
    this.#born = [];
    this.#ended = [];
    return [...ends, ...copyOf(name, `${columns}, known_from, superseded_at`, lines)];
  }

  #ends(healing: boolean): readonly Statement[] {
    if (this.#ended.length === 0) return [];
    const { name, ends } = this.table;
    const keys = { workspace: 'text', ...ends };
    const names = Object.keys(keys);
    const arrays = Object.values(keys).map((type, at) => `$${at + 1}::${type}[]`);
    const condition = names.map((column) => `t.${column} = v.${column}`).join(' AND ');
    const values = this.#ended.map((row) => [row.workspace, ...this.table.ended(row)]);
    const parameters: unknown[] = names.map((_column, at) => values.map((row) => row[at]));
    const from = `unnest(${arrays.join(', ')}, $${names.length + 1}::bigint[]) AS v (${names.join(', ')}, at)`;
    parameters.push(this.#ended.map(({ supersededAt }) => String(supersededAt)));
    const end = `UPDATE ${name} t SET superseded_at = v.at FROM ${from}
      WHERE ${condition} AND t.superseded_at IS NULL AND t.known_from < v.at`;
    const undo = `DELETE FROM ${name} t USING ${from}
      WHERE ${condition} AND t.superseded_at IS NULL AND t.known_from = v.at`;
    return (healing ? [end, undo] : [end]).map((text) => (tx) => tx.query(text, parameters));
  }
}

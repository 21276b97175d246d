/** A value of a table; instants are milliseconds since 1970, decimals are text. */
export type Cell = string | number | bigint | null;

/**
 * `integer` has 32 bits and `bigint` 64. `decimal` is exact text of a number: a binary format would need one scale for all
 * currencies.
 */
export type ColumnType = 'text' | 'decimal' | 'integer' | 'bigint' | 'double' | 'instant';

export interface Column<R> {
  readonly name: string;
  readonly type: ColumnType;
  readonly of: (row: R) => Cell;
}

/** Rows as columns, and what holds for all of them. */
export interface Table<R> {
  readonly columns: readonly Column<R>[];
  /** Written into formats that have a place for it. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Writes a table batch by batch: the next rows are read when the bytes of the last were taken. */
export type EncodeTable = <R>(table: Table<R>, batches: Batches<R>) => AsyncGenerator<Uint8Array, void>;
export type Batches<R> = AsyncIterable<readonly R[]>;

/** Rows in memory as batches. */
// eslint-disable-next-line @typescript-eslint/require-await -- a source of rows is asynchronous to its readers
export async function* batchesOf<R>(rows: readonly R[], size: number): AsyncGenerator<readonly R[], void> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}

/** Batches together until each but the last has so many rows. */
export async function* grouped<R>(batches: Batches<R>, size: number): AsyncGenerator<readonly R[], void> {
  let group: R[] = [];
  for await (const rows of batches) {
    group = group.concat(rows);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

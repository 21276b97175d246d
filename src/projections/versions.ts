/** A row as one version of itself: true from the event at `known_from` until the one at `superseded_at`. */
export interface Version {
  readonly known_from: string;
  readonly superseded_at: string | null;
}

/** The current rows of a table while a batch of events passes over them, and what has to be written afterwards. */
export class CurrentVersions<Row extends Version> {
  /** New rows, those that the batch itself ended included. */
  readonly added: Row[] = [];
  /** Rows of the table that the batch ended. */
  readonly ended: Row[] = [];
  private readonly current = new Map<string, { row: Row; addedAs?: number }>();

  constructor(
    private readonly keyOf: (row: Row) => string,
    stored: readonly Row[],
  ) {
    for (const row of stored) this.current.set(keyOf(row), { row });
  }

  get(key: string): Row | undefined {
    return this.current.get(key)?.row;
  }

  add(row: Row): void {
    this.end(this.keyOf(row), row.known_from);
    this.current.set(this.keyOf(row), { row, addedAs: this.added.push(row) - 1 });
  }

  end(key: string, position: string): void {
    const before = this.current.get(key);
    if (!before) return;
    const row = { ...before.row, superseded_at: position };
    if (before.addedAs === undefined) this.ended.push(row);
    else this.added[before.addedAs] = row;
    this.current.delete(key);
  }
}

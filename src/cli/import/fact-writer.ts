import { type Progress, StoreUnavailable } from '../../event-store/event-store.js';
import { isOutage } from '../../database/outage.js';
import { Batch } from '../../intake/batch.js';
import { isRejected, reject, type Rejected } from '../../intake/outcome.js';
import type { Pipeline } from '../../intake/pipeline.js';
import { type Origin, type SentAs, withOrigin } from '../../intake/rejected.js';
import { occasionOf, type RowSource, sentAsRow, unreadableRow } from './rejected-rows.js';
import type { PartOfRow, ReadRow, RowItem, RowReader } from './row-reader.js';
import type { SourceRow } from './row-splitter.js';
import type { RowOutcome } from './summary.js';

/** What takes rows to where they belong. */
export interface RowWriter {
  /**
   * Resolves when all rows are kept. Safe to repeat.
   *
   * @param progress of rows before these, kept with them
   * @throws StoreUnavailable
   */
  write(rows: readonly SourceRow[], progress?: Progress): Promise<WrittenRows>;
}

/** One outcome an item, in order: most rows are one item. */
export interface WrittenRows {
  readonly outcomes: readonly RowOutcome[];
  /** The row of each outcome. */
  readonly rowOf: readonly SourceRow[];
}

interface PreparedRows {
  readonly batch: Batch;
  readonly rowOf: readonly SourceRow[];
}

export interface FactWriterOptions {
  readonly pipeline: Pipeline;
  readonly origin: Omit<Origin, 'call'>;
  readonly reader: RowReader;
  readonly source: RowSource;
}

interface OfItem {
  readonly occasion: string;
  readonly fault: Rejected | undefined;
  readonly sentAs: () => SentAs;
}

export const isTransient = (error: unknown): boolean => error instanceof StoreUnavailable || isOutage(error);

/** Rows that become facts. */
export class FactWriter implements RowWriter {
  readonly #origin: Origin;

  constructor(private readonly options: FactWriterOptions) {
    this.#origin = { ...options.origin, call: options.reader.call };
  }

  async write(rows: readonly SourceRow[], progress?: Progress): Promise<WrittenRows> {
    try {
      return await this.#record(rows, progress);
    } catch (error) {
      if (isTransient(error)) throw error;
      return this.#writeEach(rows, error);
    }
  }

  /** Not awaited in here: nothing of the rows but their bytes may live as long as their transaction. */
  #record(
    rows: readonly SourceRow[],
    progress: Progress | undefined,
    fault?: Rejected,
  ): Promise<WrittenRows> {
    const { batch, rowOf } = this.prepare(rows, fault);
    return this.options.pipeline.recordBatch(batch, progress).then((outcomes) => ({ outcomes, rowOf }));
  }

  /** The log cannot store one of the rows: that one is rejected. */
  async #writeEach(rows: readonly SourceRow[], cause: unknown): Promise<WrittenRows> {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (rows.length <= 1) return this.#record(rows, undefined, reject('not-storable', message));
    const written: WrittenRows[] = [];
    for (const row of rows) written.push(await this.write([row]));
    return {
      outcomes: written.flatMap(({ outcomes }) => outcomes),
      rowOf: written.flatMap(({ rowOf }) => rowOf),
    };
  }

  /** @param fault found in the rows by whoever tried to write them */
  prepare(rows: readonly SourceRow[], fault?: Rejected): PreparedRows {
    const { reader } = this.options;
    const batch = new Batch();
    const occasion = (row: SourceRow): string => occasionOf(this.options.source, row);
    const read = reader.read(rows, occasion);
    const rowOf: SourceRow[] = [];
    for (const [index, row] of rows.entries()) {
      this.#addRow(batch, row, read[index], occasion(row), fault);
      while (rowOf.length < batch.results.length) rowOf.push(row);
    }
    return { batch, rowOf };
  }

  #addRow(
    batch: Batch,
    row: SourceRow,
    read: ReadRow | undefined,
    occasion: string,
    fault: Rejected | undefined,
  ): void {
    if (!read) throw new Error('a reader answers for every row');
    if (isRejected(read)) {
      batch.results.push({ status: 'rejected', reason: read.rejected });
      const { reader, source } = this.options;
      batch.rejected.push(withOrigin(this.#origin, unreadableRow(reader.format.name, source, row, read)));
      return;
    }
    if (!('parts' in read)) this.#addItem(batch, read, { occasion, fault, sentAs: () => this.#sentAs(row) });
    else
      for (const part of read.parts)
        this.#addItem(batch, part, {
          ...{ occasion: occasion + part.pointer, fault },
          sentAs: () => this.#sentAs(row, part),
        });
  }

  #addItem(batch: Batch, { item, mayHoldUnstorable }: RowItem, { occasion, fault, sentAs }: OfItem): void {
    const { reader, pipeline } = this.options;
    const step =
      fault ?? pipeline.normalise(reader.format, this.#origin, item, { mayHoldUnstorable, occasion });
    batch.add(reader.format, this.#origin, item, step, sentAs);
  }

  #sentAs(row: SourceRow, part?: PartOfRow): SentAs {
    const whole = sentAsRow(this.options.source, row);
    if (!part) return whole;
    const sent = part.sent();
    return { ...(sent && { sent }), source: `${whole.source}#${part.pointer}` };
  }
}

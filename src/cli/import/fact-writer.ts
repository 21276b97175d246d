import { type Progress, StoreUnavailable } from '../../event-store/event-store.js';
import { isOutage } from '../../database/outage.js';
import { Batch } from '../../intake/batch.js';
import { isRejected, reject, type Rejected } from '../../intake/outcome.js';
import type { Pipeline } from '../../intake/pipeline.js';
import { type Origin, type RejectedInput, type SentAs, withOrigin } from '../../intake/rejected.js';
import type { ReadRow, RowReader } from './row-reader.js';
import type { SourceRow } from './row-splitter.js';
import type { RowOutcome } from './summary.js';

/** What takes rows to where they belong. */
export interface RowWriter {
  /**
   * Resolves when all rows are kept, one outcome a row, in order. Safe to repeat.
   *
   * @param progress of rows before these, kept with them
   * @throws StoreUnavailable
   */
  write(rows: readonly SourceRow[], progress?: Progress): Promise<readonly RowOutcome[]>;
}

/** A file, as what is kept of its rows names it. */
export interface RowSource {
  readonly name: string;
  /** Tells its rows from those of other files. */
  readonly identity: string;
}

export interface FactWriterOptions {
  readonly pipeline: Pipeline;
  readonly origin: Omit<Origin, 'call'>;
  readonly reader: RowReader;
  readonly source: RowSource;
}

export const isTransient = (error: unknown): boolean => error instanceof StoreUnavailable || isOutage(error);

/** Rows that become facts. */
export class FactWriter implements RowWriter {
  readonly #origin: Origin;

  constructor(private readonly options: FactWriterOptions) {
    this.#origin = { ...options.origin, call: options.reader.call };
  }

  async write(rows: readonly SourceRow[], progress?: Progress): Promise<readonly RowOutcome[]> {
    try {
      return await this.#record(rows, progress);
    } catch (error) {
      if (isTransient(error)) throw error;
      return this.#writeEach(rows, error);
    }
  }

  /** Not awaited in here: nothing of the rows but their bytes may live as long as their transaction. */
  #record(rows: readonly SourceRow[], progress: Progress | undefined): Promise<readonly RowOutcome[]> {
    return this.options.pipeline.recordBatch(this.prepare(rows), progress);
  }

  /** The log cannot store one of the rows: that one is rejected. */
  async #writeEach(rows: readonly SourceRow[], cause: unknown): Promise<readonly RowOutcome[]> {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (rows.length <= 1)
      return this.options.pipeline.recordBatch(this.prepare(rows, reject('not-storable', message)));
    const outcomes: RowOutcome[] = [];
    for (const row of rows) outcomes.push(...(await this.write([row])));
    return outcomes;
  }

  /** @param fault found in the rows by whoever tried to write them */
  prepare(rows: readonly SourceRow[], fault?: Rejected): Batch {
    const { reader } = this.options;
    const batch = new Batch();
    const occasion = (row: SourceRow): string => `${this.options.source.identity}:${row.line}`;
    const read = reader.read(rows, occasion);
    for (const [index, row] of rows.entries()) this.#add(batch, row, read[index], occasion(row), fault);
    return batch;
  }

  #add(
    batch: Batch,
    row: SourceRow,
    read: ReadRow | undefined,
    occasion: string,
    fault: Rejected | undefined,
  ): void {
    const { reader, pipeline } = this.options;
    if (!read) throw new Error('a reader answers for every row');
    if (isRejected(read)) {
      batch.results.push({ status: 'rejected', reason: read.rejected });
      batch.rejected.push(withOrigin(this.#origin, this.#unreadable(row, read)));
      return;
    }
    const { item, mayHoldUnstorable } = read;
    const step =
      fault ?? pipeline.normalise(reader.format, this.#origin, item, { mayHoldUnstorable, occasion });
    batch.add(reader.format, this.#origin, item, step, () => this.#sentAs(row));
  }

  #sentAs(row: SourceRow): SentAs {
    return { sent: row.bytes, source: `${this.options.source.name}:${row.line}` };
  }

  #unreadable(row: SourceRow, { rejected: reason }: Rejected): RejectedInput {
    const { sentBytes } = row;
    const { source } = this.#sentAs(row);
    return {
      ...{ unit: 'item', format: this.options.reader.format.name, payload: row.bytes, reason },
      ...(source !== undefined && { source }),
      ...(sentBytes !== undefined && {
        ...{ sentBytes, knownBy: `${this.options.source.identity}:${row.line}` },
      }),
    };
  }
}

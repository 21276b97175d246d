import type { FactWriter, RowWriter, WrittenRows } from './fact-writer.js';
import type { SourceRow } from './row-splitter.js';

/** Reads and checks rows, and writes nothing. */
export class DryRunWriter implements RowWriter {
  constructor(private readonly facts: Pick<FactWriter, 'prepare'>) {}

  write(rows: readonly SourceRow[]): Promise<WrittenRows> {
    const { batch, rowOf } = this.facts.prepare(rows);
    return Promise.resolve({ outcomes: batch.results, rowOf });
  }
}

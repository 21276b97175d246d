import type { FactWriter, RowWriter } from './fact-writer.js';
import type { SourceRow } from './row-splitter.js';
import type { RowOutcome } from './summary.js';

/** Reads and checks rows, and writes nothing. */
export class DryRunWriter implements RowWriter {
  constructor(private readonly facts: Pick<FactWriter, 'prepare'>) {}

  write(rows: readonly SourceRow[]): Promise<readonly RowOutcome[]> {
    return Promise.resolve(this.facts.prepare(rows).results);
  }
}

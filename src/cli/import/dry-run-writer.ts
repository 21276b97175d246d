import type { FactWriter, RowWriter } from './fact-writer.js';
import { isRejected } from '../../intake/outcome.js';
import { checkReport } from './opportunity-writer.js';
import type { ReadRow } from './row-reader.js';
import type { SourceRow } from './row-splitter.js';
import type { RowOutcome } from './summary.js';

/** Reads and checks rows, and writes nothing. */
export class DryRunWriter implements RowWriter {
  constructor(private readonly facts: Pick<FactWriter, 'prepare'>) {}

  write(rows: readonly SourceRow[]): Promise<readonly RowOutcome[]> {
    return Promise.resolve(this.facts.prepare(rows).results);
  }
}

/** The same for opportunities. */
export class OpportunityDryRun implements RowWriter {
  constructor(private readonly read: (row: SourceRow) => ReadRow) {}

  write(rows: readonly SourceRow[]): Promise<readonly RowOutcome[]> {
    return Promise.all(rows.map((row) => this.#check(row)));
  }

  async #check(row: SourceRow): Promise<RowOutcome> {
    const read = this.read(row);
    const checked = isRejected(read) ? { reason: read.rejected } : await checkReport(read.item);
    return 'reason' in checked ? { status: 'rejected', reason: checked.reason } : { status: 'accepted' };
  }
}

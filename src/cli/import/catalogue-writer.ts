import { hash } from 'node:crypto';
import { judgeItem, recordUnlessRefused } from '../../commands/record-batch.js';
import { CAMPAIGNS, type CatalogueKind, CONTENTS, INVESTMENTS } from '../../commands/record-catalogue.js';
import type { EventStore, Progress } from '../../event-store/event-store.js';
import { isRejected } from '../../intake/outcome.js';
import type { CatalogueType } from './csv-fields.js';
import type { RowSource, RowWriter, WrittenRows } from './fact-writer.js';
import type { SingleRow } from './row-reader.js';
import type { SourceRow } from './row-splitter.js';
import type { RowOutcome } from './summary.js';

const KINDS: Readonly<Record<CatalogueType, CatalogueKind<object>>> = {
  investments: INVESTMENTS as CatalogueKind<object>,
  contents: CONTENTS as CatalogueKind<object>,
  campaigns: CAMPAIGNS as CatalogueKind<object>,
};

export interface CatalogueWriterOptions {
  readonly store: EventStore;
  readonly workspace: string;
  readonly type: CatalogueType;
  readonly read: (row: SourceRow) => SingleRow;
  readonly source: RowSource;
  readonly isDryRun: boolean;
  readonly now: Date;
}

/** Rows of which each replaces what is known of its id. A row that was decided before is a duplicate, whatever came since. */
export class CatalogueWriter implements RowWriter {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: CatalogueWriterOptions) {}

  /** Batches overlap, but of two rows with one id the later one must be decided last. */
  write(rows: readonly SourceRow[], progress?: Progress): Promise<WrittenRows> {
    const written = this.#last.then(() => this.#writeAll(rows, progress));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #writeAll(rows: readonly SourceRow[], progress?: Progress): Promise<WrittenRows> {
    const outcomes: RowOutcome[] = [];
    for (const row of rows) outcomes.push(await this.#writeRow(row));
    if (progress) await this.options.store.record([], progress);
    return { outcomes, rowOf: rows };
  }

  async #writeRow(row: SourceRow): Promise<RowOutcome> {
    const { store, workspace, type, read, source, isDryRun, now } = this.options;
    const found = read(row);
    if (isRejected(found)) return { status: 'rejected', reason: found.rejected };
    const kind = KINDS[type];
    const judged = await judgeItem(kind, found.item);
    if ('reason' in judged) return { status: 'rejected', reason: judged.reason };
    if (isDryRun) return { status: 'accepted' };
    const idempotencyKey = hash('sha256', `${source.identity}:${row.line}`, 'base64url');
    const recorded = await recordUnlessRefused(store, workspace, kind, judged.item, { now, idempotencyKey });
    if ('reason' in recorded) return { status: 'rejected', reason: recorded.reason };
    return { status: recorded.status === 'unchanged' ? 'duplicate' : 'accepted' };
  }
}

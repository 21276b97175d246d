import { hash } from 'node:crypto';
import { judgeItem, recordUnlessRefused } from '../../commands/record-batch.js';
import { CATALOGUE_KINDS, type CatalogueKind } from '../../commands/record-catalogue.js';
import type { EventStore, Progress } from '../../event-store/event-store.js';
import { isRejected, type Reason } from '../../intake/outcome.js';
import type { Pipeline } from '../../intake/pipeline.js';
import { type Origin, type RejectedInput, withOrigin } from '../../intake/rejected.js';
import { rejectedItem } from '../../intake/rejected-input.js';
import type { CatalogueType } from './csv-fields.js';
import type { RowWriter, WrittenRows } from './fact-writer.js';
import { occasionOf, type RowSource, sentAsRow, unreadableRow } from './rejected-rows.js';
import type { SingleRow } from './row-reader.js';
import type { SourceRow } from './row-splitter.js';
import type { RowOutcome } from './summary.js';

export interface CatalogueWriterOptions {
  readonly store: EventStore;
  /** Keeps rejected rows. */
  readonly pipeline: Pick<Pipeline, 'keepRejected'>;
  readonly origin: Omit<Origin, 'call'>;
  readonly type: CatalogueType;
  readonly read: (row: SourceRow) => SingleRow;
  readonly source: RowSource;
  readonly isDryRun: boolean;
}

/** Rows of which each replaces what is known of its id. A row that was decided before is a duplicate, whatever came since. */
export class CatalogueWriter implements RowWriter {
  readonly #kind: CatalogueKind<object>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: CatalogueWriterOptions) {
    this.#kind = CATALOGUE_KINDS[options.type];
  }

  /** Batches overlap, but of two rows with one id the later one must be decided last. */
  write(rows: readonly SourceRow[], progress?: Progress): Promise<WrittenRows> {
    const written = this.#last.then(() => this.#writeAll(rows, progress));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #writeAll(rows: readonly SourceRow[], progress?: Progress): Promise<WrittenRows> {
    const { store, pipeline, isDryRun } = this.options;
    const outcomes: RowOutcome[] = [];
    const rejected: (RejectedInput & Origin)[] = [];
    for (const row of rows) outcomes.push(await this.#writeRow(row, rejected));
    if (!isDryRun) await pipeline.keepRejected(rejected);
    if (progress) await store.record([], progress);
    return { outcomes, rowOf: rows };
  }

  /** @param rejected takes the row, if it is that */
  async #writeRow(row: SourceRow, rejected: (RejectedInput & Origin)[]): Promise<RowOutcome> {
    const { read, source } = this.options;
    const keep = (input: RejectedInput): RowOutcome => {
      rejected.push(withOrigin({ ...this.options.origin, call: this.#kind.plural }, input));
      return { status: 'rejected', reason: input.reason };
    };
    const found = read(row);
    if (isRejected(found)) return keep(unreadableRow(this.#kind.format, source, row, found));
    const decided = await this.#decide(row, found.item);
    return typeof decided === 'string'
      ? { status: decided }
      : keep(rejectedItem({ name: this.#kind.format }, found.item, decided, sentAsRow(source, row)));
  }

  async #decide(row: SourceRow, item: unknown): Promise<'accepted' | 'duplicate' | Reason> {
    const { store, origin, source, isDryRun } = this.options;
    const judged = await judgeItem(this.#kind, item);
    if ('reason' in judged) return judged.reason;
    if (isDryRun) return 'accepted';
    const options = {
      now: origin.receivedAt,
      idempotencyKey: hash('sha256', occasionOf(source, row), 'base64url'),
    };
    const recorded = await recordUnlessRefused(store, origin.workspace, this.#kind, judged.item, options);
    if ('reason' in recorded) return recorded.reason;
    return recorded.status === 'unchanged' ? 'duplicate' : 'accepted';
  }
}

import type pg from 'pg';
import type { Config } from '../../config.js';
import { ContactKeys } from '../../commands/contact-keys.js';
import { UpsertOpportunityItem } from '../../commands/upsert-opportunity.inputs.js';
import { UpsertOpportunity, UpsertOpportunityHandler } from '../../commands/upsert-opportunity.js';
import { Refused } from '../../domain/refused.js';
import { type EventStore, type Progress, WrongExpectedVersion } from '../../event-store/event-store.js';
import { checkItem } from '../../http/validation.js';
import { isObject } from '../../intake/format.js';
import { derivedMessageId } from '../../intake/identities.js';
import { isRejected, type Reason } from '../../intake/outcome.js';
import type { Pipeline } from '../../intake/pipeline.js';
import { type Origin, withOrigin } from '../../intake/rejected.js';
import { rejectedItem } from '../../intake/rejected-input.js';
import type { RowSource, RowWriter } from './fact-writer.js';
import type { ReadRow } from './row-reader.js';
import type { SourceRow } from './row-splitter.js';
import type { RowOutcome } from './summary.js';

/** So many are decided at a time: the event store appends what waits together. */
const CONCURRENCY = 16;
/** As what is kept of rejected rows names them. */
const FORMAT = { name: 'opportunity', call: 'opportunities' };

export interface OpportunityWriterOptions {
  readonly store: EventStore;
  readonly pool: pg.Pool;
  readonly config: Config;
  readonly pipeline: Pick<Pipeline, 'keepRejected'>;
  readonly origin: Omit<Origin, 'call'>;
  readonly source: RowSource;
  readonly read: (row: SourceRow) => ReadRow;
}

/** Rows that report opportunities, as `PUT /api/opportunities` takes them. */
export class OpportunityWriter implements RowWriter {
  readonly #upserts: UpsertOpportunityHandler;
  readonly #headBefore: Promise<bigint>;

  constructor(private readonly options: OpportunityWriterOptions) {
    const { store, pool, config } = options;
    this.#upserts = new UpsertOpportunityHandler(store, new ContactKeys(pool, config));
    this.#headBefore = store.head();
  }

  /** Rows of one opportunity are decided one after the other. */
  async write(rows: readonly SourceRow[], progress?: Progress): Promise<readonly RowOutcome[]> {
    const outcomes: RowOutcome[] = [];
    const read = rows.map((row, index) => ({ row, index, read: this.options.read(row) }));
    const groups = [...Map.groupBy(read, (one) => opportunityOf(one.read)).values()].values();
    const work = async (): Promise<void> => {
      for (const group of groups)
        for (const one of group) outcomes[one.index] = await this.#writeRow(one.row, one.read);
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    if (progress) await this.options.store.record([], progress);
    return outcomes;
  }

  async #writeRow(row: SourceRow, read: ReadRow): Promise<RowOutcome> {
    const checked = isRejected(read) ? { reason: read.rejected } : await checkReport(read.item);
    if ('reason' in checked) return this.#reject(row, read, checked.reason);
    try {
      return await this.#upsert(row, checked.item);
    } catch (error) {
      return this.#reject(row, read, reasonOf(error));
    }
  }

  /** A report that is imported again is known by its content, and by its row where it has no time. */
  async #upsert(row: SourceRow, { opportunityId, ...input }: UpsertOpportunityItem): Promise<RowOutcome> {
    const { origin, source } = this.options;
    const occasion = input.occurredAt === undefined ? `${source.identity}:${row.line}` : '';
    const key = derivedMessageId({ ...input, opportunityId }, occasion);
    const command = new UpsertOpportunity(origin.workspace, opportunityId, input, new Date(), key);
    const { eventIds, position } = await this.#upserts.execute(command);
    const isNew = eventIds.length > 0 && position > (await this.#headBefore);
    return { status: isNew ? 'accepted' : 'duplicate' };
  }

  async #reject(row: SourceRow, read: ReadRow, reason: Reason): Promise<RowOutcome> {
    const { origin, source, pipeline } = this.options;
    const sentAs = { sent: row.bytes, source: `${source.name}:${row.line}` };
    const input = isRejected(read)
      ? { unit: 'item' as const, format: FORMAT.name, payload: row.bytes, reason, source: sentAs.source }
      : { ...rejectedItem(FORMAT, read.item, reason), ...sentAs };
    await pipeline.keepRejected([withOrigin({ ...origin, call: FORMAT.call }, input)]);
    return { status: 'rejected', reason };
  }
}

const opportunityOf = (read: ReadRow): unknown =>
  isRejected(read) || !isObject(read.item) ? '' : read.item.opportunityId;

/** As a report of the API is checked. */
export async function checkReport(
  item: unknown,
): Promise<{ readonly item: UpsertOpportunityItem } | { readonly reason: Reason }> {
  const checked = await checkItem(UpsertOpportunityItem, item);
  if (!('faults' in checked)) return checked;
  const [first] = checked.faults;
  const message = checked.faults.map((fault) => `${fault.path}: ${fault.message}`).join('; ');
  return { reason: { code: 'invalid', message, path: first?.path ?? '' } };
}

/** @throws what is no fault of the row */
function reasonOf(error: unknown): Reason {
  if (error instanceof Refused) {
    const { code, message, path } = error;
    return { code, message, ...(path !== undefined && { path }) };
  }
  if (!(error instanceof WrongExpectedVersion)) throw error;
  return { code: 'changed-meanwhile', message: 'The opportunity was changed concurrently; import it again' };
}

import { Coalescer, COALESCER_DEFAULTS, type Call, type CoalescerOptions } from './coalescer.js';
import type { NewFact, Progress, Receipt, TokenClaim } from './event-store.js';
import { FactColumns } from './fact-columns.js';

/** Facts of one request: a range of columns that requests of the same time share. */
interface FactRange extends Call {
  readonly columns: FactColumns;
  readonly from: number;
  readonly progress: Progress | undefined;
  readonly claim: TokenClaim | undefined;
}

/** Two transactions are under way while a third is filled. Larger columns than those of most transactions are not kept. */
const MOST_SPARE = 2;
const SPARE_BYTES = 4_000_000;

/** @returns the head of the log, and the positions as `touchline.record` answers them */
export type WriteFacts = (
  columns: FactColumns,
  progress: readonly Progress[],
  claims: readonly TokenClaim[],
) => Promise<{ readonly head: bigint; readonly positions: readonly bigint[] | undefined }>;

/** Facts that wait for their transaction, encoded as they came. */
export class FactQueue {
  readonly #coalescer: Coalescer<FactRange, readonly Receipt[]>;
  readonly #write: WriteFacts;
  readonly #fullAt: number;
  /** Where the next facts go, until they are written. */
  #filling = new FactColumns();
  /** Empty ones, with buffers of the size of a transaction. */
  readonly #spare: FactColumns[] = [];

  constructor(
    write: WriteFacts,
    isTransient: (error: unknown) => boolean,
    options: Partial<CoalescerOptions>,
  ) {
    this.#write = write;
    this.#fullAt = options.fullAt ?? COALESCER_DEFAULTS.fullAt;
    this.#coalescer = new Coalescer((ranges) => this.#writeRanges(ranges), isTransient, options);
  }

  /** Facts accepted and not yet durable. */
  get waitingEvents(): number {
    return this.#coalescer.waitingEvents;
  }

  /** Nothing of the facts is kept but their encoding. @throws StoreUnavailable, TypeError */
  add(facts: readonly NewFact[], progress?: Progress, claim?: TokenClaim): Promise<readonly Receipt[]> {
    const refusal = this.#coalescer.refusal(facts.length);
    if (refusal) return Promise.reject(refusal);
    return this.#coalescer.add({ ...this.#encode(facts), progress, claim });
  }

  close(): Promise<void> {
    return this.#coalescer.close();
  }

  /** Columns are filled as far as a transaction takes requests, so that a transaction is one set of columns. */
  #encode(facts: readonly NewFact[]): Omit<FactRange, 'progress' | 'claim'> {
    if (this.#filling.count > 0 && this.#filling.count + facts.length > this.#fullAt)
      this.#filling = this.#emptyColumns();
    const columns = this.#filling;
    const { count: from, bytes: before } = columns;
    columns.add(facts);
    return { columns, from, events: facts.length, bytes: columns.bytes - before };
  }

  async #writeRanges(ranges: readonly FactRange[]): Promise<readonly (readonly Receipt[])[]> {
    const columns = this.#join(ranges);
    const progress = ranges.flatMap((range) => range.progress ?? []);
    const claims = ranges.flatMap((range) => range.claim ?? []);
    const { head, positions } = await this.#write(columns, progress, claims);
    const first = head - BigInt(columns.count) + 1n;
    let next = 0;
    const receiptOf = (): Receipt => {
      const position = positions?.[next] ?? first + BigInt(next);
      const eventId = columns.ids[next++] ?? '';
      return position < 0n
        ? { eventId, position: -position, duplicate: true }
        : { eventId, position, duplicate: false };
    };
    const receipts = ranges.map(({ events }) => Array.from({ length: events }, receiptOf));
    this.#reuse(columns);
    return receipts;
  }

  #emptyColumns(): FactColumns {
    return this.#spare.pop() ?? new FactColumns();
  }

  /** Of a transaction that has committed, and that had all of their facts. */
  #reuse(columns: FactColumns): void {
    if (this.#spare.length >= MOST_SPARE || columns.capacity > SPARE_BYTES) return;
    columns.clear();
    this.#spare.push(columns);
  }

  /** The columns of the ranges as they are; a part of them, when some were refused or given up, is copied. */
  #join(ranges: readonly FactRange[]): FactColumns {
    // The columns of a request that has no facts may have been written, and used again.
    const filled = ranges.filter(({ events }) => events > 0);
    const whole = filled[0]?.columns;
    const events = filled.reduce((sum, range) => sum + range.events, 0);
    if (filled.some(({ columns }) => columns === this.#filling)) this.#filling = this.#emptyColumns();
    if (whole?.count === events && filled.every(({ columns }) => columns === whole)) return whole;
    const joined = this.#emptyColumns();
    for (const { columns, from, events: count } of filled) joined.copy(columns, from, from + count);
    return joined;
  }
}

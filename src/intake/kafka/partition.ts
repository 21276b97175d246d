import type { EventStore, Progress } from '../../event-store/event-store.js';
import type { PartitionOffsets, KafkaRecord } from '../../kafka/kafka.js';
import { reject, type Rejected } from '../outcome.js';
import type { BufferLimit } from './buffer-limit.js';
import {
  NotStorable,
  prepareRecords,
  type RecordBatch,
  type RecordIntake,
  type RecordOutcomes,
  writeRecords,
} from './record-batch.js';
import { RecordBuffer } from './record-buffer.js';
import { hashRecord } from './record-hash.js';
import { BACKOFF_MS, retryUntilAborted, sleepUntilAborted } from './retry-until-aborted.js';

export interface PartitionOptions {
  /** Names the partition in the log's progress. */
  readonly source: string;
  readonly store: Pick<EventStore, 'progressOf'>;
  readonly intake: RecordIntake;
  readonly limit: BufferLimit;
  /** (Re)starts the partition. */
  readonly readFrom: (offset: number) => void;
  readonly bounds: () => Promise<PartitionOffsets>;
  readonly written: (outcomes: RecordOutcomes) => void;
  /** Kafka, the log or the keys are away, or they are there again. */
  readonly blocked: (why: unknown) => void;
  readonly unblocked: () => void;
}

/**
 * One partition while it is this process's. It begins where the log says that its records are in it; that is proved by the
 * last of them, else the partition is read from its first record, and what is in the log already is dropped by its id.
 */
export class Partition {
  readonly #closing = new AbortController();
  readonly #buffer: RecordBuffer;
  #work: Promise<void>;
  #position: number | undefined;
  /** Where to begin is not known yet: what comes is dropped. */
  #isPlacing = true;
  /** The last record taken; undefined: none since the beginning. */
  #last: KnownRecord | undefined;
  /** Has to come again first: then the topic is still the one it was. */
  #expected: KnownRecord | undefined;
  /** No record of before this offset can come. */
  #next = 0;
  #isNewTopic = false;

  /** @param before the same partition under its last assignment */
  constructor(
    private readonly options: PartitionOptions,
    before: Promise<void>,
  ) {
    this.#buffer = new RecordBuffer(options.limit);
    this.#work = before.then(() => this.#findStart());
  }

  /** Everything before this offset is in the log, or in `rejected`; undefined: not known yet. */
  get position(): number | undefined {
    return this.#position;
  }

  /** Takes records to be written, in order. */
  add(records: readonly KafkaRecord[]): void {
    const [first] = records;
    if (!first || this.#isPlacing || this.#closing.signal.aborted) return;
    const expected = this.#expected;
    this.#expected = undefined;
    if (expected ? !isSame(expected, first) : first.offset < this.#next) this.#restart();
    else this.#enqueue(expected ? records.slice(1) : records);
  }

  /** Reading was broken off, and the topic may be another one now: the last record must come again before others. */
  verifyLast(): void {
    this.#expected ??= this.#last;
    if (this.#expected) this.options.readFrom(this.#expected.offset);
    else if (!this.#isPlacing) this.options.readFrom(this.#next);
  }

  /** Drops what is not under way. Resolves when nothing of it is any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#work;
    this.#buffer.clear();
  }

  /** Finds where to begin. */
  async #findStart(): Promise<void> {
    const { source, store, bounds: boundsOf } = this.options;
    const found = await this.#retryUntilClosed(async () => {
      const progress = await store.progressOf(source);
      return { progress, bounds: await boundsOf() };
    });
    if (!found || this.#closing.signal.aborted) return;
    const { progress, bounds } = found;
    if (progress && canBeVerified(progress, bounds)) {
      const next = Number(progress.next);
      this.#last = this.#expected = { offset: next - 1, mark: progress.mark };
      this.#begin(next, next - 1);
    } else {
      this.#isNewTopic = progress !== undefined;
      this.#begin(bounds.first, bounds.first);
    }
  }

  #begin(position: number, from: number): void {
    this.#position = this.#next = position;
    this.#isPlacing = false;
    this.options.readFrom(from);
  }

  #enqueue(records: readonly KafkaRecord[]): void {
    const last = records.at(-1);
    if (!last) return;
    this.#last = { offset: last.offset, mark: hashRecord(last) };
    this.#next = last.offset + 1;
    const idle = this.#buffer.isEmpty;
    this.#buffer.add(records);
    if (idle) this.#work = this.#work.then(() => this.#drain());
  }

  /** The topic is another one: all of it is read, once everything of the old one is written. */
  #restart(): void {
    this.#isPlacing = true;
    this.#last = undefined;
    this.#work = this.#work.then(async () => {
      const bounds = await this.#retryUntilClosed(this.options.bounds);
      if (!bounds || this.#closing.signal.aborted) return;
      this.#isNewTopic = true;
      this.#begin(bounds.first, bounds.first);
    });
  }

  /** Prepares the next batch while the last one is written. */
  async #drain(): Promise<void> {
    let writing: Promise<void> | undefined;
    for (;;) {
      const records = this.#buffer.next();
      const batch =
        records && (await this.#retryUntilClosed(() => prepareRecords(this.options.intake, records)));
      await writing;
      if (this.#closing.signal.aborted) return;
      if (batch) writing = this.#write(records, batch).finally(() => this.#buffer.release(records));
      else if (!writing) return;
      else writing = undefined; // More may have come while the last was written.
    }
  }

  async #write(records: readonly KafkaRecord[], batch: RecordBatch): Promise<void> {
    await this.#withinQuotas(batch);
    if (!this.#closing.signal.aborted) await this.#append(records, batch);
  }

  /** @param fault that the records were prepared with */
  async #append(records: readonly KafkaRecord[], batch: RecordBatch, fault?: Rejected): Promise<void> {
    const last = records.at(-1);
    if (!last) return;
    const { intake } = this.options;
    let prepared: RecordBatch | undefined = batch;
    try {
      const outcomes = await this.#retryUntilClosed(async () => {
        const next = prepared ?? (await prepareRecords(intake, records, fault));
        prepared = undefined;
        return writeRecords(intake, next, this.#progressAfter(last));
      });
      if (!outcomes) return;
      this.#isNewTopic = false;
      this.#position = last.offset + 1;
      this.options.written(outcomes);
    } catch (error) {
      if (!(error instanceof NotStorable)) throw error;
      await this.#appendEach(records, error);
    }
  }

  /**
   * A key that is over its rate slows its partition down: Kafka keeps what is not asked for. Without a pause the partition
   * would go on filling the buffer that all of them share.
   */
  async #withinQuotas({ sent }: RecordBatch): Promise<void> {
    const { blocked, unblocked, intake } = this.options;
    let hasWaited = false;
    for (const [key, records] of sent)
      while (!this.#closing.signal.aborted) {
        const ms = intake.quotas?.delayOf(key, records) ?? 0;
        if (ms === 0) break;
        hasWaited = true;
        blocked(
          new Error(`write key ${key.prefix} of workspace "${key.workspace}" is over its limit of events`),
        );
        await sleepUntilAborted(Math.min(ms, BACKOFF_MS.longest), this.#closing.signal);
      }
    if (hasWaited && !this.#closing.signal.aborted) unblocked();
  }

  /** The log cannot store one of the records: that one is rejected. All were counted for their keys before. */
  async #appendEach(records: readonly KafkaRecord[], { message }: NotStorable): Promise<void> {
    const fault = records.length === 1 ? reject('not-storable', message) : undefined;
    for (const record of records) {
      const batch = await this.#retryUntilClosed(() => prepareRecords(this.options.intake, [record], fault));
      if (batch) await this.#append([record], batch, fault);
    }
  }

  #progressAfter(last: KafkaRecord): Progress {
    const next = BigInt(last.offset) + 1n;
    return {
      source: this.options.source,
      next,
      mark: hashRecord(last),
      ...(this.#isNewTopic && { restarted: true }),
    };
  }

  #retryUntilClosed<T>(work: () => Promise<T>): Promise<T | undefined> {
    return retryUntilAborted(work, { ...this.options, signal: this.#closing.signal });
  }
}

/** The record before `next` is there to be looked at. */
const canBeVerified = (
  progress: Progress,
  { first, end }: PartitionOffsets,
): progress is Progress & Pick<KnownRecord, 'mark'> =>
  progress.mark !== undefined && progress.next > BigInt(first) && progress.next <= BigInt(end);

/** A record, by what it is known again. */
interface KnownRecord {
  readonly offset: number;
  readonly mark: string;
}

const isSame = ({ offset, mark }: KnownRecord, record: KafkaRecord): boolean =>
  record.offset === offset && hashRecord(record) === mark;

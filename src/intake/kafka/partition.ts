import { setTimeout as sleep } from 'node:timers/promises';
import { type EventStore, type Progress, StoreUnavailable } from '../../event-store/event-store.js';
import type { Bounds, KafkaRecord } from '../../kafka/kafka.js';
import { reject } from '../outcome.js';
import { markOf } from './mark.js';
import type { Room } from './room.js';
import { Slices } from './slices.js';
import { judge, type Judged, NotStorable, take, type Taken, type TakingRecords } from './take-records.js';

export interface PartitionOptions {
  /** Names the partition in the log's progress. */
  readonly source: string;
  readonly store: Pick<EventStore, 'progressOf'>;
  readonly taking: TakingRecords;
  readonly room: Room;
  /** (Re)starts the partition. */
  readonly readFrom: (offset: number) => void;
  readonly bounds: () => Promise<Bounds>;
  readonly taken: (taken: Taken) => void;
  /** Kafka, the log or the keys are away, or they are there again. */
  readonly waits: (why: unknown) => void;
  readonly goesOn: () => void;
}

const BACK_OFF_MS = { first: 100, longest: 5_000 };

/**
 * One partition while it is this process's. It begins where the log says that its records are in it; that is proved by the
 * last of them, else the partition is read from its first record, and what is in the log already is dropped by its id.
 */
export class Partition {
  readonly #closing = new AbortController();
  readonly #slices: Slices;
  #working: Promise<void>;
  #position: number | undefined;
  /** What comes is dropped: where to begin is not known yet. */
  #silent = true;
  /** The last record taken; undefined: none since the beginning. */
  #last: Seen | undefined;
  /** Must come again first: then the topic is still the one it was. */
  #proof: Seen | undefined;
  /** No record of before this offset can come. */
  #next = 0;
  #anew = false;

  /** @param before the same partition under its last assignment */
  constructor(
    private readonly options: PartitionOptions,
    before: Promise<void>,
  ) {
    this.#slices = new Slices(options.room);
    this.#working = before.then(() => this.#place());
  }

  /** Everything before this offset is in the log, or in `rejected`; undefined: not known yet. */
  get position(): number | undefined {
    return this.#position;
  }

  /** Takes records to be written, in order. */
  offer(records: readonly KafkaRecord[]): void {
    const [first] = records;
    if (!first || this.#silent || this.#closing.signal.aborted) return;
    const proof = this.#proof;
    this.#proof = undefined;
    if (proof ? !isSame(proof, first) : first.offset < this.#next) this.#startOver();
    else this.#take(proof ? records.slice(1) : records);
  }

  /** Reading was broken off, and the topic may be another one now: the last record must come again before others. */
  proveAgain(): void {
    this.#proof ??= this.#last;
    if (this.#proof) this.options.readFrom(this.#proof.offset);
    else if (!this.#silent) this.options.readFrom(this.#next);
  }

  /** Drops what is not under way. Resolves when nothing of it is any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#working;
    this.#slices.clear();
  }

  /** Finds where to begin. */
  async #place(): Promise<void> {
    const { source, store, bounds: boundsOf } = this.options;
    const found = await this.#patiently(async () => {
      const progress = await store.progressOf(source);
      return { progress, bounds: await boundsOf() };
    });
    if (!found || this.#closing.signal.aborted) return;
    const { progress, bounds } = found;
    if (progress && canBeProved(progress, bounds)) {
      const next = Number(progress.next);
      this.#last = this.#proof = { offset: next - 1, mark: progress.mark };
      this.#begin(next, next - 1);
    } else {
      this.#anew = progress !== undefined;
      this.#begin(bounds.first, bounds.first);
    }
  }

  #begin(position: number, from: number): void {
    this.#position = this.#next = position;
    this.#silent = false;
    this.options.readFrom(from);
  }

  #take(records: readonly KafkaRecord[]): void {
    const last = records.at(-1);
    if (!last) return;
    this.#last = { offset: last.offset, mark: markOf(last) };
    this.#next = last.offset + 1;
    const idle = this.#slices.empty;
    this.#slices.add(records);
    if (idle) this.#working = this.#working.then(() => this.#drain());
  }

  /** The topic is another one: all of it is read, once everything of the old one is written. */
  #startOver(): void {
    this.#silent = true;
    this.#last = undefined;
    this.#working = this.#working.then(async () => {
      const bounds = await this.#patiently(this.options.bounds);
      if (!bounds || this.#closing.signal.aborted) return;
      this.#anew = true;
      this.#begin(bounds.first, bounds.first);
    });
  }

  /** Judges the next slice while the last one is written. */
  async #drain(): Promise<void> {
    let writing: Promise<void> | undefined;
    for (;;) {
      const records = this.#slices.next();
      const judged = records && (await this.#patiently(() => judge(this.options.taking, records)));
      await writing;
      if (this.#closing.signal.aborted) return;
      if (judged) writing = this.#write(records, judged).finally(() => this.#slices.done(records));
      else if (!writing) return;
      else writing = undefined; // More may have come while the last was written.
    }
  }

  async #write(records: readonly KafkaRecord[], judged: Judged): Promise<void> {
    await this.#withinQuotas(judged);
    if (!this.#closing.signal.aborted) await this.#append(records, judged);
  }

  async #append(records: readonly KafkaRecord[], judged: Judged): Promise<void> {
    const last = records.at(-1);
    if (!last) return;
    try {
      const taken = await this.#patiently(() => take(this.options.taking, judged, this.#progressAfter(last)));
      if (!taken) return;
      this.#anew = false;
      this.#position = last.offset + 1;
      this.options.taken(taken);
    } catch (error) {
      if (!(error instanceof NotStorable)) throw error;
      await this.#appendEach(records, error);
    }
  }

  /**
   * A key that is over its rate slows its partition down: Kafka keeps what is not asked for. Without a pause the partition
   * would go on reading into the room that all of them share.
   */
  async #withinQuotas({ sent }: Judged): Promise<void> {
    const { waits, goesOn, taking } = this.options;
    let hasWaited = false;
    for (const [key, records] of sent)
      while (!this.#closing.signal.aborted) {
        const ms = taking.quotas?.delayOf(key, records) ?? 0;
        if (ms === 0) break;
        hasWaited = true;
        waits(
          new Error(`write key ${key.prefix} of workspace "${key.workspace}" is over its limit of events`),
        );
        await this.#sleep(Math.min(ms, BACK_OFF_MS.longest));
      }
    if (hasWaited && !this.#closing.signal.aborted) goesOn();
  }

  /** The log cannot store one of the records: that one is rejected. All were counted for their keys before. */
  async #appendEach(records: readonly KafkaRecord[], { message }: NotStorable): Promise<void> {
    const fault = records.length === 1 ? reject('not-storable', message) : undefined;
    for (const record of records) {
      const judged = await this.#patiently(() => judge(this.options.taking, [record], fault));
      if (judged) await this.#append([record], judged);
    }
  }

  #progressAfter(last: KafkaRecord): Progress {
    const next = BigInt(last.offset) + 1n;
    return { source: this.options.source, next, mark: markOf(last), ...(this.#anew && { restarted: true }) };
  }

  /**
   * The outcome of `work`, tried until whatever it needs is there; undefined when the partition was closed first.
   *
   * @throws NotStorable trying again is of no use
   */
  async #patiently<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { signal } = this.#closing;
    const { waits, goesOn } = this.options;
    for (let pause = BACK_OFF_MS.first; !signal.aborted; pause = Math.min(pause * 2, BACK_OFF_MS.longest)) {
      try {
        const result = await work();
        if (pause > BACK_OFF_MS.first) goesOn();
        return result;
      } catch (error) {
        if (error instanceof NotStorable) throw error;
        if (this.#closing.signal.aborted) return undefined; // Whoever follows must not be held by it.
        waits(error);
        const least = error instanceof StoreUnavailable ? error.retryAfterSeconds * 1_000 : 0;
        const ms = Math.min(Math.max(pause, least), BACK_OFF_MS.longest) * (0.75 + Math.random() / 2);
        await this.#sleep(ms);
      }
    }
    return undefined;
  }

  /** Until the partition is closed at most. */
  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }
}

/** The record before `next` is there to be looked at. */
const canBeProved = (progress: Progress, { first, end }: Bounds): progress is Progress & Pick<Seen, 'mark'> =>
  progress.mark !== undefined && progress.next > BigInt(first) && progress.next <= BigInt(end);

/** A record, by what it is known again. */
interface Seen {
  readonly offset: number;
  readonly mark: string;
}

const isSame = ({ offset, mark }: Seen, record: KafkaRecord): boolean =>
  record.offset === offset && markOf(record) === mark;

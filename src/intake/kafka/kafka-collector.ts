import type { EventStore } from '../../event-store/event-store.js';
import {
  type Consumption,
  type Kafka,
  type KafkaRecord,
  type NewRecord,
  type RecordReader,
  type RecordSink,
  RecordTooLarge,
  TOPICS,
} from '../../kafka/kafka.js';
import { chunkRecords } from '../../kafka/record-chunks.js';
import { type BlockedLog, BlockedPartitions } from './blocked-partitions.js';
import { BufferLimit } from './buffer-limit.js';
import type { KafkaFigures } from './figures.js';
import { Partition } from './partition.js';
import type { RecordIntake } from './record-batch.js';

export interface KafkaCollectorOptions {
  readonly kafka: Kafka;
  readonly group: string;
  readonly store: Pick<EventStore, 'progressOf'>;
  readonly intake: Omit<RecordIntake, 'publishRejected'>;
  readonly figures: KafkaFigures;
  readonly log: BlockedLog;
  readonly sessionMs?: number;
}

const TOPIC = TOPICS.touchpoints;
/** Records of all partitions that may wait, in bytes. */
const BUFFER = { high: 8 * 1024 * 1024, low: 4 * 1024 * 1024 };
/** A topic is not deleted, made anew and filled beyond where it was within a shorter pause. In ms. */
const LONG_PAUSE_MS = 1_000;
const COMMIT_MS = 1_000;
const LAG_MS = 5_000;

/** Takes the topic `touchpoints` into the log, as a member of its consumer group. */
export class KafkaCollector implements RecordReader {
  readonly #intake: RecordIntake;
  readonly #sink: RecordSink;
  readonly #limit = new BufferLimit(BUFFER.high, BUFFER.low, () => this.#pauseOrResume());
  readonly #blocked: BlockedPartitions;
  #consumption: Consumption | undefined;
  #partitions = new Map<number, Partition>();
  /** The same partitions under their last assignments: what follows them waits for their end. */
  readonly #closing = new Map<number, Promise<void>>();
  /** Partitions that are held, and since when. */
  readonly #paused = new Map<number, number>();
  #committed = new Map<number, number>();
  #timers: NodeJS.Timeout[] = [];
  #stopping = false;

  constructor(private readonly options: KafkaCollectorOptions) {
    const sink = options.kafka.sink();
    this.#sink = sink;
    this.#intake = { ...options.intake, publishRejected: (records) => sendRejected(sink, records) };
    this.#blocked = new BlockedPartitions(options.log, () => this.#pauseOrResume());
  }

  start(): void {
    const { kafka, sessionMs } = this.options;
    this.#consumption = kafka.consume({ topic: TOPIC, ...(sessionMs && { sessionMs }) }, this);
    this.#timers = [
      setInterval(() => void this.#commit(), COMMIT_MS),
      setInterval(() => void this.#reportLag().catch(() => undefined), LAG_MS),
    ];
  }

  /** Lets the appends under way end, tells Kafka how far it came, and leaves the group. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#timers.forEach((timer) => clearInterval(timer));
    this.#consumption?.pause([...this.#partitions.keys()]);
    await Promise.all([...this.#partitions.values()].map((partition) => partition.close()));
    this.#blocked.stop();
    await this.#commit();
    await this.#consumption?.stop();
    await Promise.all(this.#closing.values());
    await this.#sink.close();
  }

  assigned(partitions: readonly number[]): void {
    if (this.#stopping) return;
    this.options.figures.rebalanced();
    for (const [number, partition] of this.#partitions) this.#closing.set(number, partition.close());
    this.#blocked.clear();
    this.#paused.clear();
    this.#committed = new Map();
    this.#partitions = new Map(partitions.map((number) => [number, this.#open(number)]));
  }

  interrupted(): void {
    for (const [number, { position }] of this.#partitions)
      if (position !== undefined) this.#partitions.get(number)?.verifyLast();
  }

  records(partition: number, records: readonly KafkaRecord[]): void {
    this.#partitions.get(partition)?.add(records);
  }

  #open(partition: number): Partition {
    const { group, store, figures } = this.options;
    return new Partition(
      {
        source: `kafka:${group}:${TOPIC}:${partition}`,
        ...{ store, intake: this.#intake, limit: this.#limit },
        readFrom: (offset) => {
          this.#consumption?.readFrom(partition, offset);
          this.#paused.delete(partition);
          this.#pauseOrResume();
        },
        bounds: async () => (await this.#consumption?.bounds())?.get(partition) ?? { first: 0, end: 0 },
        written: (outcomes) => figures.written(outcomes),
        blocked: (why) => this.#blocked.block(partition, why),
        unblocked: () => this.#blocked.unblock(partition),
      },
      this.#closing.get(partition) ?? Promise.resolve(),
    );
  }

  /** A partition without a position is silent already, until it is placed. */
  #pauseOrResume(): void {
    const placed = [...this.#partitions].flatMap(([number, { position }]) =>
      position === undefined ? [] : number,
    );
    const should = (number: number): boolean => this.#limit.isFull || this.#blocked.has(number);
    const pause = placed.filter((number) => should(number) && !this.#paused.has(number));
    const resume = placed.filter((number) => !should(number) && this.#paused.has(number));
    if (pause.length === 0 && resume.length === 0) return;
    this.#consumption?.pause(pause);
    const now = performance.now();
    const long = resume.filter((number) => now - (this.#paused.get(number) ?? now) > LONG_PAUSE_MS);
    pause.forEach((number) => this.#paused.set(number, now));
    resume.forEach((number) => this.#paused.delete(number));
    this.#consumption?.resume(resume.filter((number) => !long.includes(number)));
    long.forEach((number) => this.#partitions.get(number)?.verifyLast());
    this.options.figures.paused(this.#paused.size, pause.length > 0);
  }

  /** For those who watch the group: where a partition begins is the log's to say. */
  async #commit(): Promise<void> {
    const moved = new Map<number, number>();
    for (const [number, { position }] of this.#partitions)
      if (position !== undefined && position !== this.#committed.get(number)) moved.set(number, position);
    if (moved.size === 0) return;
    for (const [number, position] of moved) this.#committed.set(number, position);
    await this.#consumption?.commit(moved);
  }

  async #reportLag(): Promise<void> {
    const bounds = await this.#consumption?.bounds();
    for (const [number, { position }] of this.#partitions) {
      const end = bounds?.get(number)?.end;
      if (end !== undefined && position !== undefined)
        this.options.figures.lag(TOPIC, number, Math.max(0, end - position));
    }
  }
}

/** As much as fits; of a record that is too large for the topic it says where the whole of it is. */
async function sendRejected(sink: RecordSink, records: readonly NewRecord[]): Promise<void> {
  for (const part of chunkRecords(records)) {
    try {
      await sink.send(TOPICS.rejected, part);
    } catch (error) {
      if (!(error instanceof RecordTooLarge)) throw error;
      await sink.send(TOPICS.rejected, part.map(withoutValue));
    }
  }
}

const withoutValue = (record: NewRecord): NewRecord => ({
  ...record,
  value: null,
  headers: {
    ...record.headers,
    'value-omitted': `${record.value?.length ?? 0} bytes are too large for this topic`,
  },
});

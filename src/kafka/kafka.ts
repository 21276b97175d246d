/** Kafka as the rest of Touchline knows it; what speaks to it is in one folder (docs/adr/0016). */

/** What collectors write, what could not be accepted of it, and what was committed to the log. */
export const TOPICS = {
  touchpoints: 'touchpoints',
  rejected: 'touchpoints.rejected',
  events: 'touchline.events',
} as const;

/** Values by their name, as clients of Kafka hand them over. */
export type Headers = Readonly<Record<string, HeaderValue | HeaderValue[] | undefined>>;

export type HeaderValue = Buffer | string | null;

export interface KafkaRecord {
  readonly partition: number;
  /** Exact: it would take millennia to reach 2^53. */
  readonly offset: number;
  /** In ms: of its producer, or of the broker's receipt, as the topic is set. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Headers;
  /** Why a batch cannot be read; this record is all there is of it, under its last offset. */
  readonly unreadable?: string;
}

export interface NewRecord {
  readonly key: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers: Headers;
}

/** A fault that a person can fix, in one line: a wrong broker, wrong credentials, a missing topic. */
export class KafkaFault extends Error {
  override readonly name = 'KafkaFault';
}

/** Kafka does not take records now: nothing is known of those that were sent last, send them again. */
export class KafkaUnavailable extends Error {
  override readonly name = 'KafkaUnavailable';
}

export interface RecordSink {
  /**
   * Resolves when all in-sync replicas have the records; those of one key keep their order, also over calls that follow
   * each other. Give at most about 700 KB: a broker takes a megabyte a partition at once.
   *
   * @throws KafkaUnavailable
   * @throws RecordTooLarge
   */
  send(topic: string, records: readonly NewRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** The broker's limit for the topic is smaller than what was sent. */
export class RecordTooLarge extends Error {
  override readonly name = 'RecordTooLarge';
}

/** What reads a topic; its calls must not throw. */
export interface RecordReader {
  /** The partitions that are this process's from now; each is silent until `readFrom`. All others are others'. */
  assigned(partitions: readonly number[]): void;
  /** A fetch failed in a way that the topic may have been deleted and created again since the last one. */
  interrupted(): void;
  /** Records of one partition, in order; to be taken at once. `pause` keeps further ones away. */
  records(partition: number, records: readonly KafkaRecord[]): void;
}

/** Offsets of a partition: of its first record, and of the one that will come next. */
export interface PartitionOffsets {
  readonly first: number;
  readonly end: number;
}

/** A member of a consumer group, for as long as it runs; a broker that is away is waited for. */
export interface Consumption {
  readFrom(partition: number, offset: number): void;
  pause(partitions: readonly number[]): void;
  resume(partitions: readonly number[]): void;
  /** Tells the broker what is done, for those who watch it. May be too late: then the partition is another's. */
  commit(next: ReadonlyMap<number, number>): Promise<void>;
  /** @throws KafkaUnavailable */
  bounds(): Promise<ReadonlyMap<number, PartitionOffsets>>;
  stop(): Promise<void>;
}

export interface ConsumeOptions {
  readonly topic: string;
  /** A member that is silent for so long loses its partitions. */
  readonly sessionMs?: number;
}

export interface Kafka {
  /**
   * Makes sure that the topics are there.
   *
   * @throws KafkaFault one is missing and may not be made, or Kafka cannot be used at all
   */
  prepare(topics: readonly string[]): Promise<void>;
  consume(options: ConsumeOptions, reader: RecordReader): Consumption;
  sink(): RecordSink;
  /** Closes every sink that was handed out. */
  close(): Promise<void>;
}

import type { KafkaRecord } from '../../kafka/kafka.js';
import type { BufferLimit } from './buffer-limit.js';

/** What one append takes, as many as the log takes in one transaction. */
const BATCH = { records: 1_000, bytes: 2 * 1024 * 1024 };
/** A record takes about so much beside its value and its key, in bytes. */
const RECORD_BYTES = 300;

/** Records that wait to be written, in batches; they count for the limit until they are released. */
export class RecordBuffer {
  #waiting: KafkaRecord[] = [];
  #from = 0;
  #bytes = 0;

  constructor(private readonly limit: BufferLimit) {}

  /** Nothing waits and nothing is under way. */
  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  add(records: readonly KafkaRecord[]): void {
    this.#waiting = [...this.#waiting.slice(this.#from), ...records];
    this.#from = 0;
    this.#count(records.reduce((sum, record) => sum + sizeOf(record), 0));
  }

  /** The next batch, at least one record; undefined: nothing waits. */
  next(): readonly KafkaRecord[] | undefined {
    let to = this.#from;
    for (let bytes = 0; to < this.#waiting.length && to - this.#from < BATCH.records; to += 1) {
      const record = this.#waiting[to];
      bytes += record ? sizeOf(record) : 0;
      if (bytes > BATCH.bytes && to > this.#from) break;
    }
    const batch = this.#waiting.slice(this.#from, to);
    this.#from = to;
    return batch.length > 0 ? batch : undefined;
  }

  /** A batch is written. */
  release(batch: readonly KafkaRecord[]): void {
    this.#count(-batch.reduce((sum, record) => sum + sizeOf(record), 0));
  }

  clear(): void {
    this.#waiting = [];
    this.#from = 0;
    this.#count(-this.#bytes);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (bytes > 0) this.limit.add(bytes);
    else this.limit.remove(-bytes);
  }
}

const sizeOf = ({ key, value }: KafkaRecord): number =>
  RECORD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);

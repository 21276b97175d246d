import type { KafkaRecord } from '../../kafka/kafka.js';
import type { Room } from './room.js';

/** What one append takes, as many as the log takes in one transaction. */
const SLICE = { records: 1_000, bytes: 2 * 1024 * 1024 };
/** A record takes about so much beside its value and its key, in bytes. */
const RECORD_BYTES = 300;

/** Records that wait, cut into slices; `room` is charged for them until they are done. */
export class Slices {
  #waiting: KafkaRecord[] = [];
  #from = 0;
  #bytes = 0;

  constructor(private readonly room: Room) {}

  /** Nothing waits and nothing is under way. */
  get empty(): boolean {
    return this.#bytes === 0;
  }

  add(records: readonly KafkaRecord[]): void {
    this.#waiting = [...this.#waiting.slice(this.#from), ...records];
    this.#from = 0;
    this.#charge(records.reduce((sum, record) => sum + sizeOf(record), 0));
  }

  /** The next slice, at least one record; undefined: nothing waits. */
  next(): readonly KafkaRecord[] | undefined {
    let to = this.#from;
    for (let bytes = 0; to < this.#waiting.length && to - this.#from < SLICE.records; to += 1) {
      const record = this.#waiting[to];
      bytes += record ? sizeOf(record) : 0;
      if (bytes > SLICE.bytes && to > this.#from) break;
    }
    const slice = this.#waiting.slice(this.#from, to);
    this.#from = to;
    return slice.length > 0 ? slice : undefined;
  }

  /** A slice is written. */
  done(slice: readonly KafkaRecord[]): void {
    this.#charge(-slice.reduce((sum, record) => sum + sizeOf(record), 0));
  }

  clear(): void {
    this.#waiting = [];
    this.#from = 0;
    this.#charge(-this.#bytes);
  }

  #charge(bytes: number): void {
    this.#bytes += bytes;
    if (bytes > 0) this.room.take(bytes);
    else this.room.give(-bytes);
  }
}

const sizeOf = ({ key, value }: KafkaRecord): number =>
  RECORD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);

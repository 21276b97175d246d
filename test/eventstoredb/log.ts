/** One record of the protocol server's log. `created` is in ticks of 100 ns since 1970, as in the real server. */
export interface StoredRecord {
  readonly position: bigint;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  readonly created: bigint;
}

export type ProposedRecord = Pick<StoredRecord, 'id' | 'type' | 'contentType' | 'data' | 'metadata'>;

/** A revision, -1 for a stream that is not there yet. */
export type ExpectedRevision = 'any' | 'stream_exists' | number;

export type AppendOutcome =
  | { readonly kind: 'appended'; readonly revision: number; readonly position: bigint }
  | { readonly kind: 'wrong-version'; readonly current: number }
  | { readonly kind: 'too-large' };

/** The real server answers -1 as an unsigned number when an append was applied before and it no longer knows where. */
const NO_POSITION = 2n ** 64n - 1n;
const MAX_APPEND_BYTES = 1_048_576;
/** With `any` the real server recognises what it appended lately, and forgets the rest. */
const REMEMBERED = 100;
const SYSTEM_EVERY = 7;

/**
 * What an EventStoreDB keeps, and its rules of appending: positions are like byte offsets, system events lie between the
 * others, and an append at an exact revision whose events lie there already succeeds again.
 */
export class ServerLog {
  readonly records: StoredRecord[] = [];
  readonly streams = new Map<string, StoredRecord[]>();
  readonly #recent: string[] = [];
  readonly #readers = new Set<() => void>();
  #next = 4_000n;
  #appends = 0;

  constructor() {
    this.#system('$settings', '$UserCreated');
  }

  append(stream: string, expected: ExpectedRevision, events: readonly ProposedRecord[]): AppendOutcome {
    const bytes = events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0);
    if (bytes > MAX_APPEND_BYTES) return { kind: 'too-large' };
    const kept = this.streams.get(stream) ?? [];
    const current = kept.length - 1;
    if (expected === 'any' && this.#isRecent(kept, events)) return again(current);
    if (expected === 'stream_exists' && current < 0) return { kind: 'wrong-version', current };
    if (typeof expected === 'number' && expected !== current) {
      const same = events.every(({ id }, index) => kept[expected + 1 + index]?.id === id);
      return expected < current && same
        ? again(expected + events.length)
        : { kind: 'wrong-version', current };
    }
    for (const event of events) this.#put(stream, event);
    if (++this.#appends % SYSTEM_EVERY === 0) this.#system(`$$${stream}`, '$metadata');
    if (this.#appends % (SYSTEM_EVERY * 3) === 0) this.#system('$stats-127.0.0.1:2113', '$statsCollected');
    for (const wake of this.#readers) wake();
    const last = this.streams.get(stream)?.at(-1);
    return { kind: 'appended', revision: last?.revision ?? -1, position: last?.position ?? 0n };
  }

  /** The index of the record at the position; undefined: no record begins there. */
  indexOf(position: bigint): number | undefined {
    let [low, high] = [0, this.records.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.records[middle]?.position ?? 0n;
      if (found === position) return middle;
      if (found < position) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  /** Calls `wake` after every append, until the answer is called. */
  onAppend(wake: () => void): () => void {
    this.#readers.add(wake);
    return () => this.#readers.delete(wake);
  }

  #isRecent(kept: readonly StoredRecord[], events: readonly ProposedRecord[]): boolean {
    const own = new Set(kept.map(({ id }) => id));
    return events.length > 0 && events.every(({ id }) => own.has(id) && this.#recent.includes(id));
  }

  #put(stream: string, event: ProposedRecord): void {
    const kept = this.streams.get(stream) ?? [];
    const created = BigInt(Date.now()) * 10_000n + BigInt(this.records.length % 10_000);
    const record = { ...event, stream, revision: kept.length, position: this.#next, created };
    this.#next += 100n + BigInt(event.data.length + event.metadata.length);
    kept.push(record);
    this.streams.set(stream, kept);
    this.records.push(record);
    this.#recent.push(event.id);
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
  }

  #system(stream: string, type: string): void {
    const data = Buffer.from('{"$of":"the server"}');
    const id = `00000000-0000-4000-8000-${String(this.records.length).padStart(12, '0')}`;
    this.#put(stream, { id, type, contentType: 'application/json', data, metadata: Buffer.alloc(0) });
  }
}

const again = (revision: number): AppendOutcome => ({ kind: 'appended', revision, position: NO_POSITION });

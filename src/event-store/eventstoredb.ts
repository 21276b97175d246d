import { LRUCache } from 'lru-cache';
import type { Pool } from 'pg';
import type { EventType, Position, RecordedDecision, RecordedEvent } from '../domain/events.js';
import { type AnyAppend, appendCall, type AppendCall, asAppend } from './append-call.js';
import { Coalescer, type CoalescerOptions } from './coalescer.js';
import {
  type Append,
  type AppendResult,
  type EventStore,
  type NewFact,
  type Page,
  type Progress,
  type Receipt,
  type Subscription,
  type TokenClaim,
} from './event-store.js';
import { LogBatch } from './eventstoredb-batch.js';
import { EventStoreDbClient } from './eventstoredb-client/client.js';
import type { Filter, ServerEvent } from './eventstoredb-client/types.js';
import { recordedOf, StreamNames } from './eventstoredb-events.js';
import { EventStoreDbAway, mayPass, unavailable } from './eventstoredb-faults.js';
import { LogIndex } from './eventstoredb-index.js';
import { LogWatch } from './eventstoredb-watch.js';
import { Growth } from './growth.js';
import { furthest } from './progress.js';
import { subscribe } from './subscription.js';

export interface EventStoreDbOptions extends Partial<CoalescerOptions> {
  /** Streams are named `<log>/<workspace>/<stream>`: logs of different names can share a server. */
  readonly log?: string;
  /** Longest wait for an answer of the server. */
  readonly deadlineMs?: number;
}

/** How many times the events of a batch may turn out to be in the log, or claimed, before it counts as a fault. */
const ATTEMPTS = 20;
/** Events read besides those asked for, when it is not known at which record to begin. */
const SKIPPED_AT_ONCE = 256;
const CACHED_POSITIONS = 4_096;
const STREAM_PAGE = 1_000;
/**
 * The log in EventStoreDB (docs/adr/0015, docs/event-store.md). What is in it is known by an index in PostgreSQL, which
 * also puts the appends of several processes to one stream in line.
 */
export class EventStoreDbEventStore implements EventStore {
  readonly guarantees = { densePositions: false, progressWithAppend: false, factsHaveVersions: true };
  readonly #client: EventStoreDbClient;
  readonly #names: StreamNames;
  readonly #index: LogIndex;
  readonly #coalescer: Coalescer<AppendCall, readonly AppendResult[]>;
  readonly #growth: Growth;
  /** Positions that were handed out: records begin there. */
  readonly #records = new LRUCache<Position, true>({ max: CACHED_POSITIONS });
  readonly #watch: LogWatch;
  readonly #closing = new AbortController();

  /**
   * @param pool of the index; stays the caller's to end, after `close`
   * @param growth shared with the stores of other threads
   * @throws EventStoreDbUnusable the URL cannot be read
   */
  constructor(url: string, pool: Pool, options: EventStoreDbOptions = {}, growth = new Growth()) {
    const { log = 'touchline', deadlineMs, ...coalescing } = options;
    this.#client = new EventStoreDbClient(url, deadlineMs);
    this.#names = new StreamNames(log);
    this.#index = new LogIndex(pool, this.#client, this.#names);
    this.#growth = growth;
    this.#watch = new LogWatch({
      watch: (found) => this.#client.watch(this.#all, found),
      head: () => this.head(),
      growth,
      closing: this.#closing.signal,
    });
    this.#coalescer = new Coalescer((calls) => this.#write(calls), mayPass, coalescing);
  }

  /** Makes sure that the server can hold the log, and that the index knows what is in it. @throws EventStoreDbUnusable */
  async open(): Promise<void> {
    await this.#client.check();
    await this.#index.catchUp();
  }

  /** Events taken and not yet durable. */
  get waitingEvents(): number {
    return this.#coalescer.waitingEvents;
  }

  async record(
    facts: readonly NewFact[],
    progress?: Progress,
    claim?: TokenClaim,
  ): Promise<readonly Receipt[]> {
    // Before its facts: a request that ends in between is sent again, with the same body.
    if (claim) await this.#read(() => this.#index.claim(claim));
    const results = await this.#add(facts.map(asAppend), progress);
    return results.flatMap((result) => (result.status === 'appended' ? result.receipts : []));
  }

  append(batch: readonly Append[]): Promise<readonly AppendResult[]> {
    return this.#add(batch);
  }

  progressOf(source: string): Promise<Progress | undefined> {
    return this.#read(() => this.#index.progressOf(source));
  }

  readStream(
    workspace: string,
    stream: string,
    after = 0,
    limit = 2 ** 31 - 1,
  ): Promise<readonly RecordedDecision[]> {
    return this.#read(async () => {
      const name = this.#names.nameOf(workspace, stream);
      const events: RecordedDecision[] = [];
      for (let version = after; events.length < limit;) {
        const size = Math.min(STREAM_PAGE, limit - events.length);
        const page = await this.#client.readStream(name, version, size);
        events.push(...this.#ours(page));
        version += page.length;
        if (page.length < size) break;
      }
      return events;
    });
  }

  readAll(after: Position, limit: number): Promise<readonly RecordedEvent[]> {
    return this.#read(() => this.#readOn(after, limit, this.#all));
  }

  readAt(position: Position): Promise<RecordedEvent | undefined> {
    return this.#read(async () => {
      if (position <= 0n) return undefined;
      let from: Position | 'start' = this.#records.has(position)
        ? position
        : await this.#recordBefore(position);
      for (let found: RecordedEvent | undefined; ;) {
        const limit = from === position ? 1 : SKIPPED_AT_ONCE;
        const page = await this.#client.readAll({ from, limit, filter: this.#all });
        found = this.#ours(page).findLast((event) => event.position <= position) ?? found;
        const last = page.at(-1);
        if (!last || last.position >= position || page.length < limit) return found;
        from = last.position;
      }
    });
  }

  readPage(after: Position, limit: number, types: readonly EventType[]): Promise<Page> {
    return this.#read(async () => {
      // Known before the page is read, so all of it was there to be read.
      const reached = types.length > 0 ? this.#growth.reached : await this.head();
      const events = types.length > 0 ? await this.#readOn(after, limit, { types }) : [];
      const full = events.length === limit;
      const last = events.at(-1)?.position ?? after;
      return { events, upTo: full || last > reached ? last : reached, full };
    });
  }

  head(): Promise<Position> {
    return this.#read(async () => {
      const [last] = await this.#client.readAll({
        ...{ from: 'end', backwards: true, limit: 1, filter: this.#all },
      });
      if (!last) return 0n;
      this.#records.set(last.position, true);
      this.#growth.reach(last.position);
      return last.position;
    });
  }

  subscribe(
    after: Position,
    handler: (batch: readonly RecordedEvent[]) => Promise<void>,
    onError: (error: unknown) => void,
  ): Subscription {
    return subscribe(this, after, handler, onError);
  }

  waitForGrowth(after: Position, timeoutMs: number): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.resolve();
    this.#watch.keepFor(timeoutMs);
    return this.#growth.waitFor(after, timeoutMs);
  }

  async close(): Promise<void> {
    await this.#coalescer.close();
    this.#closing.abort();
    this.#growth.wakeAll();
    await this.#client.close();
    await this.#watch.ended;
  }

  get #all(): Filter {
    return { streamPrefix: this.#names.prefix };
  }

  async #add(batch: readonly AnyAppend[], progress?: Progress): Promise<readonly AppendResult[]> {
    const call = appendCall(batch, progress);
    return call ? this.#coalescer.add(call) : batch.map(() => ({ status: 'appended', receipts: [] }));
  }

  async #write(calls: readonly AppendCall[]): Promise<readonly (readonly AppendResult[])[]> {
    const batch = new LogBatch(
      calls.flatMap(({ appends }) => appends),
      this.#names,
    );
    const moves = furthest(calls.flatMap(({ progress }) => progress ?? []));
    for (let attempt = 1; !(await this.#index.append(batch, moves, this.#growth.reached)); attempt++)
      if (attempt === ATTEMPTS) throw new EventStoreDbAway('the log changes faster than it can be read');
    for (const position of batch.positions) {
      this.#records.set(position, true);
      this.#growth.reach(position);
    }
    let next = 0;
    return calls.map(({ appends }) => batch.results.slice(next, (next += appends.length)));
  }

  /** The next of our events after a position, whether or not a record begins there. */
  async #readOn(after: Position, limit: number, filter: Filter): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    const exact = this.#records.has(after);
    let from = exact ? after : await this.#recordBefore(after);
    while (events.length < limit) {
      const asked = limit - events.length + (exact ? 1 : SKIPPED_AT_ONCE);
      const page = await this.#client.readAll({ from, limit: asked, filter });
      const last = events.at(-1)?.position ?? after;
      events.push(...this.#ours(page).filter(({ position }) => position > last));
      const seen = page.at(-1);
      if (!seen || page.length < asked) break;
      from = seen.position;
    }
    const kept = events.slice(0, limit);
    const last = kept.at(-1);
    if (last) this.#records.set(last.position, true);
    return kept;
  }

  #ours(events: readonly ServerEvent[]): RecordedDecision[] {
    return events.flatMap((event) => recordedOf(this.#names, event) ?? []);
  }

  async #recordBefore(position: Position): Promise<Position | 'start'> {
    return position <= 0n ? 'start' : ((await this.#index.recordBefore(position)) ?? 'start');
  }

  #read<T>(work: () => Promise<T>): Promise<T> {
    return work().catch(unavailable);
  }
}

import type { EventType, NewEvent, Position, RecordedDecision, RecordedEvent } from '../domain/events.js';
import { appendCall, asAppend } from './append-call.js';
import {
  StoreUnavailable,
  type Append,
  type AppendResult,
  type EventReceipt,
  type EventStore,
  type Expected,
  type NewFact,
  type Page,
  type Progress,
  type Receipt,
  type Subscription,
  type TokenClaim,
  TokenUsed,
} from './event-store.js';
import { Growth } from './growth.js';
import { subscribe } from './subscription.js';

/** The log in an array: for tests. Keeps every promise of the port but durability. */
export class MemoryEventStore implements EventStore {
  readonly guarantees = { densePositions: true, progressWithAppend: true, factsHaveVersions: false };
  readonly #log: RecordedEvent[] = [];
  /** Decisions by stream. */
  readonly #streams = new Map<string, RecordedDecision[]>();
  readonly #byId = new Map<string, RecordedEvent>();
  readonly #progress = new Map<string, Progress>();
  /** Hashes of bodies by token. */
  readonly #tokens = new Map<string, string>();
  readonly #growth = new Growth();
  readonly #now: () => Date;
  #closed = false;

  /** @param now the clock that gives `recordedAt` */
  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  async record(
    facts: readonly NewFact[],
    progress?: Progress,
    claim?: TokenClaim,
  ): Promise<readonly Receipt[]> {
    if (this.#closed) return this.#refuse();
    appendCall(facts.map(asAppend)); // throws where no log could hold it
    if (claim) this.#claim(claim);
    const recordedAt = this.#now();
    const receipts = facts.map(({ workspace, stream, event }): Receipt => {
      const known = this.#byId.get(keyOf(workspace, event.id));
      const { id: eventId, position } = known ?? this.#put({ ...event, workspace, stream }, recordedAt);
      return { eventId, position, duplicate: known !== undefined };
    });
    this.#growth.reach(BigInt(this.#log.length));
    if (progress) this.#keep(progress);
    return receipts;
  }

  append(batch: readonly Append[]): Promise<readonly AppendResult[]> {
    if (this.#closed) return this.#refuse();
    const recordedAt = this.#now();
    const results = batch.map((append) => this.#appendOne(append, recordedAt));
    this.#growth.reach(BigInt(this.#log.length));
    return Promise.resolve(results);
  }

  progressOf(source: string): Promise<Progress | undefined> {
    return Promise.resolve(this.#progress.get(source));
  }

  readStream(
    workspace: string,
    stream: string,
    after = 0,
    limit = Infinity,
  ): Promise<readonly RecordedDecision[]> {
    return Promise.resolve((this.#streams.get(keyOf(workspace, stream)) ?? []).slice(after, after + limit));
  }

  readAll(after: Position, limit: number): Promise<readonly RecordedEvent[]> {
    return Promise.resolve(this.#log.slice(Number(after), Number(after) + limit));
  }

  readAt(position: Position): Promise<RecordedEvent | undefined> {
    const index = Math.min(Number(position), this.#log.length) - 1;
    return Promise.resolve(this.#log[index]);
  }

  readPage(after: Position, limit: number, types: readonly EventType[]): Promise<Page> {
    const page = this.#log.slice(Number(after), Number(after) + limit);
    const events = page.filter(({ type }) => types.includes(type));
    return Promise.resolve({ events, upTo: page.at(-1)?.position ?? after, full: page.length === limit });
  }

  head(): Promise<Position> {
    return Promise.resolve(BigInt(this.#log.length));
  }

  subscribe(
    after: Position,
    handler: (batch: readonly RecordedEvent[]) => Promise<void>,
    onError: (error: unknown) => void,
  ): Subscription {
    return subscribe(this, after, handler, onError);
  }

  waitForGrowth(after: Position, timeoutMs: number): Promise<void> {
    return this.#closed ? Promise.resolve() : this.#growth.waitFor(after, timeoutMs);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#growth.wakeAll();
    return Promise.resolve();
  }

  #claim({ collector, token, bodyHash }: TokenClaim): void {
    const name = keyOf(collector, token);
    if ((this.#tokens.get(name) ?? bodyHash) !== bodyHash) throw new TokenUsed();
    this.#tokens.set(name, bodyHash);
  }

  #keep({ restarted, ...progress }: Progress): void {
    const known = this.#progress.get(progress.source);
    if (!known || restarted || progress.next > known.next) this.#progress.set(progress.source, progress);
  }

  #appendOne({ workspace, stream, expected, events }: Append, recordedAt: Date): AppendResult {
    const known = (event: NewEvent) => this.#byId.has(keyOf(workspace, event.id));
    const actual = this.#streams.get(keyOf(workspace, stream))?.length ?? 0;
    if (!events.every(known) && !meets(expected, actual)) return { status: 'conflict', expected, actual };
    return {
      status: 'appended',
      receipts: events.map((event) => this.#decide(workspace, stream, event, recordedAt)),
    };
  }

  #decide(workspace: string, stream: string, event: NewEvent, recordedAt: Date): EventReceipt {
    const first = this.#byId.get(keyOf(workspace, event.id));
    if (first) return receiptOf(first, true);
    const decisions = this.#streams.get(keyOf(workspace, stream)) ?? [];
    const version = decisions.length + 1;
    const recorded = this.#put({ ...event, workspace, stream, version }, recordedAt);
    this.#streams.set(keyOf(workspace, stream), [...decisions, recorded]);
    return receiptOf(recorded, false);
  }

  #put<E extends NewEvent & { readonly workspace: string }>(event: E, recordedAt: Date): E & RecordedEvent {
    const recorded = {
      ...event,
      position: BigInt(this.#log.length + 1),
      recordedAt,
      occurredAt: event.occurredAt > recordedAt ? recordedAt : event.occurredAt,
      data: JSON.parse(JSON.stringify(event.data)) as unknown,
    } as unknown as E & RecordedEvent;
    this.#log.push(recorded);
    this.#byId.set(keyOf(event.workspace, event.id), recorded);
    return recorded;
  }

  #refuse(): Promise<never> {
    return Promise.reject(new StoreUnavailable('the event store is closed', 1));
  }
}

/** Whether a stream at version `actual` is where the append expects it. */
const meets = (expected: Expected, actual: number): boolean =>
  actual === (expected === 'noStream' ? 0 : expected.exact);

const keyOf = (workspace: string, name: string): string => `${workspace}\0${name}`;

const receiptOf = ({ id, position, version = 0 }: RecordedEvent, duplicate: boolean): EventReceipt => ({
  eventId: id,
  position,
  version,
  duplicate,
});

import type { EventType, NewEvent, Position, RecordedDecision, RecordedEvent } from '../domain/events.js';

/** What happened, as a collector sent it. A fact has no version: its order is its position. */
export interface NewFact {
  readonly workspace: string;
  readonly stream: string;
  readonly event: NewEvent;
}

export interface Receipt {
  readonly eventId: string;
  readonly position: Position;
  /** The event was already in the log; what the receipt says is that of its first one (law 3). */
  readonly duplicate: boolean;
}

/** The version a stream must be at: `exact: n` means that its last decision has version n; versions count from 1. */
export type Expected = 'noStream' | { readonly exact: number };

/** One command's decisions for one stream; they are appended together or not at all. */
export interface Append {
  readonly workspace: string;
  readonly stream: string;
  readonly expected: Expected;
  readonly events: readonly NewEvent[];
}

export interface EventReceipt extends Receipt {
  readonly version: number;
}

/** A conflict is the answer to its own append and leaves the rest of the batch alone. */
export type AppendResult =
  | { readonly status: 'appended'; readonly receipts: readonly EventReceipt[] }
  | { readonly status: 'conflict'; readonly expected: Expected; readonly actual: number };

export class WrongExpectedVersion extends Error {
  override readonly name = 'WrongExpectedVersion';
  constructor(
    readonly stream: string,
    readonly expected: Expected,
    readonly actual: number,
  ) {
    super(`stream ${stream} is at version ${actual}, expected ${JSON.stringify(expected)}`);
  }
}

/** The log cannot take more now: answer 503 with `Retry-After`. Nothing of the refused append was kept. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  constructor(
    message: string,
    readonly retryAfterSeconds: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** As many events wait to be appended as may. */
export class QueueFull extends StoreUnavailable {
  constructor() {
    super('too many events wait to be appended', 1);
  }
}

/** A stretch of the log seen through a filter of types. */
export interface Page {
  readonly events: readonly RecordedEvent[];
  /** Every event of the types up to here is in `events`; `after` itself when there was nothing newer. */
  readonly upTo: Position;
  /** It is as large as was asked for: there may be more to read at once. */
  readonly full: boolean;
}

/** How far a consumer of something outside, e.g. of a partition of a topic, has taken it into the log. */
export interface Progress {
  readonly source: string;
  /** What it takes next there, e.g. an offset. */
  readonly next: bigint;
  /** By what the consumer knows the last thing it took; opaque to the log. */
  readonly mark?: string;
  /** The source is another one than before, of the same name: this is kept although it may be less far. */
  readonly restarted?: boolean;
}

/** A token that one request alone may use, as that of a signature which does not cover the body. */
export interface TokenClaim {
  /** Id of the collector: its token is another one at the next. */
  readonly collector: string;
  readonly token: string;
  /** SHA-256 of the request in hex; the same request may use it again when it is sent again. */
  readonly bodyHash: string;
  /** From then on it may be forgotten. */
  readonly expiresAt: Date;
}

/** The token was used by a request with another body. Nothing of this one was kept. */
export class TokenUsed extends Error {
  override readonly name = 'TokenUsed';
  constructor() {
    super('the token was used by another request');
  }
}

export interface Subscription {
  /** Settles when the handler in flight has ended; rejects nothing. */
  stop(): Promise<void>;
}

/** What an adapter promises beyond the contract; shown in docs and asked by code that would depend on it. */
export interface Guarantees {
  /** Positions are 1, 2, 3 … without gaps (PostgreSQL, memory); else they only grow. */
  readonly densePositions: boolean;
  /** A consumer's progress is kept in the transaction of its facts; else right after it, and may be behind after a crash. */
  readonly progressWithAppend: boolean;
  /** Every event of a stream has a version, facts too, and `readStream` shows them (EventStoreDB); else decisions alone. */
  readonly factsHaveVersions: boolean;
}

/**
 * The event log. What `record` or `append` resolved is durable. Every reader sees events in position order, and a reader that has
 * seen position n has seen everything up to n.
 */
export interface EventStore {
  readonly guarantees: Guarantees;

  /**
   * Records facts in order and resolves once they are durable, one receipt a fact, in order. A fact already in the log (same
   * workspace and id) is not recorded again and answers its first receipt.
   *
   * @param progress kept together with the facts; one that is behind what is kept already changes nothing
   * @param claim durable no later than the facts; without facts it is claimed alone
   * @throws StoreUnavailable the queue is full or the server is away; the caller may try again with the same ids.
   * @throws TokenUsed none of the facts was recorded
   */
  record(facts: readonly NewFact[], progress?: Progress, claim?: TokenClaim): Promise<readonly Receipt[]>;

  /**
   * Appends each command's decisions in order and resolves once they are durable, one result a command, in order. Events
   * already in the log are not appended again and answer their first receipt; an append whose events are all duplicates
   * succeeds whatever version it expected.
   *
   * @throws StoreUnavailable as `record`
   */
  append(batch: readonly Append[]): Promise<readonly AppendResult[]>;

  /** What was kept with `record`; undefined: nothing yet. */
  progressOf(source: string): Promise<Progress | undefined>;

  /** Decisions of one stream in version order, after version `after` (0: from the start), at most `limit`. */
  readStream(
    workspace: string,
    stream: string,
    after?: number,
    limit?: number,
  ): Promise<readonly RecordedDecision[]>;

  /** Events of the whole log in position order, after position `after` (0: from the start), at most `limit`. */
  readAll(after: Position, limit: number): Promise<readonly RecordedEvent[]>;

  /** The event at `position`, else the last one before it; undefined when there is none. */
  readAt(position: Position): Promise<RecordedEvent | undefined>;

  /**
   * The next events of `types` after `after`, at most `limit`, so that a reader of few types neither carries nor parses
   * the rest; an empty `types` moves through the log without reading any. How many others a page passes over is the
   * adapter's choice.
   */
  readPage(after: Position, limit: number, types: readonly EventType[]): Promise<Page>;

  /** The position of the last event, 0 when the log is empty. */
  head(): Promise<Position>;

  /**
   * Hands every event after `after` to `handler` in batches, in order, for ever; the next batch waits for the last
   * one's promise. Reads that fail are tried again with back-off; a handler that rejects ends the subscription and is
   * reported to `onError`.
   */
  subscribe(
    after: Position,
    handler: (batch: readonly RecordedEvent[]) => Promise<void>,
    onError: (error: unknown) => void,
  ): Subscription;

  /** Resolves when the log may have grown past `after`, or after `timeoutMs`: wakes readers in this process at once. */
  waitForGrowth(after: Position, timeoutMs: number): Promise<void>;

  /** Lets appends in flight end, then releases what the adapter holds. */
  close(): Promise<void>;
}

/** Injection token of the one EventStore of the process. */
export const EVENT_STORE = Symbol('EventStore');

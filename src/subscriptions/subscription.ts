import type { PoolClient } from 'pg';
import type { EventType, Position, RecordedEvent } from '../domain/events.js';
import type { IdentityKey } from '../domain/identity/keys.js';
import type { EventStore } from '../event-store/event-store.js';

/** What every subscription has: it follows the log from a checkpoint, moved by one process at a time. */
interface SubscriptionOptions {
  /** snake_case, unique among projections and reactors; the name of its checkpoint. */
  readonly name: string;
  /** Raised when its rows or effects would come out different. It is then rebuilt, where `rebuild` allows that. */
  readonly version: number;
  readonly handles: readonly EventType[];
  /** Other subscriptions, of either sort, whose rows or effects it reads: it never passes their checkpoints. */
  readonly after: readonly string[];
  /** Where it starts when it is new to a log: at the first event (the default), or behind the last one. */
  readonly startFrom?: 'beginning' | 'head';
  /**
   * `allowed` (the default): by command, by a raised version, or because one that it is `after` is rebuilt, it is made again
   * from where it started: a projection beside its live rows, a reactor in place. `never`: it keeps its checkpoint.
   */
  readonly rebuild?: 'allowed' | 'never';
  /** Positions a batch at most, where the runner's own limit is larger. */
  readonly largestBatch?: number;
  /**
   * What each event is about beyond the keys it names, one entry an event, e.g. `lead:…` of its identity keys. Asked only
   * while there are dead letters: an event that shares a key with one waits behind it.
   */
  orderingKeys?(
    events: readonly RecordedEvent[],
    tx: PoolClient,
  ): Promise<readonly (readonly OrderingKey[])[]>;
}

/**
 * A subscription that writes rows. The runner loads a range of the log, calls `apply` inside one transaction, moves the
 * checkpoint in the same transaction and commits (law 4). `apply` must make rows that do not depend on how the log was cut
 * into batches: a batch of 5,000 writes what 5,000 batches of one would, history columns included. The credit ledger alone
 * leaves versions out, and questions compute them (ADR 0030).
 */
export interface Projection extends SubscriptionOptions {
  /** Tables that a rebuild makes anew; `apply` names them without a schema, as all read models that it reads. */
  readonly tables: readonly string[];
  /**
   * What two builds have in common that stand at the same position, for tables where that is not every row: a query of one
   * text a row, which is NULL where it cannot be said now. Null: nothing.
   */
  readonly comparable?: Readonly<Record<string, string | null>>;
  /** It leaves work to later batches while the log waits: once nothing waits, it is called with an empty range. */
  readonly defers?: true;
  /**
   * @param batch events it handles in (range.after, range.upTo], in position order; may be empty. One at or before
   *   range.after was a dead letter and is applied late, alone, with an empty range
   * @throws PoisonedEvent when one event cannot be applied: it becomes a dead letter, and the rest is applied without it
   */
  apply(batch: readonly RecordedEvent[], tx: PoolClient, range: Range): Promise<void>;
}

/**
 * A subscription that decides or sends: its effects lie outside the transaction, and no rollback takes them back. The lease
 * is held in the transaction while it works, and lost with the session. After a crash it is given the events since its
 * checkpoint again, so an effect must be repeatable: `decisions.ts` makes it so for events that it appends.
 */
export interface Reactor extends SubscriptionOptions {
  readonly startFrom: 'beginning' | 'head';
  readonly rebuild: 'allowed' | 'never';
  /**
   * @param batch as a projection's
   * @throws PoisonedEvent as a projection's
   * @throws Outage what it needs is away: the same batch is given again until it succeeds
   */
  react(batch: readonly RecordedEvent[], context: ReactorContext): Promise<void>;
  /**
   * For what becomes due with time: called about once a second while nothing waits in the log. Repeatable, as `react`.
   *
   * @throws Outage
   */
  onIdle?(context: ReactorContext): Promise<void>;
}

export interface ReactorContext {
  /** For reading rows of what the reactor is `after`. */
  readonly tx: PoolClient;
  readonly store: Pick<EventStore, 'append' | 'readStream' | 'readAt'>;
  /** What the batch is of: also events that the reactor does not handle. */
  readonly range: Pick<Range, 'after' | 'upTo'>;
  /** To be called before each effect. @throws when the lease may be another's now, as after a process was frozen */
  readonly assertLease: () => Promise<void>;
}

export type Subscription = Projection | Reactor;

export const isReactor = (subscription: Subscription): subscription is Reactor => 'react' in subscription;

export interface Range {
  readonly after: Position;
  readonly upTo: Position;
  /** More of the log waits behind this batch. */
  readonly behind?: boolean;
  /**
   * The same object from batch to batch as long as nobody else can have changed the rows: what a projection keeps under it
   * spares it reading.
   */
  readonly owner?: object;
  /** For a projection that has to read again what it applied before. */
  readonly log?: Pick<EventStore, 'readPage'>;
  /** Given while there are dead letters: a projection that works from rows, not events, leaves out what these keys name. */
  readonly blocked?: BlockedSet;
}

export interface BlockedSet {
  has(workspace: string, key: OrderingKey): boolean;
}

/** One event that cannot be applied. `keys` name the person or thing whose later events must wait behind it. */
export class PoisonedEvent extends Error {
  override readonly name = 'PoisonedEvent';
  constructor(
    readonly event: RecordedEvent,
    readonly keys: readonly OrderingKey[],
    options: { cause: unknown },
  ) {
    super(
      `event ${event.id} at position ${event.position} cannot be applied: ${String(options.cause)}`,
      options,
    );
  }
}

export type OrderingKey =
  | IdentityKey
  | `${'lead' | 'account' | 'opportunity' | 'workspace' | 'content' | 'campaign' | 'investment'}:${string}`;

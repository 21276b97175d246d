import type { PoolClient } from 'pg';
import type { EventType, Position, RecordedEvent } from '../domain/events.js';
import type { IdentityKey } from '../domain/identity.js';

/**
 * A read model's writer, as a value. The runner loads a range of the log, calls `apply` inside one transaction, moves
 * the checkpoint in the same transaction and commits (law 4). `apply` must make rows that do not depend on how the log
 * was cut into batches: a batch of 5,000 writes what 5,000 batches of one would, history columns included. The credit
 * ledger alone leaves versions out, and questions compute them (ADR 0030).
 */
export interface Projection {
  /** snake_case, unique; the name of its checkpoint. */
  readonly name: string;
  /** Raised when its rows would come out different: the runner then rebuilds it. */
  readonly version: number;
  readonly handles: readonly EventType[];
  /** Projections whose rows it reads: it never passes their checkpoints. */
  readonly after: readonly string[];
  /** Tables (schema-qualified) that `rebuild` empties. */
  readonly tables: readonly string[];
  /**
   * It sends events elsewhere, which no rollback takes back: the lease is held in its transaction, and lost with the
   * session. Ask `tx` for anything before each sending; it throws when the lease is gone.
   */
  readonly sends?: true;
  /** It leaves work to later batches while the log waits: once nothing waits, it is called with an empty range. */
  readonly defers?: true;
  /**
   * @param batch events it handles in (range.after, range.upTo], in position order; may be empty. One at or before
   *   range.after was parked and is applied late, alone, with an empty range
   * @throws PoisonedEvent when one event cannot be applied: the runner parks it and calls again without it
   */
  apply(batch: readonly RecordedEvent[], tx: PoolClient, range: Range): Promise<void>;
  /**
   * What each event is about beyond the keys it names, one entry an event, e.g. `lead:…` of its identity keys. Asked only
   * while something is parked: an event that shares a key with a parked one waits behind it.
   */
  parkingKeys?(events: readonly RecordedEvent[], tx: PoolClient): Promise<readonly (readonly ParkingKey[])[]>;
}

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
  /** Given while something is parked: a projection that works from rows, not events, leaves out what these keys name. */
  readonly parked?: Parked;
}

export interface Parked {
  has(workspace: string, key: ParkingKey): boolean;
}

/** One event that cannot be applied. `keys` name the person or thing whose later events must wait behind it. */
export class PoisonedEvent extends Error {
  override readonly name = 'PoisonedEvent';
  constructor(
    readonly event: RecordedEvent,
    readonly keys: readonly ParkingKey[],
    options: { cause: unknown },
  ) {
    super(
      `event ${event.id} at position ${event.position} cannot be applied: ${String(options.cause)}`,
      options,
    );
  }
}

export type ParkingKey = IdentityKey | `${'lead' | 'account' | 'opportunity' | 'workspace'}:${string}`;

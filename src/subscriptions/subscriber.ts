import type pg from 'pg';
import type { Position, RecordedEvent } from '../domain/events.js';
import type { EventStore } from '../event-store/event-store.js';
import { type BatchContext, type LeasedState, applyRange } from './batch.js';
import { BatchSize } from './batch-size.js';
import { type Checkpoints, readCheckpoints } from './checkpoint.js';
import { emptyTables } from './rebuild.js';
import type { Lag } from './lag.js';
import { type DeadLetter, loadBlockedKeys } from './dead-letters.js';
import type { Projection } from './subscription.js';
import { ReadAhead } from './read-ahead.js';
import { requestedRetry, retryRequested } from './dead-letter-retry.js';

export interface SubscriberOptions {
  readonly pool: pg.Pool;
  readonly store: EventStore;
  readonly checkpoints: Checkpoints;
  /** Projections that read this one's rows, directly or through others. */
  readonly dependents: readonly Projection[];
  readonly largestBatch: number;
  readonly batchMs: number;
  readonly observe: SubscriptionObserver;
}

/** What a slot tells about its work; all of it optional to hear. */
export interface SubscriptionObserver {
  readonly taken: (projection: string) => void;
  readonly applied: (projection: string, events: number, position: Position, ms: number) => void;
  readonly parked: (projection: string, parked: readonly DeadLetter[]) => void;
  readonly lag: (projection: string, lag: Lag) => void;
}

/**
 * - `elsewhere` another process owns the projection
 * - `moved` the checkpoint moved
 * - `behind` there is more in the log, but not yet in the projections whose rows it reads
 * - `idle` everything is applied
 */
export type Step = 'elsewhere' | 'moved' | 'behind' | 'idle';

/** One projection's place in this process: taken with a lease, then moved step by step. */
export class Subscriber {
  /** How many events of the log the last step passed; where positions do not tell, how many it applied. */
  stride = 0;
  private leased: LeasedState | undefined;
  private readonly pages: ReadAhead;
  private readonly size: BatchSize;
  private readonly tools: BatchContext;

  constructor(
    readonly projection: Projection,
    private readonly options: SubscriberOptions,
  ) {
    const { pool, store, checkpoints, observe } = options;
    this.pages = new ReadAhead(store, projection.handles);
    this.size = new BatchSize(options.largestBatch, options.batchMs);
    const onParked = (parked: readonly DeadLetter[]): void => observe.parked(projection.name, parked);
    this.tools = { projection, pool, store, checkpoints, onParked };
  }

  get holds(): boolean {
    return this.leased !== undefined;
  }

  /** The checkpoint as this process last moved it; undefined when it does not own the projection. */
  get position(): Position | undefined {
    return this.leased?.lease.position;
  }

  /** Forgets what it knew of the projection; the next step asks the database again. */
  drop(): void {
    this.leased = undefined;
    this.pages.forget();
  }

  /**
   * One batch at most.
   *
   * @param patienceMs how long the lease of another must have been past before it is taken
   * @throws Fenced, BatchFailed; drop() the slot and go on later
   */
  async step(patienceMs = 0): Promise<Step> {
    const leased = this.leased ?? (await this.take(patienceMs));
    if (!leased) return 'elsewhere';
    this.leased = leased.held.any ? await this.retryIfAsked(leased) : leased;
    const { position } = this.leased.lease;
    const page = await this.pages.page(position, this.size.limit);
    const gate = page.upTo > position ? await this.gate() : undefined;
    const upTo = gate !== undefined && gate < page.upTo ? gate : page.upTo;
    if (page.upTo > position && upTo <= position) return 'behind';
    if (upTo <= position) return this.idle(this.leased);
    const events = upTo < page.upTo ? page.events.filter((event) => event.position <= upTo) : page.events;
    await this.apply(this.leased, events, upTo, page.full);
    const { densePositions } = this.options.store.guarantees;
    this.stride = densePositions ? Number(upTo - position) : events.length;
    return 'moved';
  }

  private async apply(
    leased: LeasedState,
    events: readonly RecordedEvent[],
    upTo: Position,
    full: boolean,
  ): Promise<void> {
    this.size.sawPage(events);
    if (full) this.pages.ahead(this.size.limit);
    const began = performance.now();
    this.leased = await applyRange(this.tools, leased, events, upTo);
    const ms = performance.now() - began;
    this.size.applied(ms, full);
    this.options.observe.applied(this.projection.name, events.length, upTo, ms);
  }

  /** Nothing to write, so nothing would show that somebody asked for a rebuild or took over. @throws Fenced */
  private async idle({ lease }: LeasedState): Promise<Step> {
    await this.options.checkpoints.assertHeld(lease);
    return 'idle';
  }

  private async take(patienceMs: number): Promise<LeasedState | undefined> {
    const { pool, checkpoints, observe } = this.options;
    const lease = await checkpoints.acquire(this.projection, patienceMs);
    if (!lease) return undefined;
    observe.taken(this.projection.name);
    this.pages.forget();
    const current = lease.emptied ? lease : await emptyTables(pool, checkpoints, this.projection, lease);
    return { lease: current, held: await loadBlockedKeys(pool, this.projection.name), owner: {} };
  }

  /** How far the projections are whose rows this one reads; undefined when it reads none. */
  private async gate(): Promise<Position | undefined> {
    const { after } = this.projection;
    if (after.length === 0) return undefined;
    const checkpoints = await readCheckpoints(this.options.pool, after);
    if (checkpoints.length < after.length) return 0n;
    return checkpoints.reduce(
      (least, { position }) => (position < least ? position : least),
      checkpoints[0]?.position ?? 0n,
    );
  }

  private async retryIfAsked(leased: LeasedState): Promise<LeasedState> {
    const { pool, store, checkpoints, dependents } = this.options;
    const asked = await requestedRetry(pool, this.projection.name);
    if (asked === 'no') return leased;
    const head = await store.head();
    if (asked === 'retry') return retryRequested(this.tools, leased, dependents, head);
    await checkpoints.rebuild([this.projection, ...dependents], head);
    const again = await this.take(0);
    return again ?? leased;
  }
}

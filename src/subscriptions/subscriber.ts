import type pg from 'pg';
import type { Position, RecordedEvent } from '../domain/events.js';
import type { EventStore, Page } from '../event-store/event-store.js';
import { type BatchContext, type LeasedState, applyRange, deliverIdle, inLease } from './batch.js';
import { BatchSize } from './batch-size.js';
import { BatchFailed } from './batch-transaction.js';
import type { Checkpoints, Lease, Slot } from './checkpoint.js';
import { type Checkpoint, readPositions } from './read-checkpoints.js';
import { withTransaction } from '../database/client.js';
import { prepareBuild } from './build.js';
import { type Registry, isRebuildable } from './registry.js';
import type { Lag } from './lag.js';
import { type DeadLetter, loadBlockedKeys } from './dead-letters.js';
import { isReactor, type Subscription } from './subscription.js';
import { ReadAhead } from './read-ahead.js';
import { rebuildForRetry, requestedRetry, retryRequested } from './dead-letter-retry.js';

export interface SubscriberOptions {
  readonly pool: pg.Pool;
  readonly store: EventStore;
  readonly checkpoints: Checkpoints;
  readonly registry: Registry;
  readonly largestBatch: number;
  readonly batchMs: number;
  readonly observe: SubscriptionObserver;
}

/** What happens to subscriptions in this process. */
export interface SubscriptionObserver {
  readonly acquired: (subscription: string) => void;
  readonly applied: (subscription: string, events: number, position: Position, ms: number) => void;
  readonly deadLettered: (subscription: string, added: readonly DeadLetter[]) => void;
  readonly lag: (subscription: string, lag: Lag) => void;
  /** Told every few seconds how its rebuild goes, if there is one, and how the last one came out. */
  readonly rebuild: (checkpoint: Checkpoint) => void;
}

/**
 * - `elsewhere` another process owns the subscription
 * - `moved` the checkpoint moved
 * - `behind` there is more in the log, but those that it is after have not reached it
 * - `idle` everything is applied
 */
export type Step = 'elsewhere' | 'moved' | 'behind' | 'idle';

/** A reactor is called at most so often while the log stands still. */
const IDLE_MS = 1_000;

/** What one step applies. */
interface PageToApply {
  readonly events: readonly RecordedEvent[];
  readonly upTo: Position;
  /** The page was as large as allowed. */
  readonly full: boolean;
  readonly behind: boolean;
}

/** One subscription in this process, its live build: acquired with a lease, then moved step by step. */
export class Subscriber {
  readonly slot: Slot = 'live';
  /** How many events of the log the last step passed; where positions are not dense, how many it applied. */
  stride = 0;
  private leased: LeasedState | undefined;
  /** Whether the projection may have left work to later batches. */
  private hasDeferred = false;
  /** When a reactor was last called while the log stood still, ms. */
  private idledAt = -Infinity;
  private readonly pages: ReadAhead;
  private readonly size: BatchSize;
  private readonly context: BatchContext;

  constructor(
    readonly subscription: Subscription,
    protected readonly options: SubscriberOptions,
  ) {
    const { pool, store, checkpoints, observe } = options;
    const { name, handles, largestBatch = Infinity } = subscription;
    this.pages = new ReadAhead(store, handles);
    this.size = new BatchSize(Math.min(options.largestBatch, largestBatch), options.batchMs);
    const onDeadLetters = (added: readonly DeadLetter[]): void => observe.deadLettered(name, added);
    this.context = { subscription, pool, store, checkpoints, onDeadLetters };
  }

  get holds(): boolean {
    return this.leased !== undefined;
  }

  /** The checkpoint as this process last moved it; undefined when it does not own the subscription. */
  get position(): Position | undefined {
    return this.lease?.position;
  }

  get lease(): Lease | undefined {
    return this.leased?.lease;
  }

  /** Forgets what it knew; the next step asks the database again. */
  drop(): void {
    this.leased = undefined;
    this.pages.forget();
  }

  /**
   * One batch at most.
   *
   * @param patienceMs how long the lease of another must have been past before it is taken
   * @throws Fenced, BatchFailed; drop() it and go on later
   */
  async step(patienceMs = 0): Promise<Step> {
    const leased = this.leased ?? (await this.take(patienceMs));
    if (!leased) return 'elsewhere';
    this.leased = leased.blocked.any ? await this.retryIfAsked(leased) : leased;
    const { position } = this.leased.lease;
    const page = await this.pages.page(position, this.size.limit);
    const gate = page.upTo > position ? await this.gate(this.leased.lease) : undefined;
    const upTo = gate !== undefined && gate < page.upTo ? gate : page.upTo;
    if (page.upTo > position && upTo <= position) return 'behind';
    if (upTo <= position) return this.hasDeferred ? this.applyDeferred() : this.idle(this.leased);
    this.size.sawPage(page.events);
    const events = applicable(page, upTo, this.leased.lease.workspace);
    await this.apply(this.leased, { events, upTo, full: page.full, behind: page.full || upTo < page.upTo });
    const { densePositions } = this.options.store.guarantees;
    this.stride = densePositions ? Number(upTo - position) : events.length;
    return 'moved';
  }

  /** Does some of what the projection may have left to later batches. @throws Fenced, BatchFailed */
  async applyDeferred(): Promise<Step> {
    if (!this.leased || !this.hasDeferred) return 'idle';
    this.hasDeferred = await this.isWorkLeft(this.leased);
    if (!this.hasDeferred) return 'idle';
    this.leased = await applyRange(this.context, this.leased, [], this.leased.lease.position);
    return 'moved';
  }

  private isWorkLeft({ lease }: LeasedState): Promise<boolean> {
    const { subscription } = this;
    if (isReactor(subscription) || !subscription.defers) return Promise.resolve(false);
    const { defers } = subscription;
    return inLease(this.context, lease, (tx) => defers(tx));
  }

  private async apply(leased: LeasedState, { events, upTo, full, behind }: PageToApply): Promise<void> {
    if (full) this.pages.ahead(this.size.limit);
    const began = performance.now();
    this.leased = await applyRange(this.context, leased, events, upTo, behind).catch((error: unknown) => {
      if (error instanceof BatchFailed && error.fault === 'outage') this.size.cutOff();
      throw error;
    });
    this.hasDeferred = this.defers;
    const ms = performance.now() - began;
    this.size.applied(ms, full);
    this.options.observe.applied(this.subscription.name, events.length, upTo, ms);
  }

  /** Nothing to write, so nothing would show that somebody asked for a rebuild or took over. @throws Fenced */
  private async idle(leased: LeasedState): Promise<Step> {
    await this.options.checkpoints.assertHeld(leased.lease);
    if (performance.now() - this.idledAt >= IDLE_MS) {
      await deliverIdle(this.context, leased);
      this.idledAt = performance.now();
    }
    return 'idle';
  }

  private async take(patienceMs: number): Promise<LeasedState | undefined> {
    const { pool, checkpoints, observe } = this.options;
    const lease = await checkpoints.acquire(this.subscription, patienceMs, this.slot);
    if (!lease) return undefined;
    observe.acquired(this.subscription.name);
    this.pages.forget();
    this.hasDeferred = this.defers;
    const isThere = lease.prepared || isReactor(this.subscription);
    const current = isThere ? lease : await prepareBuild(pool, checkpoints, this.subscription, lease);
    return { lease: current, blocked: await loadBlockedKeys(pool, lease), owner: {} };
  }

  private get defers(): boolean {
    return !isReactor(this.subscription) && this.subscription.defers !== undefined;
  }

  /** How far it may go: as those are that it is after; undefined when there are none. */
  protected async gate(_lease: Lease): Promise<Position | undefined> {
    const { after } = this.subscription;
    if (after.length === 0) return undefined;
    const [first = 0n, ...others] = await readPositions(this.options.pool, after);
    if (others.length + 1 < after.length) return 0n;
    return others.reduce((least, position) => (position < least ? position : least), first);
  }

  protected async retryIfAsked(leased: LeasedState): Promise<LeasedState> {
    const { pool, store, registry } = this.options;
    const dependents = registry.dependentsOf(this.subscription);
    const asked = await requestedRetry(pool, leased.lease);
    if (asked === 'no') return leased;
    const head = await store.head();
    if (asked === 'retry' || !isRebuildable(this.subscription))
      return retryRequested(this.context, leased, dependents, head);
    const rebuilt = [this.subscription, ...dependents.rebuilt];
    await withTransaction(pool, (tx) => rebuildForRetry(tx, leased.lease, { ...dependents, rebuilt }, head));
    return leased;
  }
}

function applicable(
  { events, upTo: end }: Page,
  upTo: Position,
  workspace: string | null,
): readonly RecordedEvent[] {
  if (upTo === end && workspace === null) return events;
  return events.filter(
    (event) => event.position <= upTo && (workspace === null || event.workspace === workspace),
  );
}

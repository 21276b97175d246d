import type pg from 'pg';
import type { Position, RecordedEvent } from '../domain/events.js';
import type { EventStore } from '../event-store/event-store.js';
import { type BatchTools, type Standing, applyStretch } from './batch.js';
import { BatchSize } from './batch-size.js';
import { type Checkpoints, readCheckpoints } from './checkpoint.js';
import { emptyTables } from './empty.js';
import type { Lag } from './lag.js';
import { type ToPark, loadParkedKeys } from './parking.js';
import type { Projection } from './projection.js';
import { ReadAhead } from './read-ahead.js';
import { retryAsked, retryMarked } from './retry.js';

export interface SlotOptions {
  readonly pool: pg.Pool;
  readonly store: EventStore;
  readonly checkpoints: Checkpoints;
  /** Projections that read this one's rows, directly or through others. */
  readonly dependents: readonly Projection[];
  readonly largestBatch: number;
  readonly batchMs: number;
  readonly observe: SlotObserver;
}

/** What a slot tells about its work; all of it optional to hear. */
export interface SlotObserver {
  readonly taken: (projection: string) => void;
  readonly applied: (projection: string, events: number, position: Position, ms: number) => void;
  readonly parked: (projection: string, parked: readonly ToPark[]) => void;
  readonly lag: (projection: string, lag: Lag) => void;
}

/**
 * - `elsewhere` another process owns the projection
 * - `moved` the checkpoint moved
 * - `behind` there is more in the log, but not yet in the projections whose rows it reads
 * - `idle` everything is applied
 */
export type Step = 'elsewhere' | 'moved' | 'behind' | 'idle';

/** What one step applies. */
interface Stretch {
  readonly events: readonly RecordedEvent[];
  readonly upTo: Position;
  /** The page was as large as allowed. */
  readonly full: boolean;
  readonly behind: boolean;
}

/** One projection's place in this process: taken with a lease, then moved step by step. */
export class Slot {
  /** How many events of the log the last step passed; where positions do not tell, how many it applied. */
  stride = 0;
  private standing: Standing | undefined;
  /** Whether the projection may have left work to later batches. */
  private owes = false;
  private readonly pages: ReadAhead;
  private readonly size: BatchSize;
  private readonly tools: BatchTools;

  constructor(
    readonly projection: Projection,
    private readonly options: SlotOptions,
  ) {
    const { pool, store, checkpoints, observe } = options;
    this.pages = new ReadAhead(store, projection.handles);
    this.size = new BatchSize(options.largestBatch, options.batchMs);
    const onParked = (parked: readonly ToPark[]): void => observe.parked(projection.name, parked);
    this.tools = { projection, pool, store, checkpoints, onParked };
  }

  get holds(): boolean {
    return this.standing !== undefined;
  }

  /** The checkpoint as this process last moved it; undefined when it does not own the projection. */
  get position(): Position | undefined {
    return this.standing?.lease.position;
  }

  /** Forgets what it knew of the projection; the next step asks the database again. */
  drop(): void {
    this.standing = undefined;
    this.pages.forget();
  }

  /**
   * One batch at most.
   *
   * @param patienceMs how long the lease of another must have been past before it is taken
   * @throws Fenced, BatchFailed; drop() the slot and go on later
   */
  async step(patienceMs = 0): Promise<Step> {
    const standing = this.standing ?? (await this.take(patienceMs));
    if (!standing) return 'elsewhere';
    this.standing = standing.held.any ? await this.retryIfAsked(standing) : standing;
    const { position } = this.standing.lease;
    const page = await this.pages.page(position, this.size.limit);
    const gate = page.upTo > position ? await this.gate() : undefined;
    const upTo = gate !== undefined && gate < page.upTo ? gate : page.upTo;
    if (page.upTo > position && upTo <= position) return 'behind';
    if (upTo <= position) return this.owes ? this.applyDeferred() : this.idle(this.standing);
    const events = upTo < page.upTo ? page.events.filter((event) => event.position <= upTo) : page.events;
    await this.apply(this.standing, { events, upTo, full: page.full, behind: page.full || upTo < page.upTo });
    const { densePositions } = this.options.store.guarantees;
    this.stride = densePositions ? Number(upTo - position) : events.length;
    return 'moved';
  }

  /** Does what the projection may have left to later batches. @throws Fenced, BatchFailed */
  async applyDeferred(): Promise<Step> {
    if (this.standing && this.owes)
      this.standing = await applyStretch(this.tools, this.standing, [], this.standing.lease.position);
    this.owes = false;
    return 'idle';
  }

  private async apply(standing: Standing, { events, upTo, full, behind }: Stretch): Promise<void> {
    this.size.sawPage(events);
    if (full) this.pages.ahead(this.size.limit);
    const began = performance.now();
    this.standing = await applyStretch(this.tools, standing, events, upTo, behind);
    this.owes = behind && this.projection.defers === true;
    const ms = performance.now() - began;
    this.size.applied(ms, full);
    this.options.observe.applied(this.projection.name, events.length, upTo, ms);
  }

  /** Nothing to write, so nothing would show that somebody asked for a rebuild or took over. @throws Fenced */
  private async idle({ lease }: Standing): Promise<Step> {
    await this.options.checkpoints.assertHeld(lease);
    return 'idle';
  }

  private async take(patienceMs: number): Promise<Standing | undefined> {
    const { pool, checkpoints, observe } = this.options;
    const lease = await checkpoints.acquire(this.projection, patienceMs);
    if (!lease) return undefined;
    observe.taken(this.projection.name);
    this.pages.forget();
    this.owes = this.projection.defers === true;
    const current = lease.emptied ? lease : await emptyTables(pool, checkpoints, this.projection, lease);
    return { lease: current, held: await loadParkedKeys(pool, this.projection.name), owner: {} };
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

  private async retryIfAsked(standing: Standing): Promise<Standing> {
    const { pool, store, checkpoints, dependents } = this.options;
    const asked = await retryAsked(pool, this.projection.name);
    if (asked === 'no') return standing;
    const head = await store.head();
    if (asked === 'retry') return retryMarked(this.tools, standing, dependents, head);
    await checkpoints.rebuild([this.projection, ...dependents], head);
    const again = await this.take(0);
    return again ?? standing;
  }
}

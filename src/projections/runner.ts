import type pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Position } from '../domain/events.js';
import { Refused } from '../domain/refused.js';
import type { EventStore } from '../event-store/event-store.js';
import { Checkpoints, readCheckpoints } from './checkpoint.js';
import { lagOf } from './lag.js';
import { LEASE_MS, signOfLifeEvery } from './lease.js';
import { inOrder, withDependents } from './order.js';
import { expireDeadOwners, ownerName } from './owner.js';
import type { Projection } from './projection.js';
import { askRetry, retriesLeft } from './retry.js';
import { Sharing } from './sharing.js';
import { Slot, type SlotObserver } from './slot.js';
import { Fenced } from './transaction.js';
import { Wake } from './wake.js';
import { Worker } from './worker.js';

export interface RunnerOptions {
  readonly pool: pg.Pool;
  readonly store: EventStore;
  readonly projections: readonly Projection[];
  /** A process that is silent for so long loses its projections to others. */
  readonly leaseMs?: number;
  /** Positions a batch at most. */
  readonly largestBatch?: number;
  /** A batch should take about this long: longer ones are hardly cheaper, and readers wait for their end. */
  readonly batchMs?: number;
  readonly observe?: Partial<SlotObserver>;
  readonly log?: RunnerLog;
  /** Told when a command asks for what whoever owns the projections should see at once. */
  readonly onAsked?: () => void;
}

/** Where the runner says what an operator should know. */
export interface RunnerLog {
  log(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

const SILENT: RunnerLog = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** Keeps the projections of this process moving, beside other processes that do the same (docs/adr/0010). */
export class ProjectionRunner {
  /** Rings whenever a checkpoint moved in this process. */
  readonly moved = new Wake();
  private readonly log: RunnerLog;
  private readonly projections: readonly Projection[];
  private readonly checkpoints: Checkpoints;
  private readonly slots: readonly Slot[];
  private readonly sharing: Sharing;
  private readonly bell = new Wake();
  private registered: Promise<void> | undefined;
  private running: Promise<unknown> | undefined;
  private stopping = false;

  /** @throws Error when projections wait for each other */
  constructor(private readonly options: RunnerOptions) {
    const { pool, store, leaseMs = LEASE_MS, largestBatch = 5_000, batchMs = 1_000 } = options;
    const checkpoints = new Checkpoints(pool, ownerName(options.projections), leaseMs);
    const observe = this.observer();
    this.log = options.log ?? SILENT;
    this.projections = inOrder(options.projections);
    this.checkpoints = checkpoints;
    this.slots = this.projections.map((projection) => {
      const dependents = this.readersOf(projection);
      return new Slot(projection, { pool, store, checkpoints, dependents, largestBatch, batchMs, observe });
    });
    this.sharing = new Sharing(checkpoints, this.slots);
  }

  /** Starts the work; a database that is away is waited for. */
  start(): void {
    const { checkpoints, sharing, log, moved, bell: nudge } = this;
    const register = (): Promise<void> => this.register();
    const isStopping = (): boolean => this.stopping;
    const shared = {
      store: this.options.store,
      checkpoints,
      sharing,
      log,
      moved,
      nudge,
      register,
      isStopping,
    };
    const workers = this.slots.map((slot) => new Worker(slot, shared));
    this.running ??= Promise.all([this.attend(), ...workers.map((worker) => worker.run())]);
  }

  /** Lets the batches in flight end and gives up the leases. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.bell.end();
    this.moved.end();
    await this.running;
    try {
      await this.letGo(this.slots);
      await this.checkpoints.leave();
    } catch (error) {
      this.log.warn(`the leases are left to pass by themselves: ${String(error)}`);
    }
  }

  /** Something other than the log has changed: a rebuild or a retry was asked for. */
  nudge(): void {
    this.bell.ring();
  }

  /**
   * Resolves when every projection has applied everything up to `to` (default: the head of the log now). A runner that
   * was not started does the work itself, as tests and commands want it.
   *
   * @throws BatchFailed when it does the work itself
   */
  async catchUp(to?: Position): Promise<void> {
    await this.register();
    const target = to ?? (await this.options.store.head());
    if (!this.running) {
      this.slots.forEach((slot) => slot.drop());
      for (const slot of this.slots) await this.catchUpOne(slot, target);
    }
    while (!(await this.reached(target))) await this.moved.wait(50);
  }

  /**
   * Makes the rows of a projection anew, and of all that read them. Returns their names when this is decided; done it is
   * when they have caught up.
   *
   * @throws Refused `projection-not-found`
   */
  async rebuild(name: string): Promise<string[]> {
    const { projection } = this.slotOf(name);
    await this.register();
    const chosen = [projection, ...this.readersOf(projection)];
    await this.checkpoints.rebuild(chosen, await this.options.store.head());
    const names = chosen.map((one) => one.name);
    this.log.log(`rebuilding ${names.join(', ')}`);
    this.asked();
    return names;
  }

  /**
   * Tries parked events again, of one workspace or of all, and waits up to `timeoutMs` for the outcome. When one cannot
   * be put in late, the projection is rebuilt instead; those that read its rows always are.
   *
   * @returns how many events were asked for
   * @throws Refused `projection-not-found`
   */
  async retryParked(name: string, workspace?: string, timeoutMs = 10_000): Promise<number> {
    const slot = this.slotOf(name);
    await this.register();
    const asked = await askRetry(this.options.pool, name, workspace);
    const deadline = Date.now() + timeoutMs;
    if (!this.running) slot.drop();
    this.asked();
    while (Date.now() < deadline && (await retriesLeft(this.options.pool, name)) > 0) {
      // Another process may own it: then this step does nothing, and the owner sees what is asked.
      if (!this.running) await slot.step();
      await this.moved.wait(20);
    }
    if (!this.running) await this.letGo([slot]);
    return asked;
  }

  knows(name: string): boolean {
    return this.projections.some((projection) => projection.name === name);
  }

  /** @throws Refused `projection-not-found` */
  assertKnown(name: string): void {
    this.slotOf(name);
  }

  private asked(): void {
    this.nudge();
    this.options.onAsked?.();
  }

  private slotOf(name: string): Slot {
    const slot = this.slots.find(({ projection }) => projection.name === name);
    if (slot) return slot;
    const known = this.projections.map((projection) => projection.name).join(', ');
    throw new Refused('projection-not-found', `There is no projection "${name}"; there are: ${known}`);
  }

  private readersOf(projection: Projection): Projection[] {
    return withDependents(this.projections, [projection]).filter((other) => other !== projection);
  }

  /** Makes sure that every projection has its checkpoint; done by whatever needs one, but readers may come first. */
  register(): Promise<void> {
    this.registered ??= this.registerOnce().catch((error: unknown) => {
      this.registered = undefined;
      throw error;
    });
    return this.registered;
  }

  private async registerOnce(): Promise<void> {
    await this.checkpoints.register(this.projections, await this.options.store.head());
    await expireDeadOwners(this.checkpoints);
  }

  private async attend(): Promise<void> {
    while (!this.stopping) {
      // The slots find out themselves when the database is away, and say so.
      await this.sharing.attend().catch(() => undefined);
      await this.tellLag().catch(() => undefined);
      await this.bell.wait(signOfLifeEvery(this.checkpoints.leaseMs));
    }
  }

  private async letGo(slots: readonly Slot[]): Promise<void> {
    slots.forEach((slot) => slot.drop());
    await this.checkpoints.release(slots.map(({ projection }) => projection.name));
  }

  private async catchUpOne(slot: Slot, target: Position): Promise<void> {
    while ((slot.position ?? -1n) < target) {
      try {
        if ((await slot.step()) !== 'moved' && (slot.position ?? -1n) < target) await sleep(20);
        if ((slot.position ?? -1n) >= target) await slot.applyDeferred();
      } catch (error) {
        slot.drop();
        if (!(error instanceof Fenced)) throw error;
      }
    }
  }

  private async reached(target: Position): Promise<boolean> {
    const checkpoints = await readCheckpoints(this.options.pool, this.names());
    return (
      checkpoints.length === this.slots.length && checkpoints.every(({ position }) => position >= target)
    );
  }

  private async tellLag(): Promise<void> {
    const head = await this.options.store.head();
    for (const { name, position } of await readCheckpoints(this.options.pool, this.names()))
      this.options.observe?.lag?.(name, await lagOf(this.options.store, position, head));
  }

  private names(): string[] {
    return this.projections.map(({ name }) => name);
  }

  private observer(): SlotObserver {
    const { observe } = this.options;
    return {
      taken: (name) => observe?.taken?.(name),
      applied: (...told) => observe?.applied?.(...told),
      lag: (...told) => observe?.lag?.(...told),
      parked: (name, parked) => {
        for (const { event, error, behind } of parked)
          if (behind === null)
            this.log.error(`${name} parked ${event.type} ${event.id} at ${event.position}: ${error}`);
        observe?.parked?.(name, parked);
      },
    };
  }
}

import type { Position } from '../domain/events.js';
import { Refused } from '../domain/refused.js';
import { dropLeftOverBuilds } from './build.js';
import { BuildSubscriber } from './build-subscriber.js';
import { catchUp, stepAll } from './catch-up.js';
import { Checkpoints } from './checkpoint.js';
import { type Checkpoint, readCheckpoints } from './read-checkpoints.js';
import { lagOf } from './lag.js';
import { LEASE_MS, heartbeatInterval } from './lease-timing.js';
import { expireDeadOwners, ownerName } from './lease-owner.js';
import { rebuild } from './rebuild.js';
import { rebuildWorkspace } from './workspace-rebuild.js';
import { register } from './registration.js';
import { Registry, isRebuildable } from './registry.js';
import { type RunnerLog, type RunnerOptions, SILENT, completeObserver } from './runner-options.js';
import { type Subscription, isReactor } from './subscription.js';
import { requestRetry, isRetryPending } from './dead-letter-retry.js';
import { LeaseBalancer } from './lease-balancer.js';
import { Subscriber } from './subscriber.js';
import { Signal } from './signal.js';
import { Worker } from './worker.js';

/** Keeps subscriptions moving in this process, beside other processes that do the same (docs/adr/0010). */
export class SubscriptionRunner {
  /** Notified whenever a checkpoint moved in this process. */
  readonly moved = new Signal();
  private readonly log: RunnerLog;
  private readonly registry: Registry;
  private readonly checkpoints: Checkpoints;
  private readonly subscribers: readonly Subscriber[];
  /** Of builds that are to replace live ones, for each projection it runs. */
  private readonly builders: readonly BuildSubscriber[];
  private readonly balancer: LeaseBalancer;
  private readonly changes = new Signal();
  private registered: Promise<void> | undefined;
  private running: Promise<unknown> | undefined;
  private stopping = false;

  /** @throws Error when subscriptions wait for each other */
  constructor(private readonly options: RunnerOptions) {
    const { pool, store, leaseMs = LEASE_MS, largestBatch = 5_000, batchMs = 1_000 } = options;
    const { subscriptions, runs = subscriptions } = options;
    const checkpoints = new Checkpoints(pool, ownerName(runs), leaseMs);
    this.log = options.log ?? SILENT;
    const observe = completeObserver(options.observe ?? {}, this.log);
    this.registry = new Registry(subscriptions);
    this.checkpoints = checkpoints;
    const run = this.registry.subscriptions.filter((one) => runs.includes(one));
    const { registry, log } = this;
    const wake = (): void => this.wake();
    const shared = { pool, store, checkpoints, largestBatch, batchMs, observe, registry, log, wake };
    this.subscribers = run.map((one) => new Subscriber(one, shared));
    this.builders = run.flatMap((one) =>
      isReactor(one) || !isRebuildable(one) ? [] : [new BuildSubscriber(one, shared)],
    );
    this.balancer = new LeaseBalancer(checkpoints, this.subscribers);
  }

  /** Starts the work; a database that is away is waited for. */
  start(): void {
    const { checkpoints, balancer, log, moved, changes } = this;
    const register = (): Promise<void> => this.register();
    const isStopping = (): boolean => this.stopping;
    const shared = {
      store: this.options.store,
      checkpoints,
      balancer,
      log,
      moved,
      changes,
      register,
      isStopping,
      yieldsToCollectors: this.options.yieldsToCollectors,
    };
    const workers = [...this.subscribers, ...this.builders].map(
      (subscriber) => new Worker(subscriber, shared),
    );
    this.running ??= Promise.all([this.heartbeat(), ...workers.map((worker) => worker.run())]);
  }

  /** Lets the batches in flight end and gives up the leases. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.changes.close();
    this.moved.close();
    await this.running;
    try {
      await this.releaseLeases();
      await this.checkpoints.leave();
    } catch (error) {
      this.log.warn(`the leases are left to pass by themselves: ${String(error)}`);
    }
  }

  /** Something other than the log has changed: a rebuild or a retry was asked for. */
  wake(): void {
    this.changes.notify();
  }

  /**
   * Resolves when every subscription it runs has applied everything up to `to` (default: the head of the log now) and none is
   * being rebuilt. A runner that was not started does the work itself, as tests and commands want it.
   *
   * @throws BatchFailed when it does the work itself
   */
  async catchUp(to?: Position): Promise<void> {
    await this.register();
    const target = to ?? (await this.options.store.head());
    while (!(await this.reached(target))) {
      if (this.running) await this.moved.wait(50);
      else await this.catchUpHere(target);
    }
  }

  /**
   * Has a subscription rebuilt, and those after it that may, for all workspaces or the rows of one alone. Returns their names
   * when this is decided; it is done when none of them is rebuilding.
   *
   * @throws Refused `projection-not-found`, `rebuild-not-allowed`; of one workspace `workspace-not-found`, `rebuild-in-progress`
   */
  async rebuild(name: string, workspace?: string): Promise<string[]> {
    const subscription = this.registry.get(name);
    const obstacle = obstacleToRebuild(subscription, workspace);
    if (obstacle !== undefined) throw new Refused('rebuild-not-allowed', `${name} ${obstacle}`);
    await this.registerAlso(subscription);
    const plan = this.registry.rebuildPlan([subscription]);
    const { pool, store } = this.options;
    const names =
      workspace === undefined
        ? await rebuild(pool, plan, await store.head())
        : await rebuildWorkspace(pool, plan, workspace);
    this.log.log(
      `rebuilding ${names.join(', ')}${workspace === undefined ? '' : ` of workspace ${workspace}`}`,
    );
    this.announce();
    return names;
  }

  /**
   * Tries dead letters again, of one workspace or of all, and waits up to `timeoutMs` for the outcome. When one cannot be
   * applied late, the subscription is rebuilt instead; those after it always are. Where that is allowed.
   *
   * @returns how many events were asked for
   * @throws Refused `projection-not-found`
   */
  async retryDeadLetters(name: string, workspace?: string, timeoutMs = 10_000): Promise<number> {
    const subscription = this.registry.get(name);
    const own = this.running ? undefined : this.subscribers.find((one) => one.subscription === subscription);
    await this.registerAlso(subscription);
    const requested = await requestRetry(this.options.pool, name, workspace);
    const deadline = Date.now() + timeoutMs;
    own?.drop();
    this.announce();
    while (Date.now() < deadline && (await isRetryPending(this.options.pool, name))) {
      // Another process may own it: then this step does nothing, and the owner sees what was requested.
      if (own) await stepAll([own, ...this.builders]);
      await this.moved.wait(20);
    }
    if (own) await this.releaseLeases();
    return requested;
  }

  /** @throws Refused `projection-not-found` */
  assertKnown(name: string): void {
    this.registry.get(name);
  }

  private announce(): void {
    this.wake();
    this.options.onCommand?.();
  }

  /** Makes sure that what it runs has its checkpoints; done by whatever needs one, but readers may come first. */
  register(): Promise<void> {
    this.registered ??= this.registerOnce().catch((error: unknown) => {
      this.registered = undefined;
      throw error;
    });
    return this.registered;
  }

  /** What a command names may be another process's, which has not begun yet. */
  private async registerAlso(...subscriptions: readonly Subscription[]): Promise<void> {
    const { pool, store } = this.options;
    await register(pool, this.registry, subscriptions, await store.head());
  }

  private async registerOnce(): Promise<void> {
    await this.registerAlso(...this.subscribers.map(({ subscription }) => subscription));
    await expireDeadOwners(this.checkpoints);
  }

  private async heartbeat(): Promise<void> {
    while (!this.stopping) {
      // The subscribers find out themselves when the database is away, and log it.
      await this.balancer.heartbeat().catch(() => undefined);
      await this.reportLag().catch(() => undefined);
      await dropLeftOverBuilds(this.options.pool).catch(() => undefined);
      await this.changes.wait(heartbeatInterval(this.checkpoints.leaseMs));
    }
  }

  private async releaseLeases(): Promise<void> {
    this.drop();
    await this.checkpoints.release(this.names());
  }

  private drop(): void {
    [...this.subscribers, ...this.builders].forEach((one) => one.drop());
  }

  private async catchUpHere(target: Position): Promise<void> {
    this.drop();
    const { subscribers, builders } = this;
    await catchUp({ subscribers, builders, readCheckpoints: () => this.checkpointsHere() }, target);
    await dropLeftOverBuilds(this.options.pool);
  }

  private async reached(target: Position): Promise<boolean> {
    const checkpoints = await this.checkpointsHere();
    return (
      checkpoints.length === this.subscribers.length &&
      checkpoints.every(({ position, rebuild }) => position >= target && rebuild === null)
    );
  }

  private checkpointsHere(): Promise<Checkpoint[]> {
    return readCheckpoints(this.options.pool, this.names());
  }

  private async reportLag(): Promise<void> {
    const head = await this.options.store.head();
    for (const checkpoint of await this.checkpointsHere()) {
      const { name, position } = checkpoint;
      this.options.observe?.lag?.(name, await lagOf(this.options.store, position, head));
      this.options.observe?.rebuild?.(checkpoint);
    }
  }

  private names(): string[] {
    return this.subscribers.map(({ subscription }) => subscription.name);
  }
}

function obstacleToRebuild(subscription: Subscription, workspace: string | undefined): string | undefined {
  if (!isRebuildable(subscription)) return 'decides or sends what must not be repeated; it is never rebuilt';
  if (workspace !== undefined && isReactor(subscription))
    return 'has no rows of a workspace; it is rebuilt for all workspaces';
  return undefined;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from '../backoff.js';
import type { EventStore } from '../event-store/event-store.js';
import type { Checkpoints, Lease } from './checkpoint.js';
import { LONGEST_POLL_MS, minimumPoll, heartbeatInterval } from './lease-timing.js';
import type { RunnerLog, YieldsToCollectors } from './runner-options.js';
import type { LeaseBalancer } from './lease-balancer.js';
import type { Subscriber, Step } from './subscriber.js';
import { BatchFailed, Fenced } from './batch-transaction.js';
import { BatchPause } from './batch-pause.js';
import type { Signal } from './signal.js';

const SHORTEST_POLL_MS = 10;
const BACKOFF_MS = { first: SHORTEST_POLL_MS, longest: 5_000 };

export interface WorkerOptions {
  readonly store: EventStore;
  readonly checkpoints: Checkpoints;
  readonly balancer: LeaseBalancer;
  readonly log: RunnerLog;
  /** Makes sure that the subscriptions have their checkpoints; cheap when they have. */
  readonly register: () => Promise<void>;
  readonly isStopping: () => boolean;
  /** Notified when a checkpoint of this process moved. */
  readonly moved: Signal;
  /** Notified of anything else: a stop, a rebuild, a retry. */
  readonly changes: Signal;
  readonly yieldsToCollectors: YieldsToCollectors | undefined;
}

/** Steps one subscriber for as long as its runner runs, and waits in between for as long as there is nothing to do. */
export class Worker {
  private poll = SHORTEST_POLL_MS;
  private readonly backoff = new Backoff(BACKOFF_MS);
  private readonly pause: BatchPause;

  constructor(
    private readonly subscriber: Subscriber,
    private readonly options: WorkerOptions,
  ) {
    this.pause = new BatchPause(options.yieldsToCollectors !== undefined);
  }

  async run(): Promise<void> {
    while (!this.options.isStopping()) {
      try {
        await this.turn();
      } catch (error) {
        const { lease } = this.subscriber;
        this.subscriber.drop();
        if (error instanceof Fenced) await this.explainLoss(lease);
        else await this.recover(error);
      }
    }
  }

  private async turn(): Promise<void> {
    const { register, balancer, log } = this.options;
    const began = performance.now();
    await register();
    const step = await this.subscriber.step(balancer.patience(this.subscriber));
    if (this.backoff.isRetrying) log.log(`${this.subscriber.subscription.name} goes on`);
    this.backoff.reset();
    this.poll = step === 'moved' ? SHORTEST_POLL_MS : Math.min(LONGEST_POLL_MS, this.poll * 1.5);
    if (balancer.isSurplus(this.subscriber)) await this.handOver();
    else if (step === 'moved') await this.restAfterBatch(performance.now() - began);
    else await this.rest(step, this.poll);
  }

  private async rest(step: Exclude<Step, 'moved'>, ms: number): Promise<void> {
    const { store, checkpoints, moved, changes } = this.options;
    if (step === 'behind') {
      await moved.wait(ms);
    } else if (step === 'elsewhere') {
      await changes.wait(Math.max(ms, minimumPoll(checkpoints.leaseMs)));
    } else {
      const position = this.subscriber.position ?? 0n;
      await Promise.race([store.waitForGrowth(position, ms), changes.wait(ms)]);
    }
  }

  private async restAfterBatch(spentMs: number): Promise<void> {
    const { store, moved, changes, yieldsToCollectors } = this.options;
    moved.notify();
    const { stride, position = 0n } = this.subscriber;
    const head = yieldsToCollectors?.knownHead() ?? position;
    const servingLoad = yieldsToCollectors?.servingLoad() ?? 0;
    const pause = this.pause.after({ at: performance.now(), spentMs, stride, position, head, servingLoad });
    if (pause.quietMs !== undefined && yieldsToCollectors)
      return this.waitForQuiet(yieldsToCollectors, pause.ms, pause.quietMs);
    const enough =
      pause.until !== undefined && store.guarantees.densePositions
        ? store.waitForGrowth(pause.until, pause.ms)
        : sleep(pause.ms);
    await Promise.race([enough, changes.wait(pause.ms)]);
  }

  /** Waits until the log has not grown for `quietMs`, `ms` at the most. */
  private async waitForQuiet({ knownHead }: YieldsToCollectors, ms: number, quietMs: number): Promise<void> {
    const deadline = performance.now() + ms;
    for (let left = ms; left > 0; left = deadline - performance.now()) {
      const head = knownHead();
      const isChange = await this.options.changes.wait(Math.min(quietMs, left));
      if (isChange || knownHead() === head) return;
    }
  }

  private async recover(error: unknown): Promise<void> {
    const { checkpoints, log, changes } = this.options;
    const { name } = this.subscriber.subscription;
    const outage = !(error instanceof BatchFailed) || error.fault === 'outage';
    if (!this.backoff.isRetrying) log.warn(`${name} ${outage ? 'waits' : 'cannot go on'}: ${String(error)}`);
    if (!outage) await checkpoints.fail(name, String(error), this.subscriber.slot).catch(() => undefined);
    await changes.wait(this.backoff.next());
  }

  /** Rebuilds end leases all the time; an operator must know where a process was too slow to keep them. */
  private async explainLoss(lease: Lease | undefined): Promise<void> {
    const { checkpoints, log } = this.options;
    const owner = lease && (await checkpoints.takenBy(lease).catch(() => undefined));
    if (owner === undefined) return;
    const { name } = this.subscriber.subscription;
    const seconds = checkpoints.leaseMs / 1_000;
    log.warn(`${name} is moved by ${owner} now: this process did not renew its lease for ${seconds} s`);
  }

  private async handOver(): Promise<void> {
    const { checkpoints, changes } = this.options;
    this.subscriber.drop();
    await checkpoints.release([this.subscriber.subscription.name], this.subscriber.slot);
    await changes.wait(heartbeatInterval(checkpoints.leaseMs));
  }
}

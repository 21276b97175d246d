import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStore } from '../event-store/event-store.js';
import type { Checkpoints } from './checkpoint.js';
import { LONGEST_POLL_MS, minimumPoll, heartbeatInterval } from './lease-timing.js';
import type { RunnerLog } from './runner-options.js';
import type { LeaseBalancer } from './lease-balancer.js';
import type { Subscriber, Step } from './subscriber.js';
import { BatchFailed, Fenced } from './batch-transaction.js';
import type { Signal } from './signal.js';

/**
 * After a batch events are gathered for four times as long as it took, within these bounds, or until there are enough:
 * fewer and larger batches cost a fraction, the more so where time is short. After a small one nothing is to be saved.
 */
const GATHER = { small: 20, times: 4, shortestMs: 20, longestMs: 200, enough: 500n };
const SHORTEST_POLL_MS = 10;
const LONGEST_BACK_OFF_MS = 5_000;

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
}

/** Steps one subscriber for as long as its runner runs, and waits in between for as long as there is nothing to do. */
export class Worker {
  private poll = SHORTEST_POLL_MS;
  private backOff = SHORTEST_POLL_MS;

  constructor(
    private readonly subscriber: Subscriber,
    private readonly options: WorkerOptions,
  ) {}

  async run(): Promise<void> {
    while (!this.options.isStopping()) {
      try {
        await this.turn();
      } catch (error) {
        this.subscriber.drop();
        await this.recover(error);
      }
    }
  }

  private async turn(): Promise<void> {
    const { register, balancer, log } = this.options;
    const began = performance.now();
    await register();
    const step = await this.subscriber.step(balancer.patience(this.subscriber));
    if (this.backOff > SHORTEST_POLL_MS) log.log(`${this.subscriber.subscription.name} goes on`);
    this.backOff = SHORTEST_POLL_MS;
    this.poll = step === 'moved' ? SHORTEST_POLL_MS : Math.min(LONGEST_POLL_MS, this.poll * 1.5);
    if (balancer.isSurplus(this.subscriber)) await this.handOver();
    else await this.rest(step, step === 'moved' ? this.gatheringMs(performance.now() - began) : this.poll);
  }

  private async rest(step: Step, ms: number): Promise<void> {
    const { store, checkpoints, moved, changes } = this.options;
    const position = this.subscriber.position ?? 0n;
    if (step === 'moved') {
      moved.notify();
      const enough = store.guarantees.densePositions
        ? store.waitForGrowth(position + GATHER.enough, ms)
        : sleep(ms);
      await Promise.race([enough, changes.wait(ms)]);
    } else if (step === 'behind') {
      await moved.wait(ms);
    } else if (step === 'elsewhere') {
      await changes.wait(Math.max(ms, minimumPoll(checkpoints.leaseMs)));
    } else {
      await Promise.race([store.waitForGrowth(position, ms), changes.wait(ms)]);
    }
  }

  private async recover(error: unknown): Promise<void> {
    const { checkpoints, log, changes } = this.options;
    const { name } = this.subscriber.subscription;
    if (error instanceof Fenced) {
      log.warn(error.message);
      return;
    }
    const outage = !(error instanceof BatchFailed) || error.fault === 'outage';
    if (this.backOff === SHORTEST_POLL_MS)
      log.warn(`${name} ${outage ? 'waits' : 'cannot go on'}: ${String(error)}`);
    if (!outage) await checkpoints.fail(name, String(error), this.subscriber.slot).catch(() => undefined);
    await changes.wait(this.backOff * (0.75 + Math.random() / 2));
    this.backOff = Math.min(LONGEST_BACK_OFF_MS, this.backOff * 2);
  }

  private async handOver(): Promise<void> {
    const { checkpoints, changes } = this.options;
    this.subscriber.drop();
    await checkpoints.release([this.subscriber.subscription.name], this.subscriber.slot);
    await changes.wait(heartbeatInterval(checkpoints.leaseMs));
  }

  private gatheringMs(spentMs: number): number {
    const { small, times, shortestMs, longestMs } = GATHER;
    if (this.subscriber.stride < small) return shortestMs;
    return Math.min(longestMs, Math.max(shortestMs, spentMs * times));
  }
}

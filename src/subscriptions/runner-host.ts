import type { SubscriptionRunner } from './runner.js';
import type { SubscriptionObserver } from './subscriber.js';

/** What keeps subscriptions moving: a runner in this thread, or a thread that has one. */
export interface RunnerHost {
  start(): void;
  /** Lets the batches in flight end and gives up the leases. */
  stop(): Promise<void>;
  /** A command asked for a rebuild or a retry. */
  wake(): void;
}

/** @param runner of the serving thread: commands and readers of checkpoints use it, whoever does the work */
export type MakeRunnerHost = (runner: SubscriptionRunner, observe: SubscriptionObserver) => RunnerHost;

export const inThisThread: MakeRunnerHost = (runner) => runner;

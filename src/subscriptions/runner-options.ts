import type pg from 'pg';
import type { Position } from '../domain/events.js';
import type { EventStore } from '../event-store/event-store.js';
import type { SubscriptionObserver } from './subscriber.js';
import type { Subscription } from './subscription.js';

export interface RunnerOptions {
  readonly pool: pg.Pool;
  readonly store: EventStore;
  /** Every projection and reactor there is, whoever moves it. */
  readonly subscriptions: readonly Subscription[];
  /** Those that this runner moves; by default all. */
  readonly runs?: readonly Subscription[];
  /** A process that is silent for so long loses its subscriptions to others. */
  readonly leaseMs?: number;
  /** Positions a batch at most. */
  readonly largestBatch?: number;
  /** A batch should take about this long: longer ones are hardly cheaper, and readers wait for their end. */
  readonly batchMs?: number;
  readonly observe?: Partial<SubscriptionObserver>;
  readonly log?: RunnerLog;
  /** Called when a command asks for what the owners of the subscriptions should see at once. */
  readonly onCommand?: () => void;
  /** While the collectors are busy and the log grows faster than it can be projected, they rest longer. Undefined: they never do. */
  readonly yieldsToCollectors?: YieldsToCollectors;
}

/** Projections that share their machine with the collectors. */
export interface YieldsToCollectors {
  /** How far the log reaches, as far as this process knows without asking. */
  readonly knownHead: () => Position;
  /** The share of about the last second in which the thread of the collectors had something to do, 0 to 1. */
  readonly servingLoad: () => number;
}

/** Where the runner says what an operator should know. */
export interface RunnerLog {
  log(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

export const SILENT: RunnerLog = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** One that also logs the events that failed. */
export const completeObserver = (
  observe: Partial<SubscriptionObserver>,
  log: RunnerLog,
): SubscriptionObserver => ({
  acquired: (name) => observe.acquired?.(name),
  applied: (...args) => observe.applied?.(...args),
  lag: (...args) => observe.lag?.(...args),
  rebuild: (...args) => observe.rebuild?.(...args),
  deadLettered: (name, added) => {
    for (const { event, error, behind } of added)
      if (behind === null)
        log.error(`${name}: ${event.type} ${event.id} at ${event.position} is a dead letter: ${error}`);
    observe.deadLettered?.(name, added);
  },
});

import { Problem } from '../http/problem.js';
import type { KeyQuota } from '../http/known-keys.js';
import type { QuotaLimits } from '../limits-config.js';
import type { CollectorKey } from './credentials.js';
import { TokenBucket } from './token-bucket.js';

export type QuotaLimit = 'events' | 'requests' | 'concurrency';

/** Rates may be exceeded until this many seconds' worth has come at once: trackers send their queues in bursts. */
export const BURST_SECONDS = 10;

/** Concurrency passes as fast as the log takes events. In ms. */
const SOON_MS = 1_000;

/** A key is over its limit; the same request is taken later. */
export class QuotaExceeded extends Problem {
  constructor(limit: QuotaLimit, waitMs: number) {
    const seconds = String(Math.max(1, Math.ceil(waitMs / 1_000)));
    const detail = `This write key is over its limit of ${WHAT[limit]}; send it again after ${seconds} s`;
    super(429, 'quota-exceeded', detail, [], { 'retry-after': seconds });
  }
}

const WHAT: Readonly<Record<QuotaLimit, string>> = {
  events: 'events a second',
  requests: 'requests a second',
  concurrency: 'requests and events at the same time',
};

interface Usage {
  readonly events: TokenBucket;
  readonly requests: TokenBucket;
  requestsUnderWay: number;
  eventsUnderWay: number;
}

/** Keeps each write key within its limits, so that one cannot take the log from the others. Each process counts by itself. */
export class KeyQuotas {
  readonly #usages = new Map<string, Usage>();

  constructor(
    private readonly limits: QuotaLimits,
    private readonly onExceeded: (limit: QuotaLimit, key: KeyQuota) => void = () => undefined,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Counts a request when its key is known, before its body is read. A key whose events are over their rate is refused
   * here, too, and costs no parsing.
   *
   * @throws QuotaExceeded
   */
  countRequest(key: KeyQuota | undefined): void {
    if (!key) return;
    const { events, requests } = this.#usageOf(key);
    const now = this.now();
    this.#require('events', key, events.wait(now));
    this.#require('requests', key, requests.take(1, now));
  }

  /** The same resolver for keys of requests, each of which it counts. */
  counting<Key>(
    resolve: (key: Key) => Promise<CollectorKey | undefined>,
  ): (key: Key) => Promise<CollectorKey | undefined> {
    return async (key) => {
      const opened = await resolve(key);
      this.countRequest(opened?.quota);
      return opened;
    };
  }

  /**
   * Counts the events of a request on their way to the log.
   *
   * @returns to be called when they have arrived, or will not
   * @throws QuotaExceeded
   */
  begin(key: KeyQuota | undefined, events: number): () => void {
    if (!key) return () => undefined;
    const usage = this.#usageOf(key);
    const { concurrentRequests, concurrentEvents } = this.limits;
    const isAlone = usage.requestsUnderWay === 0;
    const fits =
      usage.requestsUnderWay < concurrentRequests && usage.eventsUnderWay + events <= concurrentEvents;
    this.#require('concurrency', key, isAlone || fits ? 0 : SOON_MS);
    this.#require('events', key, usage.events.take(events, this.now()));
    usage.requestsUnderWay += 1;
    usage.eventsUnderWay += events;
    return () => {
      usage.requestsUnderWay -= 1;
      usage.eventsUnderWay -= events;
    };
  }

  /** Takes events of a source that can wait. @returns how long to wait before asking again, in ms; 0: they are taken */
  delayOf(key: KeyQuota, events: number): number {
    const ms = this.#usageOf(key).events.take(events, this.now());
    if (ms > 0) this.onExceeded('events', key);
    return ms;
  }

  #require(limit: QuotaLimit, key: KeyQuota, waitMs: number): void {
    if (waitMs === 0) return;
    this.onExceeded(limit, key);
    throw new QuotaExceeded(limit, waitMs);
  }

  #usageOf(key: KeyQuota): Usage {
    const { eventsPerSecond, requestsPerSecond } = { ...this.limits, ...key.limits };
    const found = this.#usages.get(key.id);
    if (found) {
      found.events.setRate(eventsPerSecond);
      found.requests.setRate(requestsPerSecond);
      return found;
    }
    const now = this.now();
    const usage = {
      events: new TokenBucket(eventsPerSecond, BURST_SECONDS, now),
      requests: new TokenBucket(requestsPerSecond, BURST_SECONDS, now),
      requestsUnderWay: 0,
      eventsUnderWay: 0,
    };
    this.#usages.set(key.id, usage);
    return usage;
  }
}

import type { Checkpoints } from './checkpoint.js';
import { takeoverPatience } from './lease-timing.js';
import type { Subscriber } from './subscriber.js';

/**
 * How several processes share the subscriptions: each says that it is there, and keeps no more than its fair share. What
 * nobody else takes within a lease is taken all the same.
 */
export class LeaseBalancer {
  private share = Infinity;
  private readonly surplus = new Set<Subscriber>();

  constructor(
    private readonly checkpoints: Checkpoints,
    private readonly subscribers: readonly Subscriber[],
  ) {}

  /** Renews the leases of this process and finds out its share; to be called several times a lease. */
  async heartbeat(): Promise<void> {
    await this.checkpoints.renew();
    this.share = Math.ceil(this.subscribers.length / (await this.checkpoints.heartbeat()));
    this.surplus.clear();
    this.held()
      .slice(this.share)
      .forEach((subscriber) => this.surplus.add(subscriber));
  }

  /** For how long another's lease must have been past before this process takes the subscriber. */
  patience(subscriber: Subscriber): number {
    return !subscriber.holds && this.held().length >= this.share
      ? takeoverPatience(this.checkpoints.leaseMs)
      : 0;
  }

  /** True once when the subscriber is to be given to another process. */
  isSurplus(subscriber: Subscriber): boolean {
    return this.surplus.delete(subscriber);
  }

  private held(): Subscriber[] {
    return this.subscribers.filter(({ holds }) => holds);
  }
}

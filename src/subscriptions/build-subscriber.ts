import type { Position } from '../domain/events.js';
import type { LeasedState } from './batch.js';
import type { Lease, Slot } from './checkpoint.js';
import type { ExchangeContext } from './exchange.js';
import { type Step, Subscriber, type SubscriberOptions } from './subscriber.js';
import type { Projection } from './subscription.js';
import { Takeover } from './takeover.js';

/**
 * Moves a build that is to replace the live one of a projection, where there is such a build. It is caught up as any other; it
 * never passes the live one, and takes its place when it has reached it.
 */
export class BuildSubscriber extends Subscriber {
  override readonly slot: Slot = 'next';
  private readonly takeover: Takeover;

  constructor(subscription: Projection, options: SubscriberOptions & ExchangeContext) {
    // Metrics of a projection are those of its live build.
    const { deadLettered } = options.observe;
    const observe = { deadLettered, acquired: ignore, applied: ignore, lag: ignore, rebuild: ignore };
    super(subscription, { ...options, observe });
    this.takeover = new Takeover(subscription.name, options);
  }

  /** @returns `moved` also when the build has become the live one */
  override async step(patienceMs = 0): Promise<Step> {
    const step = await super.step(patienceMs);
    if (!this.lease || step === 'moved' || step === 'elsewhere') return step;
    const isLive = await this.takeover.attempt(this.lease, () => super.step());
    if (!isLive) return step;
    this.drop();
    return 'moved';
  }

  /** As the live build is, and as those are that it is after: their builds of the same rebuild, or else the live ones. */
  protected override async gate({ rebuild }: Lease): Promise<Position> {
    const { name, after } = this.subscription;
    const { rows } = await this.options.pool.query<{ name: string; isLive: boolean; position: string }>(
      `SELECT name, is_live AS "isLive", position FROM touchline.projection
       WHERE (name = $1 AND is_live) OR (name = ANY ($2) AND (is_live OR rebuild = $3))`,
      [name, after, rebuild],
    );
    const limits = [name, ...after].map((other) => {
      const ofName = rows.filter((row) => row.name === other);
      return BigInt((ofName.find(({ isLive }) => !isLive) ?? ofName[0])?.position ?? 0);
    });
    return limits.reduce((least, position) => (position < least ? position : least));
  }

  /** Those of the live build are retried, and a rebuild brings them all. */
  protected override retryIfAsked(leased: LeasedState): Promise<LeasedState> {
    return Promise.resolve(leased);
  }
}

const ignore = (): void => undefined;

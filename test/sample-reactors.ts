import type { PoolClient } from 'pg';
import type { RecordedEvent } from '../src/domain/events.js';
import type { Reactor } from '../src/subscriptions/subscription.js';

export interface RecorderOptions extends Partial<
  Pick<Reactor, 'version' | 'after' | 'startFrom' | 'rebuild' | 'orderingKeys'>
> {
  /** Called with each event before it counts as done; throws to poison it. */
  readonly check?: (event: RecordedEvent, tx: PoolClient) => void | Promise<void>;
}

/** A reactor whose effect is an entry in `effects`: the position of a touchpoint. */
export function recorder(name: string, effects: bigint[], options: RecorderOptions = {}): Reactor {
  const { check, ...more } = options;
  return {
    name,
    version: 1,
    after: [],
    handles: ['TouchpointRecorded'],
    startFrom: 'beginning',
    rebuild: 'never',
    ...more,
    async react(batch, { tx, assertLease }) {
      for (const event of batch) {
        await check?.(event, tx);
        await assertLease();
        effects.push(event.position);
      }
    },
  };
}

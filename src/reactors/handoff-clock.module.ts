import { Inject, Logger, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Pool } from 'pg';
import { DATABASE } from '../database/database.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { HandoffClock } from './handoff-clock.js';

/** Runs the clock of hand-offs, for the role `react`. */
@Module({
  providers: [
    {
      ...{ provide: HandoffClock, inject: [DATABASE, EVENT_STORE] },
      useFactory: (pool: Pool, store: EventStore) =>
        new HandoffClock({ pool, store, log: new Logger('handoffs') }),
    },
  ],
})
export class HandoffClockModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(@Inject(HandoffClock) private readonly clock: HandoffClock) {}

  onApplicationBootstrap(): void {
    this.clock.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.clock.stop();
  }
}

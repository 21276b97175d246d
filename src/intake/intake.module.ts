import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { CONFIG, type Config } from '../config.js';
import { DATABASE } from '../database/database.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { KeyStore } from '../http/keys.js';
import { Readiness, type RoleState } from '../http/readiness.js';
import { Metrics } from '../metrics.js';
import { collectorRoutes } from './collector-routes.js';
import { Intake } from './intake.js';
import { RejectedLog } from './rejected.js';

/**
 * The intake and its HTTP edge. The collectors are a plugin of Nest's own Fastify instance, in a scope of their own:
 * a route of Nest would parse bodies by their type.
 */
@Module({
  providers: [
    { provide: RejectedLog, inject: [DATABASE], useFactory: (pool: Pool) => new RejectedLog(pool) },
    {
      provide: Intake,
      inject: [EVENT_STORE, RejectedLog, Metrics, CONFIG],
      useFactory: (store: EventStore, rejected: RejectedLog, metrics: Metrics, config: Config) =>
        new Intake(store, rejected, (code) => metrics.rejected.inc({ code }), config.publicBackdateMs),
    },
  ],
  exports: [Intake, RejectedLog],
})
export class IntakeModule implements OnModuleInit {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(Intake) private readonly intake: Intake,
    @Inject(KeyStore) private readonly keys: KeyStore,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  onModuleInit(): void {
    if (!this.config.roles.has('collect')) return;
    this.readiness.speakFor('collect', () => this.state());
    const fastify: FastifyInstance = this.host.httpAdapter.getInstance();
    const resolveWriteKey = (key: string) => this.keys.resolveWriteKey(key);
    const { publicUrl } = this.config;
    void fastify.register(
      collectorRoutes({ intake: this.intake, resolveWriteKey, publicUrl, now: () => new Date() }),
    );
  }

  /** Asks the log itself: nothing can be kept without it. */
  private async state(): Promise<RoleState> {
    await this.store.head();
    if (!this.intake.isFull) return { ready: true, state: 'accepting' };
    return { ready: false, state: 'full', reason: 'as many events wait for the log as may' };
  }
}

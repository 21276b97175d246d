import { Inject, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type pg from 'pg';
import { CONFIG, type Config } from '../config.js';
import { DATABASE } from '../database/database.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { Metrics } from '../metrics.js';
import { projections } from './all.js';
import { Freshness } from './freshness.js';
import { projectionFigures } from './metrics.js';
import { LogController, ProjectionsController } from './projections.controller.js';
import { ProjectionRunner } from './runner.js';

/** The read models' writers, run where the role `project` is; everywhere, what readers need to know of them. */
@Module({
  controllers: [ProjectionsController, LogController],
  providers: [
    {
      provide: ProjectionRunner,
      inject: [DATABASE, EVENT_STORE, Metrics],
      useFactory: (pool: pg.Pool, store: EventStore, metrics: Metrics) =>
        new ProjectionRunner({ pool, store, projections, observe: projectionFigures(metrics) }),
    },
    {
      provide: Freshness,
      inject: [DATABASE, ProjectionRunner],
      useFactory: (pool: pg.Pool, runner: ProjectionRunner) => new Freshness(pool, runner.moved),
    },
  ],
  exports: [ProjectionRunner, Freshness],
})
export class ProjectionsModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(ProjectionRunner) private readonly runner: ProjectionRunner,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.roles.has('project')) this.runner.start();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.config.roles.has('project')) await this.runner.stop();
  }
}

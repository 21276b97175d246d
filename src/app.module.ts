import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Pool } from 'pg';
import { CommandsModule } from './commands/commands.module.js';
import type { EventStore } from './event-store/event-store.js';
import { PostgresEventStore } from './event-store/postgres.js';
import { EdgeModule } from './http/edge.module.js';
import { IntakeModule } from './intake/intake.module.js';
import { Freshness } from './projections/freshness.js';
import { ProjectionsModule } from './projections/projections.module.js';
import { FRESHNESS } from './queries/freshness.js';
import { QueriesModule } from './queries/queries.module.js';
import type { Runtime } from './runtime.js';

/** Lets queries ask how far the read models are without knowing who makes them. */
@Global()
@Module({
  imports: [ProjectionsModule],
  providers: [{ provide: FRESHNESS, useExisting: Freshness }],
  exports: [FRESHNESS],
})
class FreshnessModule {}

/** The composition root: the only place that chooses implementations, and what a process has by its roles. */
@Module({})
export class AppModule {
  static with(runtime: Runtime): DynamicModule {
    const { roles } = runtime.config;
    const imports: DynamicModule['imports'] = [EdgeModule.with(runtime), FreshnessModule];
    if (roles.has('collect') || roles.has('query')) imports.push(IntakeModule);
    if (roles.has('query')) imports.push(QueriesModule, CommandsModule);
    return { module: AppModule, imports };
  }
}

/** The log. @param pool the log's own, so that no report can take an append's connection */
export const createStore = (pool: Pool): EventStore => new PostgresEventStore(pool);

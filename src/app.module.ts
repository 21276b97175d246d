import { type DynamicModule, Global, Module } from '@nestjs/common';
import { CommandsModule } from './commands/commands.module.js';
import { EdgeModule } from './http/edge.module.js';
import { IntakeModule } from './intake/intake.module.js';
import { KafkaModule } from './intake/kafka/kafka.module.js';
import { RejectedModule } from './intake/rejected.module.js';
import { Freshness } from './projections/freshness.js';
import type { MakeProjecting } from './projections/projecting.js';
import { ProjectionsApiModule } from './projections/projections-api.module.js';
import { ProjectionsModule } from './projections/projections.module.js';
import { FRESHNESS } from './queries/freshness.js';
import { QueriesModule } from './queries/queries.module.js';
import { publishToKafka } from './reactors/publish-to-kafka.js';
import type { Runtime } from './runtime.js';

/** Lets queries ask how far the read models are without knowing who makes them. */
@Global()
@Module({ providers: [{ provide: FRESHNESS, useExisting: Freshness }], exports: [FRESHNESS] })
class FreshnessModule {}

/** The composition root: the only place that chooses implementations, and what a process has by its roles. */
@Module({})
export class AppModule {
  static with(runtime: Runtime, projecting?: MakeProjecting): DynamicModule {
    const { roles } = runtime.config;
    const { kafka } = runtime;
    const projections = ProjectionsModule.with(projecting, kafka ? [publishToKafka(kafka.sink())] : []);
    const freshness = { module: FreshnessModule, imports: [projections] };
    const imports: DynamicModule['imports'] = [EdgeModule.with(runtime), projections, freshness];
    if (roles.has('collect')) imports.push(IntakeModule);
    if (kafka && roles.has('collect')) imports.push(KafkaModule.with(kafka));
    if (roles.has('query'))
      imports.push(QueriesModule, CommandsModule, RejectedModule, ProjectionsApiModule.with(projections));
    return { module: AppModule, imports };
  }
}

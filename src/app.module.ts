import { type DynamicModule, Global, Module } from '@nestjs/common';
import type pg from 'pg';
import { CollectorsModule } from './collectors/collectors.module.js';
import { CatalogueItems } from './commands/catalogue-items.js';
import { CommandsModule } from './commands/commands.module.js';
import { ReportOpportunities } from './commands/report-opportunities.js';
import { ContactsModule } from './contacts/contacts.module.js';
import { DATABASE } from './database/database.js';
import { EVENT_STORE, type EventStore } from './event-store/event-store.js';
import { EdgeModule } from './http/edge.module.js';
import { COMMAND_ITEMS } from './intake/command-items.js';
import { IntakeModule } from './intake/intake.module.js';
import { KafkaModule } from './intake/kafka/kafka.module.js';
import { OPPORTUNITY_REPORTS } from './intake/opportunity-reports.js';
import { RejectedModule } from './intake/rejected.module.js';
import { ModelPreviewModule } from './model-preview/model-preview.module.js';
import type { RunPreview } from './model-preview/preview-model.js';
import { Freshness } from './subscriptions/api/freshness.js';
import { readProjections } from './subscriptions/api/read-projections.js';
import type { MakeRunnerHost } from './subscriptions/runner-host.js';
import { SubscriptionsApiModule } from './subscriptions/api/subscriptions-api.module.js';
import { SubscriptionsModule } from './subscriptions/api/subscriptions.module.js';
import { FRESHNESS } from './queries/freshness.js';
import { PROJECTION_STATES, type ReadProjectionStates } from './queries/projection-states.js';
import type { Engagement } from './queries/engagement/engagement.js';
import { ENGAGEMENT_THREAD, QueriesModule } from './queries/queries.module.js';
import { HandoffClockModule } from './reactors/handoff-clock.module.js';
import { registered } from './registered.js';
import type { Runtime } from './runtime.js';
import { WebhookDeliveryModule, WebhooksModule } from './webhooks/webhooks.module.js';

/** Lets queries ask how far the read models are, and how they stand, without knowing who makes them. */
@Global()
@Module({
  providers: [
    { provide: FRESHNESS, useExisting: Freshness },
    {
      provide: PROJECTION_STATES,
      inject: [DATABASE, EVENT_STORE],
      useFactory:
        (pool: pg.Pool, store: EventStore): ReadProjectionStates =>
        async (workspace) =>
          (await readProjections({ pool, store }, workspace)).projections,
    },
  ],
  exports: [FRESHNESS, PROJECTION_STATES],
})
class FreshnessModule {}

/** Lets the intake hand over what commands decide without knowing them. */
@Global()
@Module({
  providers: [
    ReportOpportunities,
    { provide: OPPORTUNITY_REPORTS, useExisting: ReportOpportunities },
    CatalogueItems,
    { provide: COMMAND_ITEMS, useExisting: CatalogueItems },
  ],
  exports: [OPPORTUNITY_REPORTS, COMMAND_ITEMS],
})
export class IntakeCommandsModule {}

/** Lets queries count engagement where the process has it done. */
@Module({})
class EngagementModule {}
const engagementModule = (engagement: Engagement | undefined): DynamicModule => ({
  module: EngagementModule,
  global: true,
  providers: [{ provide: ENGAGEMENT_THREAD, useValue: engagement }],
  exports: [ENGAGEMENT_THREAD],
});

/** The composition root: the only place that chooses implementations, and what a process has by its roles. */
@Module({})
export class AppModule {
  static with(
    runtime: Runtime,
    projecting?: MakeRunnerHost,
    previewing?: RunPreview,
    engagement?: Engagement,
  ): DynamicModule {
    const { roles } = runtime.config;
    const { kafka } = runtime;
    const subscriptions = SubscriptionsModule.with(registered(kafka?.sink()), projecting);
    const freshness = { module: FreshnessModule, imports: [subscriptions] };
    const imports: DynamicModule['imports'] = [EdgeModule.with(runtime), subscriptions, freshness];
    if (roles.has('collect')) imports.push(IntakeModule);
    if (roles.has('collect') || roles.has('query')) imports.push(IntakeCommandsModule);
    if (kafka && roles.has('collect')) imports.push(KafkaModule.with(kafka));
    if (roles.has('react')) imports.push(HandoffClockModule, WebhookDeliveryModule);
    if (roles.has('query'))
      imports.push(
        engagementModule(engagement),
        QueriesModule,
        CommandsModule,
        CollectorsModule,
        ContactsModule,
        WebhooksModule,
        RejectedModule,
        SubscriptionsApiModule.with(subscriptions),
        ModelPreviewModule.with(previewing),
      );
    return { module: AppModule, imports };
  }
}

import {
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Pool } from 'pg';
import { CONFIG, type Config } from '../config.js';
import { DATABASE } from '../database/database.js';
import { EVENT_STORE, type EventStore } from '../event-store/event-store.js';
import { Metrics } from '../metrics.js';
import { SecretBox } from '../workspaces/secret-box.js';
import { deliveryMetrics } from './delivery-metrics.js';
import { DeliveryWorker } from './delivery-worker.js';
import { WebhookEndpoints } from './endpoints.js';
import { guardedAgents } from './guarded-agents.js';
import { MessageSender } from './send-message.js';
import { addressTest } from './target-url.js';
import { WebhookSetup } from './webhook-setup.js';
import { WebhooksController } from './webhooks.controller.js';

/** Sends to addresses that the settings allow. */
export function messageSender({ webhooks }: Pick<Config, 'webhooks'>): MessageSender {
  const isAllowed = addressTest(webhooks);
  return new MessageSender({ agents: guardedAgents(isAllowed), isAllowed });
}

@Module({
  providers: [
    {
      ...{ provide: WebhookEndpoints, inject: [DATABASE, EVENT_STORE, SecretBox] },
      useFactory: (pool: Pool, store: EventStore, box: SecretBox) => new WebhookEndpoints(pool, store, box),
    },
    { provide: MessageSender, inject: [CONFIG], useFactory: (config: Config) => messageSender(config) },
  ],
  exports: [WebhookEndpoints, MessageSender],
})
class WebhookSendingModule implements OnApplicationShutdown {
  constructor(@Inject(MessageSender) private readonly sender: MessageSender) {}

  onApplicationShutdown(): void {
    this.sender.close();
  }
}

/** The routes that configure webhooks, for the role `query`. */
@Module({ imports: [WebhookSendingModule], controllers: [WebhooksController], providers: [WebhookSetup] })
export class WebhooksModule {}

const workerOf = (
  pool: Pool,
  { webhooks: { retentionMs } }: Config,
  endpoints: WebhookEndpoints,
  sender: MessageSender,
  metrics: Metrics,
): DeliveryWorker =>
  new DeliveryWorker({
    ...{ pool, sender, retentionMs, metrics: deliveryMetrics(metrics), log: new Logger('webhooks') },
    secretsOf: (endpoint) => endpoints.secretsOf(endpoint),
  });

/** Sends what is due, for the role `react`. */
@Module({
  imports: [WebhookSendingModule],
  providers: [
    {
      ...{ provide: DeliveryWorker, inject: [DATABASE, CONFIG, WebhookEndpoints, MessageSender, Metrics] },
      useFactory: workerOf,
    },
  ],
})
export class WebhookDeliveryModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(@Inject(DeliveryWorker) private readonly worker: DeliveryWorker) {}

  onApplicationBootstrap(): void {
    this.worker.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.worker.stop();
  }
}

import {
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { CONFIG, type Config } from '../../config.js';
import { EVENT_STORE, type EventStore } from '../../event-store/event-store.js';
import { KeyStore } from '../../http/keys.js';
import type { Kafka } from '../../kafka/kafka.js';
import { Metrics } from '../../metrics.js';
import { IntakeModule } from '../intake.module.js';
import { Intake } from '../intake.js';
import { KafkaFigures } from './figures.js';
import { KafkaCollector } from './kafka-collector.js';

/** Reads `touchpoints` from Kafka while the application runs. */
@Module({})
export class KafkaModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(@Inject(KafkaCollector) private readonly collector: KafkaCollector) {}

  static with(kafka: Kafka): DynamicModule {
    return {
      module: KafkaModule,
      imports: [IntakeModule],
      providers: [
        {
          provide: KafkaCollector,
          inject: [CONFIG, EVENT_STORE, Intake, KeyStore, Metrics],
          useFactory: (config: Config, store: EventStore, intake: Intake, keys: KeyStore, metrics: Metrics) =>
            new KafkaCollector({
              ...{ kafka, store },
              group: config.kafka?.group ?? 'touchline',
              taking: {
                intake,
                resolveWriteKey: (key) => keys.resolveWriteKey(key),
                writeKey: config.kafka?.writeKey,
                now: () => new Date(),
              },
              figures: new KafkaFigures(metrics),
              log: new Logger('kafka'),
            }),
        },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.collector.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.collector.stop();
  }
}

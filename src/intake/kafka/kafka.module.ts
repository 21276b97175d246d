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
import { Formats } from '../formats/all.js';
import { KeyQuotas } from '../key-quotas.js';
import { Pipeline } from '../pipeline.js';
import { KafkaFigures } from './figures.js';
import type { KafkaCollector } from './kafka-collector.js';

const KAFKA_COLLECTOR = Symbol('KafkaCollector');

/** Reads `touchpoints` from Kafka while the application runs. */
@Module({})
export class KafkaModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(@Inject(KAFKA_COLLECTOR) private readonly collector: KafkaCollector) {}

  static with(kafka: Kafka): DynamicModule {
    return {
      module: KafkaModule,
      imports: [IntakeModule],
      providers: [
        {
          provide: KAFKA_COLLECTOR,
          inject: [CONFIG, EVENT_STORE, Pipeline, KeyStore, Metrics, KeyQuotas, Formats],
          useFactory: async (
            config: Config,
            store: EventStore,
            pipeline: Pipeline,
            keys: KeyStore,
            metrics: Metrics,
            quotas: KeyQuotas,
            formats: Formats,
          ): Promise<KafkaCollector> => {
            // With it comes Protobuf, in whose place a server without Kafka has 8 MB.
            const { KafkaCollector } = await import('./kafka-collector.js');
            const { recordFormats } = await import('./read-record.js');
            return new KafkaCollector({
              ...{ kafka, store },
              group: config.kafka?.group ?? 'touchline',
              intake: {
                pipeline,
                formats: recordFormats(await formats.all()),
                quotas,
                resolveWriteKey: (key) => keys.resolveWriteKey(key),
                writeKey: config.kafka?.writeKey,
                now: () => new Date(),
              },
              figures: new KafkaFigures(metrics),
              log: new Logger('kafka'),
            });
          },
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

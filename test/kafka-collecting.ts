import { createLogPool, createPool } from '../src/database/database.js';
import type { EventStore } from '../src/event-store/event-store.js';
import { PostgresEventStore } from '../src/event-store/postgres.js';
import { FORMATS } from '../src/intake/formats/all.js';
import { KafkaFigures } from '../src/intake/kafka/figures.js';
import { KafkaCollector } from '../src/intake/kafka/kafka-collector.js';
import { recordFormats } from '../src/intake/kafka/read-record.js';
import { Pipeline } from '../src/intake/pipeline.js';
import { RejectedLog } from '../src/intake/rejected.js';
import { openKafka } from '../src/kafka/kafkajs/open.js';
import { kafkaConfig } from '../src/kafka-config.js';
import { Metrics } from '../src/metrics.js';

export interface Collecting {
  readonly metrics: Metrics;
  readonly logLines: readonly string[];
  stop(): Promise<void>;
}

/** Opens collector `web` of workspace `main`. */
export const KEY = 'wk_kafka';

/** Settings of Kafka for the brokers of a test. */
export function testKafkaConfig(brokers: string, more: Readonly<Record<string, string>> = {}) {
  const settings: Readonly<Record<string, string>> = {
    KAFKA_BROKERS: brokers,
    KAFKA_PARTITIONS: '4',
    ...more,
  };
  const config = kafkaConfig(
    (name) => settings[name],
    (fault) => {
      throw new Error(fault);
    },
  );
  if (!config) throw new Error('no brokers');
  return config;
}

/** What a process with the role `collect` has for Kafka, without the rest. */
export async function collecting(
  databaseUrl: string,
  brokers: string,
  { sessionMs = 6_000, wrap = (store: EventStore) => store, group = 'touchline', writeKey = KEY } = {},
): Promise<Collecting> {
  const pool = createPool(databaseUrl, { max: 3 });
  const logPool = createLogPool(databaseUrl);
  const log = new PostgresEventStore(logPool);
  const store = wrap(log);
  const metrics = new Metrics();
  const said: string[] = [];
  const tell = (line: string): void => void said.push(line);
  const config = testKafkaConfig(brokers, { KAFKA_GROUP: group, KAFKA_WRITE_KEY: writeKey });
  const kafka = await openKafka(config, { warn: tell });
  await kafka.prepare(['touchpoints', 'touchpoints.rejected']);
  const collector = new KafkaCollector({
    ...{ kafka, store, group, sessionMs },
    intake: {
      formats: recordFormats(await FORMATS.all()),
      pipeline: new Pipeline(store, new RejectedLog(pool), {
        onRejected: (code) => metrics.rejected.inc({ code }),
      }),
      resolveWriteKey: (key) =>
        Promise.resolve(key === KEY ? { workspace: 'main', collector: 'web' } : undefined),
      writeKey,
      now: () => new Date(),
    },
    figures: new KafkaFigures(metrics),
    log: { log: tell, warn: tell },
  });
  collector.start();
  return {
    metrics,
    logLines: said,
    async stop() {
      await collector.stop();
      await kafka.close();
      await log.close();
      await Promise.all([pool.end(), logPool.end()]);
    },
  };
}

/** The value of one figure, summed over its labels. */
export async function figure(
  metrics: Metrics,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const { values } = (await metrics.registry.getSingleMetric(name)?.get()) ?? { values: [] };
  const wanted = values.filter((value) =>
    Object.entries(labels).every(([label, text]) => String(value.labels[label]) === text),
  );
  return wanted.reduce((sum, { value }) => sum + value, 0);
}

import type { KafkaConfig } from '../../kafka-config.js';
import type { Kafka, RecordSink } from '../kafka.js';
import { createClient } from './client.js';
import { KafkajsConsumption } from './consumption.js';
import type { KafkaLog } from './log.js';
import { KafkajsSink } from './sink.js';
import { prepareTopics } from './topics.js';

/**
 * Kafka by kafkajs. Nothing is connected yet.
 *
 * @throws KafkaFault the file of authorities cannot be read
 */
export async function openKafka(config: KafkaConfig, log: KafkaLog): Promise<Kafka> {
  const client = await createClient(config, log);
  const sinks: RecordSink[] = [];
  const prepare = (topics: readonly string[]): Promise<void> => prepareTopics(client, config, topics);
  return {
    prepare,
    consume: (options, reader) => {
      const more = { group: config.group, log, prepare: () => prepare([options.topic]) };
      return new KafkajsConsumption(client, { ...options, ...more }, reader);
    },
    sink: () => {
      const sink = new KafkajsSink(client);
      sinks.push(sink);
      return sink;
    },
    close: async () => {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}

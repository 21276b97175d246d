import type { Admin, Kafka as Client, ITopicConfig } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaConfig } from '../../kafka-config.js';
import { KafkaFault, TOPICS } from '../kafka.js';
import { faultOf, typeOf } from './faults.js';

/** A start tries twice more: a wrong setting should show at once, a broker just starting should not matter. */
const START = { retry: { retries: 2, initialRetryTime: 500, maxRetryTime: 1_000 } };
/** Room for the greatest event and its envelope; of what was rejected also for the reason. */
const RECORD_BYTES = 2 * 1024 * 1024;

/** @throws KafkaFault */
export async function prepareTopics(
  client: Client,
  config: KafkaConfig,
  topics: readonly string[],
): Promise<void> {
  const admin = client.admin(START);
  try {
    await admin.connect();
    const missing = await missingOf(admin, topics);
    if (missing.length === 0) return;
    if (!config.createTopics) throw missingFault(missing);
    await create(admin, config, missing);
    await waitUntilServed(admin, missing);
  } catch (error) {
    throw faultOf(error, config);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function missingOf(admin: Admin, topics: readonly string[]): Promise<string[]> {
  const known = await admin.listTopics();
  return topics.filter((topic) => !known.includes(topic));
}

const missingFault = (missing: readonly string[]): KafkaFault =>
  new KafkaFault(
    `KAFKA_CREATE_TOPICS is false and Kafka has no topic ${missing.join(', ')}: create it, or set KAFKA_CREATE_TOPICS=true`,
  );

async function create(admin: Admin, config: KafkaConfig, topics: readonly string[]): Promise<void> {
  try {
    await admin.createTopics({
      topics: topics.map((topic) => topicOf(topic, config)),
      waitForLeaders: false,
    });
  } catch (error) {
    // Another process was faster.
    if (typeOf(error) !== 'TOPIC_ALREADY_EXISTS') throw error;
  }
}

/** Of the events a consumer may want all, ever: how long they stay is the operator's to say. */
const topicOf = (topic: string, { partitions, replication }: KafkaConfig): ITopicConfig => ({
  topic,
  numPartitions: partitions,
  replicationFactor: replication,
  configEntries:
    topic === TOPICS.touchpoints ? [] : [{ name: 'max.message.bytes', value: String(RECORD_BYTES) }],
});

const SERVED_TIMEOUT_MS = 10_000;

/** A broker serves what was just made a moment later. */
async function waitUntilServed(admin: Admin, topics: readonly string[]): Promise<void> {
  const deadline = Date.now() + SERVED_TIMEOUT_MS;
  const isServed = (): Promise<boolean> =>
    admin.fetchTopicMetadata({ topics: [...topics] }).then(
      () => true,
      () => false,
    );
  while (!(await isServed()) && Date.now() < deadline) await sleep(100);
}

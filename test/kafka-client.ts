import '../src/kafka/kafkajs/patches.js';
import kafkajs, { type Admin, type Consumer, type IHeaders, type Kafka, type Producer } from 'kafkajs';
import { TIMEOUT_FACTOR } from './timeout-factor.mjs';
import { until } from './until.js';

/** A client of the tests' own: what feeds Touchline and what reads from it. */
export const kafkaClient = (brokers: string): Kafka =>
  new kafkajs.Kafka({
    brokers: [brokers],
    clientId: 'test',
    logLevel: kafkajs.logLevel.NOTHING,
    // Longer than a broker takes to start again.
    retry: { retries: 30 * TIMEOUT_FACTOR, initialRetryTime: 100, maxRetryTime: 1_000 },
  });

export interface Sent {
  readonly key: string;
  readonly value: string | Buffer | null;
  readonly headers?: IHeaders;
  readonly partition?: number;
  /** In ms; else now. */
  readonly timestamp?: string;
}

export class KafkaClient {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly #producer: Producer;
  readonly #consumers: Consumer[] = [];

  private constructor(brokers: string) {
    this.kafka = kafkaClient(brokers);
    this.admin = this.kafka.admin();
    this.#producer = this.kafka.producer({ idempotent: true, allowAutoTopicCreation: false });
  }

  static async connect(brokers: string): Promise<KafkaClient> {
    const client = new KafkaClient(brokers);
    await client.admin.connect();
    await client.#producer.connect();
    return client;
  }

  async send(topic: string, messages: readonly Sent[]): Promise<void> {
    await this.#producer.send({ topic, messages: [...messages], acks: -1 });
  }

  async createTopic(
    topic: string,
    numPartitions: number,
    config: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await this.admin.createTopics({
      topics: [{ topic, numPartitions, configEntries }],
      waitForLeaders: false,
    });
    await until(async () => (await this.#partitions(topic)) === numPartitions, 10_000);
  }

  /** The topic, empty, whatever was there. */
  async freshTopic(
    topic: string,
    numPartitions: number,
    config: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    if ((await this.admin.listTopics()).includes(topic)) await this.deleteTopic(topic);
    await this.createTopic(topic, numPartitions, config);
  }

  /** Resolves when the broker no longer knows it. */
  async deleteTopic(topic: string): Promise<void> {
    await this.admin.deleteTopics({ topics: [topic] });
    await until(async () => !(await this.admin.listTopics()).includes(topic), 10_000);
  }

  async #partitions(topic: string): Promise<number> {
    const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] }).catch(() => ({ topics: [] }));
    return topics[0]?.partitions.length ?? 0;
  }

  /** Everything that comes, from the first record on, as it comes. */
  async collect(topic: string): Promise<readonly Received[]> {
    const received: Received[] = [];
    const consumer = this.kafka.consumer({ groupId: `test-${Math.random()}`, maxWaitTimeInMs: 200 });
    this.#consumers.push(consumer);
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: ({ partition, message: { key, value, offset, headers = {} } }) => {
        const texts = Object.entries(headers).map(([name, one]) => [name, String(one)]);
        received.push({
          ...{ partition, offset, value },
          key: key?.toString() ?? '',
          headers: Object.fromEntries(texts) as Record<string, string>,
        });
        return Promise.resolve();
      },
    });
    return received;
  }

  async close(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.disconnect()));
    await this.#producer.disconnect();
    await this.admin.disconnect();
  }
}

export interface Received {
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

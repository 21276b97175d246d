import type { Kafka as Client, Producer } from 'kafkajs';
import { KafkaUnavailable, type NewRecord, RecordTooLarge, type RecordSink } from '../kafka.js';
import { rootOf, typeOf } from './faults.js';
import { partitioner } from './partitioner.js';

/** Tried on for some seconds here; whoever sends waits longer where it must. */
const RETRY = { retries: 5, initialRetryTime: 100, maxRetryTime: 2_000 };
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/**
 * An idempotent producer. One whose send failed is given up: kafkajs takes the numbers of a failed batch back although the
 * broker may have it, and under the same numbers the broker would take the next batch for the same one and drop it.
 */
export class KafkajsSink implements RecordSink {
  #producer: Promise<Producer> | undefined;

  constructor(private readonly client: Client) {}

  async send(topic: string, records: readonly NewRecord[]): Promise<void> {
    if (records.length === 0) return;
    const connecting = (this.#producer ??= this.#connect());
    try {
      const producer = await connecting;
      await producer.send({ topic, acks: -1, timeout: 10_000, messages: records as Messages });
    } catch (error) {
      await this.close();
      const { message } = rootOf(error);
      if (TOO_LARGE.has(typeOf(error))) throw new RecordTooLarge(message, { cause: error });
      throw new KafkaUnavailable(`Kafka does not accept records for ${topic}: ${message}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    const connecting = this.#producer;
    this.#producer = undefined;
    const producer = await connecting?.catch(() => undefined);
    await producer?.disconnect().catch(() => undefined);
  }

  async #connect(): Promise<Producer> {
    const producer = this.client.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: partitioner,
      retry: RETRY,
    });
    await producer.connect();
    return producer;
  }
}

type Messages = Parameters<Producer['send']>[0]['messages'];

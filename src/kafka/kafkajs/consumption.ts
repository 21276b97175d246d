import type { Admin, Consumer, EachBatchPayload, Kafka as Client, KafkaMessage } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from '../../backoff.js';
import {
  type PartitionOffsets,
  type ConsumeOptions,
  type Consumption,
  type KafkaRecord,
  KafkaUnavailable,
  type RecordReader,
} from '../kafka.js';
import { rootOf } from './faults.js';
import type { Fetched } from './record-batch.js';
import type { KafkaLog } from './log.js';

export interface ConsumptionOptions extends ConsumeOptions {
  readonly group: string;
  readonly log: KafkaLog;
  /** Runs before each beginning: the topic may have been deleted. */
  readonly prepare: () => Promise<void>;
}

const SESSION_MS = 10_000;
const RESTART_MS = { first: 500, longest: 10_000 };
/** What a fetch may bring, as it lies on the broker: at least one batch of records, whatever its size. */
const FETCH = { maxBytesPerPartition: 512 * 1024, maxBytes: 2 * 1024 * 1024, minBytes: 1 };
/** Also how long kafkajs sleeps while all partitions are paused. */
const FETCH_WAIT_MS = 200;
const DISCONNECT_MS = 5_000;

/**
 * A consumer that is replaced whenever kafkajs stops it. Its offsets are not managed by kafkajs: every
 * assignment begins paused, and `readFrom` says where to begin.
 */
export class KafkajsConsumption implements Consumption {
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #consumer: Consumer | undefined;
  #admin: Promise<Admin> | undefined;

  constructor(
    private readonly client: Client,
    private readonly options: ConsumptionOptions,
    private readonly reader: RecordReader,
  ) {
    this.#running = this.#keepRunning();
  }

  readFrom(partition: number, offset: number): void {
    const { topic } = this.options;
    this.#consumer?.seek({ topic, partition, offset: String(offset) });
    this.resume([partition]);
  }

  pause(partitions: readonly number[]): void {
    if (partitions.length > 0) this.#consumer?.pause([this.#of(partitions)]);
  }

  resume(partitions: readonly number[]): void {
    if (partitions.length > 0) this.#consumer?.resume([this.#of(partitions)]);
  }

  async commit(next: ReadonlyMap<number, number>): Promise<void> {
    const { topic } = this.options;
    const offsets = [...next].map(([partition, offset]) => ({ topic, partition, offset: String(offset) }));
    // Refused when the group has moved on: whoever has the partitions now begins where the log's own progress says.
    await this.#consumer?.commitOffsets(offsets).catch(() => undefined);
  }

  async bounds(): Promise<ReadonlyMap<number, PartitionOffsets>> {
    try {
      this.#stopping.signal.throwIfAborted();
      const admin = await (this.#admin ??= this.#connectAdmin());
      const offsets = await admin.fetchTopicOffsets(this.options.topic);
      return new Map(
        offsets.map(({ partition, low, high }) => [partition, { first: Number(low), end: Number(high) }]),
      );
    } catch (error) {
      await this.#closeAdmin();
      throw new KafkaUnavailable(`Kafka does not return its offsets: ${rootOf(error).message}`, {
        cause: error,
      });
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#closeAdmin();
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping;
    const isStopping = (): boolean => signal.aborted;
    for (const backoff = new Backoff(RESTART_MS); !isStopping();) {
      const began = performance.now();
      const why = await this.#runOnce();
      this.reader.assigned([]);
      if (isStopping()) return;
      this.options.log.warn(`the consumer of ${this.options.topic} is restarted: ${why}`);
      if (performance.now() - began > RESTART_MS.longest) backoff.reset();
      await backoff.wait(signal);
    }
  }

  /** @returns why it ended */
  async #runOnce(): Promise<string> {
    const { topic, prepare } = this.options;
    const consumer = this.#make();
    const { promise: ended, resolve: end } = Promise.withResolvers<string>();
    const onStop = (): void => {
      end('it is stopped');
    };
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      end(rootOf(payload.error).message);
    });
    this.#stopping.signal.addEventListener('abort', onStop);
    try {
      await prepare();
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      this.#consumer = consumer;
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: (payload) => {
          this.#take(payload);
          return Promise.resolve();
        },
      });
      return await ended;
    } catch (error) {
      return rootOf(error).message;
    } finally {
      this.#consumer = undefined;
      this.#stopping.signal.removeEventListener('abort', onStop);
      await Promise.race([
        consumer.disconnect().catch(() => undefined),
        sleep(DISCONNECT_MS, undefined, { ref: false }),
      ]);
    }
  }

  #make(): Consumer {
    const { topic, group: groupId, sessionMs = SESSION_MS } = this.options;
    const consumer = this.client.consumer({
      groupId,
      sessionTimeout: sessionMs,
      rebalanceTimeout: 3 * sessionMs,
      heartbeatInterval: Math.min(1_000, sessionMs / 4),
      ...FETCH,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      metadataMaxAge: 30_000,
      allowAutoTopicCreation: false,
      retry: { retries: 3, restartOnFailure: () => Promise.resolve(false) },
    });
    // A fetch of a node that begins while the last one has not ended: that one failed, and kafkajs goes on where it was.
    const fetching = new Set<number>();
    consumer.on(consumer.events.FETCH_START, ({ payload: { nodeId } }) => {
      if (fetching.has(nodeId)) this.reader.interrupted();
      fetching.add(nodeId);
    });
    consumer.on(consumer.events.FETCH, ({ payload: { nodeId } }) => {
      fetching.delete(nodeId);
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      const partitions = payload.memberAssignment[topic] ?? [];
      this.pause(partitions);
      this.reader.assigned(partitions);
    });
    return consumer;
  }

  /** Nothing is waited for here: kafkajs fetches on, and its heartbeats go with it. */
  #take(payload: EachBatchPayload): void {
    const { batch } = payload;
    const last = batch.messages.at(-1);
    if (payload.isStale() || !payload.isRunning() || !last) return;
    const { partition } = batch;
    payload.resolveOffset(last.offset);
    this.reader.records(
      partition,
      (batch.messages as (KafkaMessage & Pick<Fetched, 'unreadable'>)[]).map(
        ({ offset, timestamp, key, value, headers = {}, unreadable }): KafkaRecord => ({
          ...{ partition, key, value, headers },
          offset: Number(offset),
          timestamp: Number(timestamp),
          ...(unreadable !== undefined && { unreadable }),
        }),
      ),
    );
  }

  #of(partitions: readonly number[]): { topic: string; partitions: number[] } {
    return { topic: this.options.topic, partitions: [...partitions] };
  }

  async #connectAdmin(): Promise<Admin> {
    const admin = this.client.admin({ retry: { retries: 1 } });
    await admin.connect();
    return admin;
  }

  async #closeAdmin(): Promise<void> {
    const connecting = this.#admin;
    this.#admin = undefined;
    const admin = await connecting?.catch(() => undefined);
    await admin?.disconnect().catch(() => undefined);
  }
}

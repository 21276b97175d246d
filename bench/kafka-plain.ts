// A consumer of kafkajs, in a process of its own, that reads a topic and does nothing with it; answers records a second.
import { kafkaClient } from '../test/kafka-client.js';

export interface PlainRead {
  readonly brokers: string;
  readonly topic: string;
  readonly records: number;
}

const { brokers, topic, records } = JSON.parse(process.argv[2] ?? '{}') as PlainRead;
const consumer = kafkaClient(brokers).consumer({ groupId: `plain-${process.pid}` });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
let first: { read: number; time: number } | undefined;
let read = 0;
await consumer.run({
  eachBatch: ({ batch }) => {
    read += batch.messages.length;
    first ??= { read, time: performance.now() };
    if (read >= records) {
      process.send?.(((read - first.read) / (performance.now() - first.time)) * 1_000);
      setImmediate(() => void consumer.disconnect().then(() => process.disconnect()));
    }
    return Promise.resolve();
  },
});

import { afterAll, beforeAll } from '@jest/globals';
import { type TestBroker, testBroker } from './kafka.js';
import { KafkaClient } from './kafka-client.js';

export interface WithBroker {
  readonly broker: TestBroker;
  readonly client: KafkaClient;
}

/** A broker and a client of it for the tests of a `describe`, there once they run. */
export function withBroker(): WithBroker {
  const given: Partial<{ broker: TestBroker; client: KafkaClient }> = {};
  beforeAll(async () => {
    given.broker = await testBroker();
    given.client = await KafkaClient.connect(given.broker.brokers);
  }, 120_000);
  afterAll(async () => {
    await given.client?.close();
    await given.broker?.stop();
  });
  return given as WithBroker;
}

// A process that runs all projections, follows segments and publishes to Kafka on the database of its first argument and the
// brokers of its second, until it is stopped or kills itself around its nth sending.
import { createPool } from '../../src/database/database.js';
import { PostgresEventStore } from '../../src/event-store/postgres.js';
import type { RecordSink } from '../../src/kafka/kafka.js';
import { openKafka } from '../../src/kafka/kafkajs/open.js';
import { projections } from '../../src/projections/all.js';
import { followSegments } from '../../src/reactors/follow-segments.js';
import { publishToKafka } from '../../src/reactors/publish-to-kafka.js';
import { SubscriptionRunner } from '../../src/subscriptions/runner.js';
import { testKafkaConfig } from '../kafka-collecting.js';

const [url = '', brokers = '', leaseMs = '1000', moment = 'never', nth = '1'] = process.argv.slice(2);
const kafka = await openKafka(testKafkaConfig(brokers), { warn: () => undefined });
const sink = kafka.sink();
let passed = 0;
const pass = (where: string): void => {
  if (where !== moment) return;
  passed += 1;
  if (passed === Number(nth)) process.kill(process.pid, 'SIGKILL');
};
const killedAroundSends: RecordSink = {
  async send(topic, records) {
    pass('before-send');
    await sink.send(topic, records);
    pass('after-send');
  },
  close: () => sink.close(),
};

const runner = new SubscriptionRunner({
  pool: createPool(url, { max: 20 }),
  store: new PostgresEventStore(createPool(url, { max: 5 })),
  subscriptions: [...projections, followSegments(), publishToKafka(killedAroundSends)],
  leaseMs: Number(leaseMs),
  largestBatch: 20,
});
runner.start();
process.stdout.write('started\n');
process.once('SIGTERM', () => void runner.stop().then(() => process.exit(0)));

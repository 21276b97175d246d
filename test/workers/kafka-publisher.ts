// A process that publishes events of the database of its first argument to the brokers of its second, until it is ended.
import { createPool } from '../../src/database/database.js';
import { PostgresEventStore } from '../../src/event-store/postgres.js';
import { openKafka } from '../../src/kafka/kafkajs/open.js';
import { SubscriptionRunner } from '../../src/subscriptions/runner.js';
import { publishToKafka } from '../../src/reactors/publish-to-kafka.js';
import { testKafkaConfig } from '../kafka-collecting.js';

const [url = '', brokers = '', leaseMs = '2000'] = process.argv.slice(2);
const pool = createPool(url, { max: 10 });
const kafka = await openKafka(testKafkaConfig(brokers), { warn: () => undefined });
const store = new PostgresEventStore(createPool(url, { max: 5 }));
const projections = [publishToKafka(kafka.sink())];
const runner = new SubscriptionRunner({ pool, store, subscriptions: projections, leaseMs: Number(leaseMs) });
runner.start();
process.once('SIGTERM', () => void runner.stop().then(() => process.exit(0)));

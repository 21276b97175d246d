// A process that queues and sends webhooks of the database of its first argument, until it is ended.
import { createPool } from '../../src/database/database.js';
import { PostgresEventStore } from '../../src/event-store/postgres.js';
import { deliverWebhooks } from '../../src/reactors/deliver-webhooks.js';
import { SubscriptionRunner } from '../../src/subscriptions/runner.js';
import { testWorker } from '../webhooks.js';

const [url = ''] = process.argv.slice(2);
const pool = createPool(url, { max: 10 });
const store = new PostgresEventStore(createPool(url, { max: 3 }));
const runner = new SubscriptionRunner({ pool, store, subscriptions: [deliverWebhooks], leaseMs: 500 });
const worker = testWorker(
  pool,
  { leaseMs: 1_000, retryDelays: Array.from({ length: 1_000 }, () => 20) },
  500,
);
runner.start();
worker.start();
console.log('started');
process.once('SIGTERM', () => void Promise.all([runner.stop(), worker.stop()]).then(() => process.exit(0)));

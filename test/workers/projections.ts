// A process that runs two sample projections on the database of its first argument, until it is killed or asked to stop.
import { PostgresEventStore } from '../../src/event-store/postgres.js';
import { createPool } from '../../src/database/database.js';
import { SubscriptionRunner } from '../../src/subscriptions/runner.js';
import { tally } from '../sample-projections.js';

const [url = '', leaseMs = '1000', pauseMs = '0'] = process.argv.slice(2);
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, Number(pauseMs)));
const pool = createPool(url, { max: 10 });
const store = new PostgresEventStore(createPool(url, { max: 5 }));
const projections = [tally('alpha', { written: pause }), tally('beta', { after: ['alpha'], written: pause })];
const runner = new SubscriptionRunner({
  pool,
  store,
  subscriptions: projections,
  leaseMs: Number(leaseMs),
  largestBatch: 50,
});
runner.start();
process.stdout.write('started\n');
process.once('SIGTERM', () => void runner.stop().then(() => process.exit(0)));

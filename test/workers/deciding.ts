// A process that runs the example projection and the example reactor on the database of its first argument, until it is
// stopped or kills itself: around its nth append, or after writing the projection's nth batch of rows.
import { createPool } from '../../src/database/database.js';
import { SubscriptionRunner } from '../../src/subscriptions/runner.js';
import type { Projection } from '../../src/subscriptions/subscription.js';
import { openAfterThreeVisits } from '../examples/open-after-three-visits.js';
import { visits } from '../examples/visits.js';
import { killAt, KilledAroundAppends } from './killed-around-appends.js';

const [url = '', leaseMs = '1000', moment = 'never', nth = '1'] = process.argv.slice(2);
const pass = killAt(moment, Number(nth));

const written: Projection = {
  ...visits,
  async apply(...args) {
    await visits.apply(...args);
    pass('rows-written');
  },
};
const pool = createPool(url, { max: 10 });
const store = new KilledAroundAppends(pass, createPool(url, { max: 5 }));
const subscriptions = [written, openAfterThreeVisits()];
const runner = new SubscriptionRunner({
  pool,
  store,
  subscriptions,
  leaseMs: Number(leaseMs),
  largestBatch: 5,
});
runner.start();
process.stdout.write('started\n');
process.once('SIGTERM', () => void runner.stop().then(() => process.exit(0)));

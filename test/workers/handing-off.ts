// A process that runs the projections and hands off leads on the database of its first argument, until it is stopped or kills
// itself around its nth append.
import { createPool } from '../../src/database/database.js';
import { projections } from '../../src/projections/all.js';
import { handOffLeads } from '../../src/reactors/hand-off-leads.js';
import { SubscriptionRunner } from '../../src/subscriptions/runner.js';
import { NOON } from '../hand-offs.js';
import { killAt, KilledAroundAppends } from './killed-around-appends.js';

const [url = '', leaseMs = '1000', moment = 'never', nth = '1'] = process.argv.slice(2);
const runner = new SubscriptionRunner({
  pool: createPool(url, { max: 10 }),
  store: new KilledAroundAppends(killAt(moment, Number(nth)), createPool(url, { max: 5 })),
  subscriptions: [...projections, handOffLeads({ now: () => NOON, reviewEveryMs: 100 })],
  leaseMs: Number(leaseMs),
  largestBatch: 5,
});
runner.start();
process.stdout.write('started\n');
process.once('SIGTERM', () => void runner.stop().then(() => process.exit(0)));

// A process that runs all projections and the reactor that qualifies leads on the database of its first argument, until it is
// stopped or kills itself around its nth append.
import { createPool } from '../../src/database/database.js';
import { PostgresEventStore } from '../../src/event-store/postgres.js';
import { projections } from '../../src/projections/all.js';
import { qualifyLeads } from '../../src/reactors/qualify-leads.js';
import { SubscriptionRunner } from '../../src/subscriptions/runner.js';

const [url = '', leaseMs = '1000', moment = 'never', nth = '1'] = process.argv.slice(2);
let passed = 0;
const pass = (where: string): void => {
  if (where !== moment) return;
  passed += 1;
  if (passed === Number(nth)) process.kill(process.pid, 'SIGKILL');
};

class KilledAroundAppends extends PostgresEventStore {
  override async append(...args: Parameters<PostgresEventStore['append']>) {
    pass('before-append');
    const results = await super.append(...args);
    pass('after-append');
    return results;
  }
}

const runner = new SubscriptionRunner({
  pool: createPool(url, { max: 10 }),
  store: new KilledAroundAppends(createPool(url, { max: 5 })),
  subscriptions: [...projections, qualifyLeads()],
  leaseMs: Number(leaseMs),
  largestBatch: 20,
});
runner.start();
process.stdout.write('started\n');
process.once('SIGTERM', () => void runner.stop().then(() => process.exit(0)));

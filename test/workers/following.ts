// A process that runs all projections, applies models in slices and follows segments on the database of its first argument, until
// it is killed or asked to stop.
import { createPool } from '../../src/database/database.js';
import { PostgresEventStore } from '../../src/event-store/postgres.js';
import { projections } from '../../src/projections/all.js';
import { modelApplication } from '../../src/reactors/apply-model.js';
import { followSegments } from '../../src/reactors/follow-segments.js';
import { SubscriptionRunner } from '../../src/subscriptions/runner.js';

const [url = '', leaseMs = '1000', slice = '10'] = process.argv.slice(2);
const runner = new SubscriptionRunner({
  pool: createPool(url, { max: 10 }),
  store: new PostgresEventStore(createPool(url, { max: 5 })),
  subscriptions: [...projections, modelApplication(Number(slice)), followSegments()],
  leaseMs: Number(leaseMs),
  largestBatch: 20,
});
runner.start();
process.stdout.write('started\n');
process.once('SIGTERM', () => void runner.stop().then(() => process.exit(0)));

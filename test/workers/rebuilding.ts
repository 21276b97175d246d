// A process that runs two sample projections on the database of its first argument, until it is stopped or kills itself: before
// it sends the first statement that contains a text, or once that is done.
import pg from 'pg';
import { createPool } from '../../src/database/database.js';
import { PostgresEventStore } from '../../src/event-store/postgres.js';
import { SubscriptionRunner } from '../../src/subscriptions/runner.js';
import { tally } from '../sample-projections.js';

const [url = '', leaseMs = '1000', when = 'never', statement = ''] = process.argv.slice(2);

const end = (): void => void process.kill(process.pid, 'SIGKILL');
const textOf = (query: unknown): string =>
  typeof query === 'string' ? query : ((query as { readonly text?: string }).text ?? '');
type Query = (this: pg.Client, ...args: unknown[]) => unknown;
const { query } = pg.Client.prototype as unknown as { readonly query: Query };
const killing: Query = function (...args) {
  const isMoment = when !== 'never' && textOf(args[0]).includes(statement);
  if (isMoment && when === 'before') end();
  if (!isMoment || when === 'before') return query.apply(this, args);
  // The pool asks with a callback.
  if (typeof args.at(-1) === 'function') return query.apply(this, [...args.slice(0, -1), end]);
  return (query.apply(this, args) as Promise<unknown>).then(end);
};
Object.assign(pg.Client.prototype, { query: killing });

const pool = createPool(url, { max: 10 });
const store = new PostgresEventStore(createPool(url, { max: 5 }));
const subscriptions = [tally('alpha'), tally('beta', { after: ['alpha'] })];
const runner = new SubscriptionRunner({
  pool,
  store,
  subscriptions,
  leaseMs: Number(leaseMs),
  largestBatch: 50,
});
runner.start();
process.stdout.write('started\n');
process.once('SIGTERM', () => void runner.stop().then(() => process.exit(0)));

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { append, forgetTallies, tally, tallyTables, touches } from '../../test/sample-projections.js';
import { until } from '../../test/until.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { Checkpoints } from './checkpoint.js';
import { readCheckpoints } from './read-checkpoints.js';
import { SubscriptionRunner } from './runner.js';

let db: TestDatabase;
let store: MemoryEventStore;
let live: SubscriptionRunner;
let warnings: string[];
const subscriptions = [tally('alpha'), tally('beta', { after: ['alpha'] })];

beforeAll(async () => {
  db = await testDatabase({ max: 20 });
  await tallyTables(db.pool, 'alpha', 'beta');
  await db.pool.query(`INSERT INTO touchline.workspace (slug, name) VALUES ('main', 'Main')`);
});
afterAll(() => db.drop());
beforeEach(async () => {
  await forgetTallies(db.pool, 'alpha', 'beta');
  store = new MemoryEventStore();
  warnings = [];
  const warn = (line: string): void => void warnings.push(line);
  const log = { log: () => undefined, warn, error: warn };
  live = new SubscriptionRunner({ pool: db.pool, store, subscriptions, log });
  await append(store, touches(100));
  live.start();
  await live.catchUp();
});
afterEach(async () => {
  await live.stop();
  await store.close();
});

test.each([
  ['of all workspaces', undefined],
  ['of one workspace', 'main'],
])(
  'a rebuild %s, which takes leases to pause and exchange builds, warns of nothing',
  async (_, workspace) => {
    await live.rebuild('alpha', workspace);
    await append(store, touches(100));
    await live.catchUp();
    await append(store, touches(100));
    await live.catchUp();
    expect(warnings).toEqual([]);
  },
);

test('a subscription that another process took because this one was silent is a warning that names both', async () => {
  const other = new Checkpoints(db.pool, 'elsewhere/1/abcd/efgh', 60_000);
  const take = async () => {
    await db.pool.query(
      `UPDATE touchline.projection SET lease_until = clock_timestamp() - interval '1 s' WHERE name = 'alpha'`,
    );
    return (await other.acquire(tally('alpha'))) !== undefined;
  };
  expect(await until(take, 5_000)).toBe(true);
  await append(store, touches(1));
  expect(await until(() => Promise.resolve(warnings.length > 0), 5_000)).toBe(true);
  expect(warnings).toEqual([expect.stringMatching(/^alpha .*elsewhere\/1.* 4 s/)]);
  expect((await readCheckpoints(db.pool, ['alpha']))[0]?.owner).toBe('elsewhere/1/abcd/efgh');
});

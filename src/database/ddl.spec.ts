import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { touch } from '../../test/events.js';
import { until } from '../../test/until.js';
import { publishDefaultModel } from '../commands/publish-model.js';
import { identityKey } from '../domain/identity/keys.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { projections } from '../projections/all.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import { CONFIGURATION_ENTITIES } from '../workspaces/entities.js';
import { Workspaces } from '../workspaces/workspaces.js';
import { revokePublicPrivileges, ensureBiRole } from './bi-role.js';
import { withTransaction } from './client.js';
import { createPool } from './database.js';
import { openDataSource } from './data-source.js';
import { runDdl } from './ddl.js';

const WORKSPACES = ['north', 'east', 'south', 'west', 'centre', 'islands'];

let db: TestDatabase;
let store: PostgresEventStore;
const logged: string[] = [];

beforeAll(async () => {
  db = await testDatabase();
  store = new PostgresEventStore(db.pool);
});
afterAll(async () => {
  await store.close();
  await db.drop();
});

/** Appends journeys of new people until it is stopped. */
function load(): { stop(): Promise<void> } {
  let stopping = false;
  let serial = 0;
  const work = async (): Promise<void> => {
    while (!stopping && serial < 2_000) {
      serial += 1;
      const events = Array.from({ length: 60 }, (_, index) =>
        touch(`m-${serial}-${index}`, {
          data: {
            kind: index % 3 === 0 ? 'demo_request' : 'page_view',
            channel: 'direct',
            identity: [
              identityKey('anonymous', `a-${serial}-${index % 9}`),
              ...(index % 3 === 0
                ? [identityKey('email', `p${index % 9}@company-${serial % 40}.example`)]
                : []),
            ],
            verdict: 'human',
            properties: {},
          },
        }),
      );
      const stream = `touchpoints-${serial}`;
      await store.record(events.map((event) => ({ workspace: 'main', stream, event })));
    }
  };
  const running = work();
  return {
    stop: () => {
      stopping = true;
      return running;
    },
  };
}

test('workspaces can be created while projections write, without a deadlock', async () => {
  const configuration = await openDataSource(db.url, CONFIGURATION_ENTITIES);
  const workspaces = new Workspaces(configuration);
  await workspaces.add('main');
  await publishDefaultModel(store, 'main');
  const log = {
    log: (): void => undefined,
    warn: (line: string) => logged.push(line),
    error: (line: string) => logged.push(line),
  };
  const pool = createPool(db.url, { max: 10, applicationName: 'projections' });
  const runner = new SubscriptionRunner({ pool, store, subscriptions: projections, log, largestBatch: 200 });
  runner.start();
  const appending = load();
  try {
    for (const slug of WORKSPACES) {
      await workspaces.add(slug);
      await publishDefaultModel(store, slug);
      expect((await ensureBiRole(db.pool, slug)).warning).toBeUndefined();
    }
  } finally {
    await appending.stop();
    await runner.stop();
    await pool.end();
    await configuration.destroy();
  }
  expect(logged.filter((line) => /deadlock|lock/.test(line))).toEqual([]);
  const { rows } = await db.pool.query<{ deadlocks: number }>(
    'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
  );
  expect(rows).toEqual([{ deadlocks: 0 }]);
});

test('a schema change yields to lock holders and succeeds when the lock is free', async () => {
  await db.pool.query('CREATE TABLE touchline.ddl_trial (n int)');
  let changing: Promise<unknown> | undefined;
  const waits = async (): Promise<number> =>
    (await db.pool.query(`SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'`))
      .rowCount ?? 0;
  await withTransaction(db.pool, async (tx) => {
    await tx.query('INSERT INTO touchline.ddl_trial VALUES (1)');
    changing = runDdl(db.pool, 'ALTER TABLE touchline.ddl_trial ADD COLUMN more text');
    expect(await until(async () => (await waits()) > 0, 10_000)).toBe(true);
    // Whoever comes after is not held up for longer than one attempt.
    expect(await until(async () => (await waits()) === 0, 10_000)).toBe(true);
    await db.pool.query('INSERT INTO touchline.ddl_trial VALUES (2)');
  });
  await changing;
  expect((await db.pool.query('SELECT n, more FROM touchline.ddl_trial ORDER BY n')).rows).toEqual([
    { n: 1, more: null },
    { n: 2, more: null },
  ]);
});

test('a schema change that fails for another reason is not retried', async () => {
  await expect(runDdl(db.pool, 'ALTER TABLE touchline.nowhere ADD COLUMN n int')).rejects.toMatchObject({
    code: '42P01',
  });
});

test('concurrent processes that set and grant the same for the first time all succeed', async () => {
  const role = `ddl_trial_${process.pid}`;
  await db.pool.query(`CREATE ROLE ${role}`);
  try {
    const set = `ALTER ROLE ${role} SET timezone = 'UTC'`;
    let changing: Promise<unknown> | undefined;
    await withTransaction(db.pool, async (tx) => {
      await tx.query(set);
      changing = runDdl(db.pool, set);
      const waits = async (): Promise<boolean> =>
        (await db.pool.query(`SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'`))
          .rowCount === 1;
      expect(await until(waits, 10_000)).toBe(true);
    });
    await changing;
    await Promise.all(Array.from({ length: 4 }, () => revokePublicPrivileges(db.pool)));
    await db.pool.query(`INSERT INTO touchline.workspace (slug, name) VALUES ('late', 'late')`);
    const roles = await Promise.all(Array.from({ length: 4 }, () => ensureBiRole(db.pool, 'late')));
    expect(new Set(roles.map((made) => made.role)).size).toBe(1);
    expect(roles.filter(({ password }) => password !== undefined)).toHaveLength(1);
  } finally {
    await db.pool.query(`DROP ROLE ${role}`);
  }
});

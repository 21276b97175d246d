import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { register } from '../subscriptions/registration.js';
import { Registry } from '../subscriptions/registry.js';
import { BatchFailed, inBatch } from '../subscriptions/batch-transaction.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { DatabaseUnavailable, withClient, withConnection, withTransaction } from './client.js';
import { createPool } from './database.js';
import { openDataSource } from './data-source.js';
import { CONFIGURATION_ENTITIES } from '../workspaces/entities.js';
import type { DataSource } from 'typeorm';

type Work = (client: pg.ClientBase) => Promise<unknown>;

let db: TestDatabase;
let pool: pg.Pool;
let configuration: DataSource;
const unhandled: unknown[] = [];
const collect = (error: unknown): void => void unhandled.push(error);

beforeAll(async () => {
  db = await testDatabase();
  pool = createPool(db.url, { max: 2, applicationName: 'client spec' });
  configuration = await openDataSource(db.url, CONFIGURATION_ENTITIES);
});
afterAll(async () => {
  await configuration.destroy();
  await pool.end();
  await db.drop();
});

/** Every way in which the code comes to a session of its own. */
const USES: readonly (readonly [string, (work: Work) => Promise<unknown>])[] = [
  ['a client', (work) => withClient(pool, work)],
  ['a transaction', (work) => withTransaction(pool, work)],
  ['a connection', (work) => withConnection({ connectionString: db.url }, work)],
  ['the transaction of a batch', (work) => inBatch(pool, 10_000, work)],
  [
    'a transaction of TypeORM',
    (work) =>
      configuration.transaction(async ({ queryRunner }) =>
        work((await queryRunner!.connect()) as pg.ClientBase),
      ),
  ],
];

const pidOf = async (client: pg.ClientBase): Promise<number> =>
  (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid ?? 0;

const terminate = (pid: number) => db.pool.query('SELECT pg_terminate_backend($1, 5000)', [pid]);

describe.each(USES)('a session that the server ends under %s', (_name, use) => {
  test('between two statements fails the work and nothing else', async () => {
    const work = use(async (client) => {
      await terminate(await pidOf(client));
      // The session ends while it is idle: an 'error' event without a listener would end the process.
      await sleep(100);
      return client.query('SELECT 1');
    });
    await expect(work).rejects.toThrow(/terminat|not queryable/);
    expect(await pool.query('SELECT 1 AS one')).toMatchObject({ rows: [{ one: 1 }] });
  });

  test('during a statement fails the work and nothing else', async () => {
    const work = use(async (client) => {
      const pid = await pidOf(client);
      const asleep = client.query('SELECT pg_sleep(30)');
      await Promise.all([expect(asleep).rejects.toThrow(), sleep(100).then(() => terminate(pid))]);
      await asleep;
    });
    await expect(work).rejects.toThrow(/terminat/);
    expect(await pool.query('SELECT 1 AS one')).toMatchObject({ rows: [{ one: 1 }] });
  });

  test('while a statement is cancelled keeps the session', async () => {
    const work = use(async (client) => {
      const pid = await pidOf(client);
      const asleep = client.query('SELECT pg_sleep(30)');
      await Promise.all([
        expect(asleep).rejects.toThrow(),
        sleep(100).then(() => db.pool.query('SELECT pg_cancel_backend($1)', [pid])),
      ]);
      await asleep;
    });
    await expect(work).rejects.toThrow(/cancel/);
    expect(await pool.query('SELECT 1 AS one')).toMatchObject({ rows: [{ one: 1 }] });
  });
});

test('a lost client is reported as DatabaseUnavailable with its cause and removed from the pool', async () => {
  let lost: pg.ClientBase | undefined;
  const work = withTransaction(pool, async (client) => {
    lost = client;
    await terminate(await pidOf(client));
    await sleep(100);
    await client.query('SELECT 1');
  });
  const error = await work.catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(DatabaseUnavailable);
  expect((error as Error).cause).toBeInstanceOf(Error);
  for (let turn = 0; turn < 3; turn += 1)
    await withClient(pool, async (client) => expect(client).not.toBe(lost));
});

test('a batch whose session is lost is an outage and not caused by its events', async () => {
  const batch = inBatch(pool, 10_000, async (tx) => {
    await terminate(await pidOf(tx));
    await sleep(100);
    await tx.query('SELECT 1');
  });
  await expect(batch).rejects.toMatchObject({ name: BatchFailed.name, fault: 'outage' });
});

test('a transaction whose work fails is rolled back on the same session and rethrows the error', async () => {
  const failure = new Error('the work failed');
  let first = 0;
  const work = withTransaction(pool, async (tx) => {
    first = await pidOf(tx);
    await tx.query('CREATE TABLE touchline.never (n int)');
    throw failure;
  });
  await expect(work).rejects.toBe(failure);
  const { rows } = await pool.query<{ there: string | null; pid: number }>(
    `SELECT to_regclass('touchline.never') AS there, pg_backend_pid() AS pid`,
  );
  expect(rows).toEqual([{ there: null, pid: first }]);
});

test('an error of a statement is rethrown unchanged', async () => {
  await expect(withTransaction(pool, (tx) => tx.query('SELECT nothing'))).rejects.toMatchObject({
    code: '42703',
  });
});

test('a client that exceeds the query timeout is discarded without waiting for a rollback', async () => {
  const impatient = createPool(db.url, { max: 1, queryTimeoutMs: 300 });
  const work = withTransaction(impatient, (tx) => tx.query('SELECT pg_sleep(3)'));
  await expect(work).rejects.toBeInstanceOf(DatabaseUnavailable);
  expect(await impatient.query('SELECT 1 AS one')).toMatchObject({ rows: [{ one: 1 }] });
  await impatient.end();
});

test('a pool without a free client is reported as DatabaseUnavailable', async () => {
  const none = createPool('postgres://nobody@127.0.0.1:1/nothing', { max: 1 });
  await expect(withClient(none, async () => 'never')).rejects.toBeInstanceOf(DatabaseUnavailable);
  await none.end();
});

test('checkpoints survive a session that ends between their statements', async () => {
  process.on('uncaughtException', collect);
  const registry = new Registry([]);
  const ending = Array.from({ length: 20 }, () =>
    Promise.allSettled([
      register(pool, registry, [], 0n),
      db.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'client spec'`,
      ),
    ]),
  );
  await Promise.all(ending);
  await register(pool, registry, [], 0n);
  process.off('uncaughtException', collect);
  expect(unhandled).toEqual([]);
});

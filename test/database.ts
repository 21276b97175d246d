import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createPool } from '../src/database/database.js';

export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Cuts sessions that are still open. */
  drop(): Promise<void>;
}

/**
 * A migrated database of the caller's own, cloned from the run's template. Usually one a test file:
 * `beforeAll(async () => { db = await testDatabase(); }); afterAll(() => db.drop());`
 */
export async function testDatabase(options: { readonly max?: number } = {}): Promise<TestDatabase> {
  const template = process.env.TOUCHLINE_TEST_TEMPLATE ?? '';
  const { name, url } = await create(`TEMPLATE ${template} STRATEGY wal_log`);
  const pool = createPool(url, { max: options.max ?? 10, applicationName: 'touchline test' });
  return {
    url,
    pool,
    async drop() {
      await pool.end().catch(() => undefined);
      await admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/** A database without any table, for tests of the migrations themselves. */
export async function emptyDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const { name, url } = await create('');
  return { url, drop: () => admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function create(how: string): Promise<{ name: string; url: string }> {
  const name = `touchline_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await admin(`CREATE DATABASE ${name} ${how}`);
  return { name, url: Object.assign(new URL(server()), { pathname: `/${name}` }).href };
}

async function admin(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server() });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

function server(): string {
  const url = process.env.TOUCHLINE_TEST_SERVER;
  if (!url) throw new Error('no test server: run the tests with jest, whose global setup starts one');
  return url;
}

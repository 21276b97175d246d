import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { ensureBiRole } from './bi-role.js';
import { createPool } from './database.js';
import { startEmbedded } from './embedded.js';
import { migrate } from './migrate.js';
import { smallMachine } from './postgres-settings.js';

/** What one process with all roles holds at the most (docs/operations.md), and a command of the CLI beside it. */
const PROCESS = 42;
const COMMAND = 28;

let db: TestDatabase;
const roles: string[] = [];
/** Roles are the server's, so names are this run's. */
const run = randomBytes(3).toString('hex');

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  for (const role of roles) await db.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await db.drop();
});

const addWorkspace = (pool: pg.Pool, slug: string): Promise<unknown> =>
  pool.query('INSERT INTO touchline.workspace (slug, name) VALUES ($1, $1)', [slug]);

async function addReader(name: string): Promise<string> {
  await addWorkspace(db.pool, `${name}-${run}`);
  const { role } = await ensureBiRole(db.pool, `${name}-${run}`);
  roles.push(role);
  return role;
}

async function limits(): Promise<number[]> {
  const { rows } = await db.pool.query<{ rolconnlimit: number }>(
    'SELECT rolconnlimit FROM pg_roles WHERE rolname = ANY ($1)',
    [roles],
  );
  return rows.map(({ rolconnlimit }) => rolconnlimit);
}

const quarter = async (): Promise<number> => {
  const { rows } = await db.pool.query<{ max_connections: string }>('SHOW max_connections');
  return Math.floor(Number(rows[0]?.max_connections) / 4);
};

test('a single BI login may use a quarter of the connections, at most ten', async () => {
  await addReader('only');
  expect(await limits()).toEqual([Math.min(10, await quarter())]);
});

test('several BI logins share a quarter of the connections equally', async () => {
  for (const name of ['second', 'third', 'fourth']) await addReader(name);
  const all = await limits();
  expect(new Set(all).size).toBe(1);
  expect(all).toHaveLength(4);
  expect(all.reduce((sum, limit) => sum + limit, 0)).toBeLessThanOrEqual(await quarter());
});

test('a BI login with the connection limit of an earlier version gets the new limit at the next start', async () => {
  await db.pool.query(`ALTER ROLE ${roles[0]} CONNECTION LIMIT 40`);
  await ensureBiRole(db.pool, `second-${run}`);
  expect(new Set(await limits()).size).toBe(1);
});

test('more BI logins than connections in the quarter get one connection each', async () => {
  const count = await quarter();
  for (let index = 0; index < count; index += 1) await addReader(`many-${index}`);
  expect(new Set(await limits())).toEqual(new Set([1]));
}, 120_000);

test('embedded PostgreSQL reserves the connections of a server and a command, and leaves a quarter for BI', () => {
  const settings = smallMachine(0);
  const [most, reserved] = [settings['max_connections'], settings['superuser_reserved_connections']].map(
    Number,
  );
  expect(reserved).toBeGreaterThanOrEqual(PROCESS + COMMAND);
  expect(most! - reserved!).toBeGreaterThanOrEqual(Math.floor(most! / 4));
});

test('BI sessions that use all their connections leave Touchline its own', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'touchline-bi-connections-'));
  const settings = { max_connections: '20', superuser_reserved_connections: '12', autovacuum: 'off' };
  const server = await startEmbedded({ dataDir, settings, initdbFlags: ['--no-sync'] });
  const admin = createPool(server.url, { max: 12 });
  const sessions: pg.Client[] = [];
  try {
    await migrate(server.url);
    for (const workspace of ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']) {
      await addWorkspace(admin, workspace);
      const { role, password } = await ensureBiRole(admin, workspace);
      const url = Object.assign(new URL(server.url), { username: role, password });
      const client = new pg.Client({ connectionString: url.href });
      client.on('error', () => undefined);
      const refusal = await client.connect().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (refusal === undefined) sessions.push(client);
      else expect(refusal).toMatchObject({ code: '53300' });
    }
    expect(sessions.length).toBeGreaterThan(0);
    expect(sessions.length).toBeLessThanOrEqual(8);
    const all = Array.from({ length: 12 }, () => admin.query('SELECT pg_sleep(0.5)'));
    expect(await Promise.all(all)).toHaveLength(12);
  } finally {
    for (const client of sessions) await client.end();
    await admin.end();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}, 60_000);

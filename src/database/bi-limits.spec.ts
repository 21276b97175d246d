import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { emptyDatabase, testDatabase, type TestDatabase } from '../../test/database.js';
import { until } from '../../test/until.js';
import { BiGuard } from './bi-guard.js';
import { type BiRole, revokePublicPrivileges, ensureBiRole, scramVerifier } from './bi-role.js';
import { createPool } from './database.js';
import { migrate, readMigrations } from './migrate.js';

// A BI login tries what could hurt: other workspaces' names, the disk, the memory of locks, its own limits. A reader is a
// real login; it asks for write access first, because "read only" is a default that it may change.

const ROWS = join(import.meta.dirname, '../../test/bi-rows.sql');
const [mine, other] = ['mine', 'other'].map((name) => `${name}-${randomBytes(4).toString('hex')}`) as [
  string,
  string,
];

let db: TestDatabase;
let made: BiRole;
let reader: pg.Client;

async function connect(role: BiRole, database: { readonly url: string } = db): Promise<pg.Client> {
  const url = Object.assign(new URL(database.url), { username: role.role, password: role.password ?? '' });
  const client = new pg.Client({ connectionString: url.href });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('SET default_transaction_read_only = off');
  return client;
}

async function dropReaders(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ role: string }>('SELECT role FROM touchline.bi_reader');
  for (const { role } of rows) await pool.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
}

beforeAll(async () => {
  db = await testDatabase();
  const rows = await readFile(ROWS, 'utf8');
  for (const workspace of [mine, other]) await db.pool.query(rows.replaceAll('{w}', workspace));
  made = await ensureBiRole(db.pool, mine);
  await ensureBiRole(db.pool, other);
  expect(await revokePublicPrivileges(db.pool)).toBeUndefined();
  reader = await connect(made);
});
afterAll(async () => {
  await reader?.end();
  await dropReaders(db.pool);
  await db?.drop();
});

describe('a BI login may not use', () => {
  test.each([
    // What fills the disk
    'CREATE TEMP TABLE t AS SELECT 1',
    'SELECT 1 AS x INTO TEMP t',
    'CREATE TABLE public.t (x int)',
    'CREATE TABLE bi.t (x int)',
    'CREATE SCHEMA mine',
    'SELECT lo_create(0)',
    'SELECT lo_creat(-1)',
    `SELECT lo_from_bytea(0, 'x')`,
    `SELECT lo_put(1, 0, 'x')`,
    'SELECT lo_open(1, 131072)',
    `SELECT lo_import('/etc/passwd')`,
    `SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000))`,
    // What takes locks that others need
    'SELECT pg_advisory_lock(7305011846)',
    'SELECT pg_try_advisory_lock(1, 2)',
    'SELECT pg_advisory_xact_lock_shared(g) FROM generate_series(1, 100000) g',
    'BEGIN; LOCK TABLE touchline.migration',
    'BEGIN; LOCK TABLE bi.dim_lead IN ACCESS EXCLUSIVE MODE',
    // What runs programs
    `COPY (SELECT 1) TO PROGRAM 'id'`,
    `COPY (SELECT 1) TO '/tmp/x'`,
    'DO $$ BEGIN LOOP END LOOP; END $$',
    'CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS $$SELECT 1$$',
    'CREATE EXTENSION dblink',
    // What lifts its limits, for the session or for good
    'SET temp_file_limit = -1',
    'ALTER ROLE CURRENT_USER SET temp_file_limit = -1',
    'ALTER ROLE CURRENT_USER RESET temp_file_limit',
    `SET log_min_messages = 'debug5'`,
    `ALTER ROLE CURRENT_USER SET log_min_error_statement = 'debug5'`,
    'ALTER ROLE CURRENT_USER CONNECTION LIMIT -1',
    'ALTER ROLE CURRENT_USER SUPERUSER',
    'ALTER ROLE CURRENT_USER BYPASSRLS',
    'SET row_security = off; SELECT * FROM bi.dim_lead',
    'SET SESSION AUTHORIZATION postgres',
    'ALTER SYSTEM SET work_mem = 1',
    'ALTER DATABASE template1 SET work_mem = 1',
    // What reveals secrets
    'SELECT * FROM pg_authid',
    'SELECT * FROM pg_hba_file_rules',
    'SHOW data_directory',
    `SELECT current_setting('config_file')`,
    `SELECT pg_read_file('postgresql.conf')`,
    `SELECT pg_ls_dir('.')`,
    'SELECT pg_reload_conf()',
    `SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE usename <> current_user OFFSET 0) s`,
  ])('%s', async (sql) => {
    await expect(reader.query(sql)).rejects.toThrow(
      /permission denied|must be (superuser|owner)|would be affected by row-level|row-level security|cannot be executed|must not|denied/,
    );
    await reader.query('ROLLBACK');
  });

  test('sorts larger than temp_file_limit', async () => {
    const { rows } = await reader.query('SHOW temp_file_limit');
    expect(rows).toEqual([{ temp_file_limit: '512MB' }]);
    await db.pool.query(`ALTER ROLE ${made.role} SET temp_file_limit = '1MB'`);
    const limited = await connect(made);
    for (const sort of [
      `SELECT repeat('x', 1000) FROM generate_series(1, 20000) g ORDER BY md5(g::text) OFFSET 19999`,
      `DECLARE kept CURSOR WITH HOLD FOR SELECT repeat('x', 1000) FROM generate_series(1, 20000)`,
      `SELECT count(*) FROM (SELECT DISTINCT repeat(md5(g::text), 30) FROM generate_series(1, 20000) g) d`,
    ]) {
      await limited.query(`SET work_mem = '64kB'`);
      await expect(limited.query(sort)).rejects.toThrow('temporary file size exceeds');
    }
    await limited.end();
    await db.pool.query('SELECT touchline.limit_bi_reader($1, true)', [made.role]);
  });
});

describe('the name of another workspace is hidden from a BI login', () => {
  test('in all catalogues, views and comments', async () => {
    const { rows: relations } = await reader.query<{ name: string }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('pg_catalog', 'information_schema', 'bi') AND c.relkind IN ('r', 'v', 'm')
          AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1`,
    );
    expect(relations.length).toBeGreaterThan(150);
    const found: string[] = [];
    for (const { name } of relations) {
      const rows = await reader
        .query(`SELECT FROM ${name} t WHERE position($1 IN lower(t::text)) > 0`, [other])
        .then(({ rowCount }) => rowCount ?? 0)
        .catch(() => 0); // some views call functions that are for superusers
      if (rows > 0) found.push(name);
    }
    expect(found).toEqual([]);
    // given: its own name is found in the same way
    expect(
      (await reader.query('SELECT FROM bi.dim_lead t WHERE position($1 IN t::text) > 0', [mine])).rowCount,
    ).toBe(4);
  });

  test('in the queries of other sessions', async () => {
    const busy = await db.pool.connect();
    await busy.query('SELECT $1::text AS secret', ['another-tenants-secret']);
    const { rows } = await reader.query(
      `SELECT query FROM pg_stat_activity WHERE usename <> current_user AND query NOT IN ('<insufficient privilege>', '')`,
    );
    busy.release();
    expect(rows).toEqual([]);
  });
});

describe('BiGuard', () => {
  const settings = async (): Promise<readonly string[]> => {
    const { rows } = await db.pool.query<{ setting: string }>(
      `SELECT unnest(setconfig) AS setting FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = setrole
        WHERE rolname = $1 ORDER BY 1`,
      [made.role],
    );
    return rows.map(({ setting }) => setting);
  };
  const guard = async (longest: string) => {
    const sql = 'SELECT what FROM touchline.guard_bi($1) WHERE role = $2';
    return (await db.pool.query<{ what: string }>(sql, [longest, made.role])).rows.map(({ what }) => what);
  };

  test.each([
    'ALTER ROLE CURRENT_USER SET statement_timeout = 0',
    'ALTER ROLE CURRENT_USER RESET ALL',
    `ALTER ROLE CURRENT_USER SET work_mem = '8GB'`,
    `DO_IN_DATABASE SET idle_in_transaction_session_timeout = 0`,
  ])('resets a setting that a BI role changed permanently: %s', async (change) => {
    const before = await settings();
    expect(before).toContain('statement_timeout=15min');
    const database = new URL(db.url).pathname.slice(1);
    await reader.query(change.replace('DO_IN_DATABASE', `ALTER ROLE CURRENT_USER IN DATABASE ${database}`));
    expect(await settings()).not.toEqual(before);
    expect(await guard('1 hour')).toEqual(['limits set again']);
    expect(await settings()).toEqual(before);
    expect(await guard('1 hour')).toEqual([]);
  });

  test.each([
    ['a statement', 'SET statement_timeout = 0', 'SELECT pg_sleep(3600)'],
    ['a transaction that waits', 'SET idle_in_transaction_session_timeout = 0', 'BEGIN; SELECT 1'],
  ])('terminates a session that exceeds its time limit: %s', async (_what, setting, sql) => {
    const session = await connect(made);
    await session.query(setting);
    const asked = session.query(sql).catch((error: unknown) => error);
    expect(await until(async () => (await guard('0 seconds')).includes('session ended'), 10_000)).toBe(true);
    await asked;
    await expect(session.query('SELECT 1')).rejects.toThrow();
  });

  test('runs periodically, and terminates sessions with temporary files while the disk is nearly full', async () => {
    const lines: string[] = [];
    const watching = new BiGuard({
      pool: db.pool,
      log: (line) => lines.push(line),
      folder: tmpdir(),
      everyMs: 20,
      leastFreeBytes: Number.MAX_SAFE_INTEGER,
    });
    await reader.query('ALTER ROLE CURRENT_USER SET statement_timeout = 0');
    const [small, spilling] = [await connect(made), await connect(made)];
    await spilling.query(`SET work_mem = '64kB'`);
    await expect(
      spilling.query(
        `SELECT pg_sleep(3600) FROM (SELECT g FROM generate_series(1, 100000) g OFFSET 0) s ORDER BY md5(g::text)`,
      ),
    ).rejects.toThrow(/terminat/);
    await expect(small.query('SELECT 1')).resolves.toBeDefined();
    await small.end();
    expect(await until(() => lines.length >= 2, 10_000)).toBe(true);
    await watching.stop();
    expect(lines.join('\n')).toContain(`BI role ${made.role}: session ended (the disk is nearly full)`);
    expect(lines.join('\n')).toContain(`BI role ${made.role}: limits set again`);
  });
});

test('a role for dbt reads one workspace and creates objects in its own schema only', async () => {
  const builder = { role: `builder_${randomBytes(4).toString('hex')}`, password: 'secret' };
  await db.pool.query('SELECT touchline.create_bi_builder($1, $2, $3)', [
    mine,
    builder.role,
    builder.password,
  ]);
  const client = await connect(builder);
  await client.query(`CREATE TABLE ${builder.role}.leads AS SELECT * FROM bi.dim_lead`);
  expect((await client.query(`SELECT DISTINCT workspace FROM ${builder.role}.leads`)).rows).toEqual([
    { workspace: mine },
  ]);
  await expect(client.query('CREATE TABLE bi.mine (x int)')).rejects.toThrow('permission denied');
  await expect(client.query('CREATE TABLE public.mine (x int)')).rejects.toThrow('permission denied');
  await expect(client.query('SELECT * FROM touchline.journey')).rejects.toThrow('permission denied');
  await client.end();
  await expect(reader.query(`SELECT * FROM ${builder.role}.leads`)).rejects.toThrow('permission denied');
});

test('BI logins of earlier versions keep their access after an upgrade and get a random name', async () => {
  const empty = await emptyDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'touchline-before-'));
  for (const { number, name, sql } of await readMigrations())
    if (number < 20) await writeFile(join(folder, `${name}.sql`), sql);
  await migrate(empty.url, folder);
  const pool = createPool(empty.url, { max: 2 });
  for (const workspace of [mine, other]) {
    await pool.query('INSERT INTO touchline.workspace (slug, name) VALUES ($1, $1)', [workspace]);
    await pool.query(`SELECT touchline.create_bi_role($1, $2)`, [workspace, scramVerifier('secret')]);
    await pool.query('SELECT touchline.grant_bi($1, touchline.bi_role_name($1))', [workspace]);
  }
  const before = { role: `touchline_bi_${mine.replaceAll('-', '_')}`, password: 'secret' };
  const seen = async (client: pg.Client) => (await client.query('SELECT workspace FROM bi.dim_account')).rows;
  const open = await connect(before, empty);
  expect(await seen(open)).toEqual([{ workspace: mine }]);

  await migrate(empty.url);
  expect(await seen(open)).toEqual([{ workspace: mine }]);
  await open.end();
  const renamed = await ensureBiRole(pool, mine);
  await ensureBiRole(pool, other);
  expect(renamed.formerly).toBe(before.role);
  const client = await connect({ ...renamed, password: 'secret' }, empty);
  expect(await seen(client)).toEqual([{ workspace: mine }]);
  const named = await client.query(
    `SELECT FROM pg_roles WHERE position($1 IN rolname) > 0
     UNION ALL SELECT FROM pg_policies p WHERE position($2 IN p::text) > 0
     UNION ALL SELECT FROM pg_shdescription d WHERE position($2 IN d.description) > 0`,
    [other.replaceAll('-', '_'), other],
  );
  expect(named.rowCount).toBe(0);
  const limits = await client.query(
    `SELECT rolconnlimit = least(10, current_setting('max_connections')::integer / 4 / 2) AS shared FROM pg_roles
      WHERE rolname = current_user`,
  );
  expect(limits.rows).toEqual([{ shared: true }]);
  await client.end();
  await dropReaders(pool);
  await pool.end();
  await empty.drop();
  await rm(folder, { recursive: true });
});

describe('on a server without superuser privileges', () => {
  test('all permitted limits are set, and one log line lists the others', async () => {
    const empty = await emptyDatabase();
    const owner = `owner_${randomBytes(4).toString('hex')}`;
    const database = new URL(empty.url).pathname.slice(1);
    await db.pool.query(
      `CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'x'; ALTER DATABASE ${database} OWNER TO ${owner}`,
    );
    const url = Object.assign(new URL(empty.url), { username: owner, password: 'x' }).href;
    await migrate(url);
    const pool = createPool(url);
    await pool.query((await readFile(ROWS, 'utf8')).replaceAll('{w}', mine));
    const role = await ensureBiRole(pool, mine);
    expect(role.warning).toBeUndefined();
    expect(await revokePublicPrivileges(pool)).toBe(
      'BI logins can still use WAL messages, advisory locks, large objects, programs in PL/pgSQL: the user of DATABASE_URL ' +
        'may not revoke it. A superuser has to run once in this database: SELECT touchline.close_database()',
    );
    const client = await connect(role, empty);
    expect((await client.query('SELECT DISTINCT workspace FROM bi.fact_touchpoint')).rows).toEqual([
      { workspace: mine },
    ]);
    await expect(client.query('CREATE TEMP TABLE t (x int)')).rejects.toThrow('permission denied');
    // given: an administrator limited it further; this is left alone
    await db.pool.query(`ALTER ROLE ${role.role} SET temp_file_limit = '64MB'`);
    expect((await pool.query('SELECT what FROM touchline.guard_bi()')).rows).toEqual([]);
    // given: it takes the limits off
    await client.query('ALTER ROLE CURRENT_USER SET statement_timeout = 0');
    const waiting = client.query('SELECT pg_sleep(3600)').catch(String);
    const ended = async () => {
      const { rows } = await pool.query<{ what: string }>(`SELECT what FROM touchline.guard_bi('0 seconds')`);
      return rows.some(({ what }) => what === 'session ended');
    };
    expect(await until(ended, 10_000)).toBe(true);
    expect(await waiting).toMatch(/terminat/);
    expect((await pool.query(`SELECT what FROM touchline.guard_bi()`)).rows).toEqual([]);
    // and what the superuser is asked to run does it, without taking it from the owner
    const superuser = createPool(empty.url, { max: 1 });
    await superuser.query('SELECT touchline.close_database()');
    await superuser.end();
    expect(await revokePublicPrivileges(pool)).toBeUndefined();
    await dropReaders(pool);
    await pool.end();
    await empty.drop();
    await db.pool.query(`DROP OWNED BY ${owner}; DROP ROLE ${owner}`);
  });
});

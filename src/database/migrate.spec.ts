import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyDatabase } from '../../test/database.js';
import type { Pool } from 'pg';
import { createPool } from './database.js';
import { migrate, MIGRATIONS, readMigrations } from './migrate.js';

const SECOND = 'INSERT INTO touchline.a VALUES (2);\nSELECT pg_sleep(0.1);\n';
let folder: string;
let db: Awaited<ReturnType<typeof emptyDatabase>>;
let pool: Pool;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchline-migrations-'));
});
beforeEach(async () => {
  await write('0001-first.sql', 'CREATE TABLE touchline.a (n int); INSERT INTO touchline.a VALUES (1);');
  await write('0002-second.sql', SECOND);
  db = await emptyDatabase();
  pool = createPool(db.url);
});
afterEach(async () => {
  await pool.end();
  await db.drop();
  await rm(join(folder, '0003-third.sql'), { force: true });
  await rm(join(folder, 'repeatable'), { recursive: true, force: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const write = (name: string, sql: string) => writeFile(join(folder, name), sql);
const numbers = async () =>
  (await pool.query<{ n: number }>('SELECT n FROM touchline.a ORDER BY n')).rows.map(({ n }) => n);

test('migrate applies new migrations once, in order', async () => {
  expect(await migrate(db.url, folder)).toEqual(['0001-first', '0002-second']);
  await write('0003-third.sql', 'INSERT INTO touchline.a VALUES (3)');
  expect(await migrate(pool, folder)).toEqual(['0003-third']);
  expect(await migrate(pool, folder)).toEqual([]);
  expect(await numbers()).toEqual([1, 2, 3]);
});

test('concurrent processes wait for the one that migrates', async () => {
  const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(db.url, folder)));
  expect(applied.flat()).toEqual(['0001-first', '0002-second']);
  expect(await numbers()).toEqual([1, 2]);
});

test('a migration that was changed after it had been applied is refused', async () => {
  await migrate(db.url, folder);
  await write('0001-first.sql', 'CREATE TABLE touchline.a (n int, m int)');
  await expect(migrate(db.url, folder)).rejects.toThrow(/0001-first was changed/);
});

test('a migration with other line endings is unchanged', async () => {
  await migrate(db.url, folder);
  await write('0002-second.sql', SECOND.replaceAll('\n', '\r\n'));
  expect(await migrate(db.url, folder)).toEqual([]);
});

test('a failing migration is rolled back, keeps earlier migrations, and is named', async () => {
  await write('0003-third.sql', 'INSERT INTO touchline.a VALUES (3); SELECT 1/0;');
  await expect(migrate(db.url, folder)).rejects.toThrow('migration 0003-third failed: division by zero');
  expect(await numbers()).toEqual([1, 2]);
  await write('0003-third.sql', 'INSERT INTO touchline.a VALUES (4)');
  expect(await migrate(db.url, folder)).toEqual(['0003-third']);
});

describe('repeatable files', () => {
  const views = (column: string) =>
    write(
      'repeatable/views.sql',
      `DROP SCHEMA IF EXISTS v CASCADE; CREATE SCHEMA v;
      CREATE VIEW v.a AS SELECT n AS ${column} FROM touchline.a`,
    );
  const columns = async () => (await pool.query('SELECT * FROM v.a LIMIT 1')).fields.map(({ name }) => name);

  beforeEach(async () => {
    await mkdir(join(folder, 'repeatable'));
    await write(
      '0002-second.sql',
      `${SECOND}CREATE TABLE touchline.repeatable_migration (checksum text PRIMARY KEY);`,
    );
    await views('n');
    await migrate(db.url, folder);
  });

  test('are applied again only when their text changes', async () => {
    await pool.query('CREATE VIEW v.mark AS SELECT 1');
    await migrate(db.url, folder);
    await expect(pool.query('SELECT * FROM v.mark')).resolves.toBeDefined();
    await views('renamed');
    expect(await migrate(db.url, folder)).toEqual([]);
    expect(await columns()).toEqual(['renamed']);
    await expect(pool.query('SELECT * FROM v.mark')).rejects.toThrow('does not exist');
  });

  test('are applied after a numbered migration, which may drop them to change a table', async () => {
    await write(
      '0003-third.sql',
      'DROP SCHEMA v CASCADE; ALTER TABLE touchline.a ALTER n TYPE bigint; INSERT INTO touchline.a VALUES (3)',
    );
    await migrate(db.url, folder);
    expect(await columns()).toEqual(['n']);
  });

  test('that fail after a numbered migration are applied again at the next start', async () => {
    const sql = 'DROP SCHEMA v CASCADE; ALTER TABLE touchline.a RENAME n TO m';
    await write('0003-third.sql', sql);
    await expect(migrate(db.url, folder)).rejects.toThrow('migration repeatable failed');
    await pool.query('ALTER TABLE touchline.a RENAME m TO n');
    expect(await migrate(db.url, folder)).toEqual([]);
    expect(await columns()).toEqual(['n']);
  });

  test('that fail leave the previous objects', async () => {
    await write('repeatable/views.sql', 'DROP SCHEMA v CASCADE; SELECT 1/0');
    await expect(migrate(db.url, folder)).rejects.toThrow('migration repeatable failed: division by zero');
    expect(await columns()).toEqual(['n']);
  });
});

test('a database migrated by a newer Touchline is refused', async () => {
  await write('0003-third.sql', 'INSERT INTO touchline.a VALUES (3)');
  await migrate(db.url, folder);
  await rm(join(folder, '0003-third.sql'));
  await expect(migrate(db.url, folder)).rejects.toThrow(/0003-third.*newer/);
});

test('the numbers of the shipped migrations are unique', async () => {
  const shipped = await readMigrations();
  expect(shipped.map(({ number }) => number)).toEqual([...new Set(shipped.map(({ number }) => number))]);
  expect(shipped[0]?.name).toBe('0001-event-log');
});

test('a touchpoint stored with its inherited origin shows it after the upgrade until it is written again', async () => {
  const earlier = await mkdtemp(join(tmpdir(), 'touchline-migrations-'));
  for (const { number, name } of await readMigrations())
    if (number < 35) await copyFile(join(MIGRATIONS, `${name}.sql`), join(earlier, `${name}.sql`));
  await migrate(db.url, earlier);
  await pool.query(
    `INSERT INTO touchline.journey (workspace, lead_id, event_id, session_id, origin_id, position, occurred_at, recorded_at, kind,
                                    channel, identity, verdict, known_from)
     SELECT 'main', md5('lead')::uuid, md5('page')::uuid, md5('ad')::uuid, md5('ad')::uuid, 1, now(), now(), 'page_view', 'paid_search',
            '{}', 'human', 1`,
  );
  expect(await migrate(db.url)).toContain('0035-local-sessions');
  const { rows } = await pool.query(
    `SELECT channel, session_key = touchpoint_key AS alone, starts_session FROM bi.fact_touchpoint`,
  );
  expect(rows).toEqual([{ channel: 'paid_search', alone: true, starts_session: false }]);
  await rm(earlier, { recursive: true });
});

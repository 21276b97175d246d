import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

export const MIGRATIONS = join(import.meta.dirname, 'migrations');

/** Any number, the same in every process: whoever holds it migrates, the others wait. */
const LOCK = 7_305_011_846;

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  readonly sql: string;
}

/** The schema cannot be brought up to date: a file was changed after it had been applied, or its SQL failed. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** Migration files in the order of their numbers. @throws MigrationError two files have one number. */
export async function readMigrations(folder = MIGRATIONS): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => /^\d{4}-.+\.sql$/.test(file)).sort();
  const migrations = await Promise.all(
    files.map(async (file) => {
      const sql = await readFile(join(folder, file), 'utf8');
      const checksum = createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex');
      return { number: Number(file.slice(0, 4)), name: file.slice(0, -'.sql'.length), checksum, sql };
    }),
  );
  const twice = migrations.find((migration, index) => migrations[index - 1]?.number === migration.number);
  if (twice) throw new MigrationError(`two migrations have the number of ${twice.name}`);
  return migrations;
}

/**
 * Brings the schema up to date; safe when several processes start at once. Each file runs in a transaction of its own
 * and is recorded with its checksum.
 *
 * @returns the names of the files applied now
 * @throws MigrationError
 */
export async function migrate(database: string | pg.Pool, folder = MIGRATIONS): Promise<string[]> {
  const migrations = await readMigrations(folder);
  if (typeof database !== 'string') {
    const client = await database.connect();
    return underLock(client, migrations).finally(() => client.release());
  }
  const client = new pg.Client({ connectionString: database, application_name: 'touchline migrate' });
  await client.connect();
  return underLock(client, migrations).finally(() => client.end());
}

async function underLock(client: pg.ClientBase, migrations: readonly Migration[]): Promise<string[]> {
  await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
  try {
    return await applyPending(client, migrations);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK]);
  }
}

async function applyPending(client: pg.ClientBase, migrations: readonly Migration[]): Promise<string[]> {
  const applied = await appliedMigrations(client);
  const files = new Map(migrations.map((migration) => [migration.number, migration]));
  for (const { number, name, checksum } of applied) {
    const file = files.get(number);
    if (!file)
      throw new MigrationError(`the database has migration ${name}: it was made by a newer Touchline`);
    if (file.checksum !== checksum)
      throw new MigrationError(
        `migration ${file.name} was changed after it had been applied; add a new file instead`,
      );
    files.delete(number);
  }
  for (const migration of files.values()) await apply(client, migration);
  return [...files.values()].map(({ name }) => name);
}

type Applied = Pick<Migration, 'number' | 'name' | 'checksum'>;

async function appliedMigrations(client: pg.ClientBase): Promise<Applied[]> {
  await client.query(`
    CREATE SCHEMA IF NOT EXISTS touchline;
    CREATE TABLE IF NOT EXISTS touchline.migration (
      number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
    )`);
  const { rows } = await client.query<Applied>(
    'SELECT number, name, checksum FROM touchline.migration ORDER BY number',
  );
  return rows;
}

async function apply(client: pg.ClientBase, { number, name, checksum, sql }: Migration): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query(sql);
    await client.query('INSERT INTO touchline.migration (number, name, checksum) VALUES ($1, $2, $3)', [
      number,
      name,
      checksum,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw new MigrationError(`migration ${name} failed: ${(error as Error).message}`, { cause: error });
  }
}

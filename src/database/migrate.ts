import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { withClient, withConnection } from './client.js';

export const MIGRATIONS = join(import.meta.dirname, 'migrations');

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
      return {
        number: Number(file.slice(0, 4)),
        name: file.slice(0, -'.sql'.length),
        checksum: checksumOf(sql),
        sql,
      };
    }),
  );
  const duplicate = migrations.find((migration, index) => migrations[index - 1]?.number === migration.number);
  if (duplicate) throw new MigrationError(`two migrations have the same number as ${duplicate.name}`);
  return migrations;
}

const checksumOf = (sql: string): string =>
  createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex');

/**
 * What is made again as a whole whenever its text changes, and after every numbered file: the views of schema `bi`, so
 * that a numbered file may drop them to change a table under them.
 */
interface Repeatable {
  readonly sql: string;
  readonly checksum: string;
}

/** The files of folder `repeatable`, in the order of their names, as one. Undefined when there is none. */
async function readRepeatable(folder: string): Promise<Repeatable | undefined> {
  const files = await readdir(join(folder, 'repeatable')).catch(() => []);
  if (files.length === 0) return undefined;
  const texts = await Promise.all(
    files.sort().map((file) => readFile(join(folder, 'repeatable', file), 'utf8')),
  );
  const sql = texts.join('\n');
  return { sql, checksum: checksumOf(sql) };
}

/**
 * Brings the schema up to date; safe when several processes start at once. Each file is applied whole or not at all and
 * recorded with its checksum; then what is repeatable is made again where it has to be.
 *
 * @returns the names of the files applied now
 * @throws MigrationError
 */
export async function migrate(database: string | pg.Pool, folder = MIGRATIONS): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const repeatable = await readRepeatable(folder);
  const work = (client: pg.ClientBase): Promise<string[]> => migrateUnderLock(client, migrations, repeatable);
  return typeof database === 'string'
    ? withConnection({ connectionString: database, application_name: 'touchline migrate' }, work)
    : withClient(database, work);
}

/**
 * One transaction, in which each file has a savepoint. Whoever has the lock on the table migrates, the others wait; not an
 * advisory lock, because a role that reads schema bi could take that.
 */
async function migrateUnderLock(
  client: pg.ClientBase,
  migrations: readonly Migration[],
  repeatable: Repeatable | undefined,
): Promise<string[]> {
  await createHistory(client);
  await client.query('BEGIN');
  try {
    await client.query('LOCK TABLE touchline.migration IN SHARE ROW EXCLUSIVE MODE');
    const pending = pendingOf(migrations, await appliedMigrations(client));
    for (const migration of pending) await apply(client, migration);
    if (repeatable) await applyRepeatable(client, repeatable);
    await client.query('COMMIT');
    return pending.map(({ name }) => name);
  } catch (error) {
    await client.query('COMMIT').catch(() => undefined); // what was applied before the fault stays
    throw error;
  }
}

/** Processes that start at once on an empty database may collide here: the second time it is there. */
async function createHistory(client: pg.ClientBase, attempts = 5): Promise<void> {
  try {
    await client.query(`
      CREATE SCHEMA IF NOT EXISTS touchline;
      CREATE TABLE IF NOT EXISTS touchline.migration (
        number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
      )`);
  } catch (error) {
    const collided = error instanceof pg.DatabaseError && ALREADY_EXISTS.includes(error.code ?? '');
    if (!collided || attempts === 1) throw error;
    await createHistory(client, attempts - 1);
  }
}

/** unique_violation of a catalogue, duplicate_schema, duplicate_table. */
const ALREADY_EXISTS = ['23505', '42P06', '42P07'];

type Applied = Pick<Migration, 'number' | 'name' | 'checksum'>;

async function appliedMigrations(client: pg.ClientBase): Promise<Applied[]> {
  const { rows } = await client.query<Applied>(
    'SELECT number, name, checksum FROM touchline.migration ORDER BY number',
  );
  return rows;
}

/** @throws MigrationError an applied file is missing or was changed */
function pendingOf(migrations: readonly Migration[], applied: readonly Applied[]): Migration[] {
  const files = new Map(migrations.map((migration) => [migration.number, migration]));
  for (const { number, name, checksum } of applied) {
    const file = files.get(number);
    if (!file)
      throw new MigrationError(
        `the database has migration ${name}: it was created by a newer Touchline; upgrade Touchline, or restore a backup`,
      );
    if (file.checksum !== checksum)
      throw new MigrationError(
        `migration ${file.name} was changed after it had been applied; restore it and add a new file`,
      );
    files.delete(number);
  }
  return [...files.values()];
}

async function apply(client: pg.ClientBase, { number, name, checksum, sql }: Migration): Promise<void> {
  await inSavepoint(client, name, async () => {
    await client.query(sql);
    await client.query('INSERT INTO touchline.migration (number, name, checksum) VALUES ($1, $2, $3)', [
      number,
      name,
      checksum,
    ]);
    await client.query(RESET_REPEATABLE);
  });
}

/** A numbered file may drop what is repeatable: so it is made again, at the next start when it fails at this one. */
const RESET_REPEATABLE = `
  DO $$ BEGIN
    IF to_regclass('touchline.repeatable_migration') IS NOT NULL THEN DELETE FROM touchline.repeatable_migration; END IF;
  END $$`;

async function applyRepeatable(client: pg.ClientBase, { sql, checksum }: Repeatable): Promise<void> {
  const { rows } = await client.query<{ checksum: string }>(
    'SELECT checksum FROM touchline.repeatable_migration',
  );
  if (rows[0]?.checksum === checksum) return;
  await inSavepoint(client, 'repeatable', async () => {
    await client.query(sql);
    await client.query(RESET_REPEATABLE);
    await client.query('INSERT INTO touchline.repeatable_migration (checksum) VALUES ($1)', [checksum]);
  });
}

/** @throws MigrationError */
async function inSavepoint(client: pg.ClientBase, name: string, work: () => Promise<void>): Promise<void> {
  await client.query('SAVEPOINT migration');
  try {
    await work();
    await client.query('RELEASE SAVEPOINT migration');
  } catch (error) {
    await client.query('ROLLBACK TO SAVEPOINT migration').catch(() => undefined);
    throw new MigrationError(`migration ${name} failed: ${(error as Error).message}`, { cause: error });
  }
}

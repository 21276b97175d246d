import pg from 'pg';
import { EmbeddedDatabaseError, startEmbedded } from './embedded.js';
import { migrate } from './migrate.js';

/** The database a process works on, migrated; `stop` ends the embedded server when this process started it. */
export interface OpenDatabase {
  readonly url: string;
  readonly embedded: boolean;
  stop(): Promise<void>;
}

/** DATABASE_URL leads nowhere. The message is one line without the password. */
export class DatabaseUnreachable extends Error {
  override readonly name = 'DatabaseUnreachable';
}

interface OpenOptions {
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly log?: (line: string) => void;
}

/**
 * Starts embedded PostgreSQL unless `databaseUrl` names a server, and brings the schema up to date.
 *
 * @throws EmbeddedDatabaseError, DatabaseUnreachable, MigrationError
 */
export async function openDatabase({ databaseUrl, dataDir, log }: OpenOptions): Promise<OpenDatabase> {
  if (databaseUrl !== undefined) {
    await checkReachable(databaseUrl);
    await migrate(databaseUrl);
    return { url: databaseUrl, embedded: false, stop: () => Promise.resolve() };
  }
  const server = await startEmbedded({ dataDir, ...(log ? { log } : {}) });
  try {
    await migrate(server.url);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { url: server.url, embedded: true, stop: () => server.stop() };
}

/** Faults that a person at the terminal can mend, told in one line instead of a stack. */
export const isDatabaseFault = (error: unknown): error is Error =>
  error instanceof EmbeddedDatabaseError || error instanceof DatabaseUnreachable;

async function checkReachable(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num');
    const version = Number(rows[0]?.server_version_num ?? 0);
    if (version < 150_000)
      throw new Error(`the server is PostgreSQL ${Math.floor(version / 10_000)}, 15 or later is needed`);
  } catch (error) {
    throw new DatabaseUnreachable(`DATABASE_URL: cannot use ${nameOf(url)}: ${reasonOf(error)}`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Host, port, database and user of a URL, without its password. */
function nameOf(url: string): string {
  const { hostname, port, pathname, username } = new URL(url);
  return `database ${decodeURIComponent(pathname.slice(1))} on ${hostname}:${port || 5432} as ${username || 'the default user'}`;
}

/** An AggregateError of several addresses has no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

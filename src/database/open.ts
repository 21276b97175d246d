import { setTimeout as sleep } from 'node:timers/promises';
import { connectWhenAccepting } from './connect-when-accepting.js';
import { EmbeddedDatabaseError, runningUrl, startEmbedded } from './embedded.js';
import { migrate } from './migrate.js';

/** The database a process works on, migrated; `stop` ends the embedded server when this process started it. */
export interface OpenDatabase {
  readonly url: string;
  stop(): Promise<void>;
}

/** DATABASE_URL leads nowhere. The message is one line without the password. */
export class DatabaseUnreachable extends Error {
  override readonly name = 'DatabaseUnreachable';
}

type LogLine = (line: string) => void;

interface OpenOptions {
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly log: LogLine;
  /**
   * When another process runs the server of the data folder: `wait` a moment for it to end, as it does when only its
   * parent was killed, or `join` it.
   */
  readonly whenInUse: 'wait' | 'join';
}

const WAIT_MS = 4_000;

/**
 * Starts embedded PostgreSQL unless `databaseUrl` names a server, and brings the schema up to date.
 *
 * @throws EmbeddedDatabaseError, DatabaseUnreachable, MigrationError
 */
export async function openDatabase(options: OpenOptions): Promise<OpenDatabase> {
  const database =
    options.databaseUrl === undefined
      ? await openEmbedded(options)
      : await openExternal(options.databaseUrl, options.log);
  try {
    await migrate(database.url);
    return database;
  } catch (error) {
    await database.stop();
    throw error;
  }
}

async function openExternal(url: string, log: LogLine): Promise<OpenDatabase> {
  await checkReachable(url, log);
  return { url, stop: () => Promise.resolve() };
}

async function openEmbedded({ dataDir, log, whenInUse }: OpenOptions): Promise<OpenDatabase> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    try {
      return await startEmbedded({ dataDir, log });
    } catch (error) {
      if (!(error instanceof EmbeddedDatabaseError) || error.code !== 'in-use') throw error;
      if (whenInUse === 'join') return joinRunning(dataDir, error, log);
      if (Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

/** @throws EmbeddedDatabaseError the server that owns the folder does not answer */
async function joinRunning(
  dataDir: string,
  inUse: EmbeddedDatabaseError,
  log: LogLine,
): Promise<OpenDatabase> {
  const url = await runningUrl(dataDir);
  if (url === undefined) throw inUse;
  await checkReachable(url, log).catch(() => {
    throw inUse;
  });
  return { url, stop: () => Promise.resolve() };
}

/** Faults that a person at the terminal can fix: one line instead of a stack. */
export const isDatabaseFault = (error: unknown): error is Error =>
  error instanceof EmbeddedDatabaseError || error instanceof DatabaseUnreachable;

async function checkReachable(url: string, log: LogLine): Promise<void> {
  try {
    const version = await connectWhenAccepting(url, log, async (client) => {
      const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num');
      return Number(rows[0]?.server_version_num ?? 0);
    });
    if (version < 150_000)
      throw new Error(
        `the server is PostgreSQL ${Math.floor(version / 10_000)}, but 15 or later is required`,
      );
  } catch (error) {
    throw new DatabaseUnreachable(`DATABASE_URL: cannot use ${nameOf(url)}: ${reasonOf(error)}`, {
      cause: error,
    });
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

import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describeError } from './embedded-error.js';
import { acquireInstanceLock } from './instance-lock.js';
import { checkVersion, clusterFolder, exists, readPassword, trimLog } from './data-folder.js';
import { locateBinaries, postgresUser } from './postgres-binaries.js';
import { PostgresServer, urlOf } from './postgres-server.js';
import { clearOrphan } from './postmaster-stop.js';
import { initialise, type Cluster } from './postmaster.js';

export { EmbeddedDatabaseError } from './embedded-error.js';

export interface EmbeddedOptions {
  /** Made when missing. Holds the cluster (`postgres/`), its log and password, and the lock of the owning process. */
  readonly dataDir: string;
  /** Default: the port of the last start when it is free, else any free one. */
  readonly port?: number;
  /** Further PostgreSQL settings; they win over the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where root keeps what its user `postgres` could not reach otherwise. Default: /var/lib/touchline. */
  readonly systemFolder?: string;
  readonly initdbFlags?: readonly string[];
  /** One line for the operator: the server died and was started again, the cluster lies elsewhere. */
  readonly log?: (line: string) => void;
}

export interface Embedded {
  readonly url: string;
  readonly port: number;
  readonly pid: () => number | undefined;
  /** Stops the server and gives the data folder free. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL in a data folder, on 127.0.0.1 only. After `kill -9` of the owner the next start recovers by
 * itself; a server that dies while Touchline lives is started again on the same port.
 *
 * @throws EmbeddedDatabaseError
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const dataDir = resolve(options.dataDir);
  const subject = `embedded PostgreSQL in ${dataDir}`;
  try {
    await mkdir(dataDir, { recursive: true });
    const lock = await acquireInstanceLock(join(dataDir, 'touchline.lock'));
    try {
      const server = await prepare(dataDir, options);
      const stop = async () => {
        await server.stop();
        await lock.release();
      };
      return { url: server.url, port: server.port, pid: server.pid, stop };
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw describeError(error, subject);
  }
}

/** Where the server of a data folder serves while another process runs it; undefined when none was ever started. */
export async function runningUrl(dataDir: string): Promise<string | undefined> {
  const read = (name: string) => readFile(join(dataDir, name), 'utf8').catch(() => '');
  const [port, password] = await Promise.all([read('postgres.port'), read('postgres.password')]);
  return port && password ? urlOf(port.trim(), password.trim()) : undefined;
}

async function prepare(dataDir: string, options: EmbeddedOptions): Promise<PostgresServer> {
  const user = await postgresUser();
  const systemFolder = options.systemFolder ?? '/var/lib/touchline';
  const binaries = await locateBinaries(user, systemFolder);
  const folder = await clusterFolder(dataDir, user, systemFolder, options.log);
  const cluster: Cluster = { folder, logFile: join(dataDir, 'postgres.log'), binaries, user };
  const password = await readPassword(dataDir, folder);
  if (!(await exists(folder))) await initialise(cluster, password, options.initdbFlags);
  await checkVersion(folder);
  await clearOrphan(cluster, options.log);
  await trimLog(cluster.logFile);
  const server = new PostgresServer(cluster, join(dataDir, 'postgres.port'), password, options);
  await server.start();
  return server;
}

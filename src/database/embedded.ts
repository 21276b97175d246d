import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, stat, symlink, truncate, writeFile, realpath } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { EmbeddedDatabaseError, explain } from './embedded-error.js';
import { acquireInstanceLock } from './instance-lock.js';
import { canEnter, locateBinaries, postgresUser, SYSTEM_FOLDER, type OsUser } from './postgres-binaries.js';
import { clearOrphan, end, initialise, launch, type Cluster } from './postmaster.js';

export { EmbeddedDatabaseError } from './embedded-error.js';

const MAJOR = '18';
const LOG_LIMIT = 20_000_000;

export interface EmbeddedOptions {
  /** Made when missing. Holds the cluster (`postgres/`), its log and password, and the lock of the owning process. */
  readonly dataDir: string;
  /** Default: the port of the last start when it is free, else any free one. */
  readonly port?: number;
  /** Further PostgreSQL settings; they win over the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
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
  const doing = `embedded PostgreSQL in ${dataDir}`;
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
    throw explain(error, doing);
  }
}

const urlOf = (port: number | string, password: string): string =>
  `postgres://postgres:${password}@127.0.0.1:${port}/touchline`;

/** Where the server of a data folder serves while another process runs it; undefined when none was ever started. */
export async function runningUrl(dataDir: string): Promise<string | undefined> {
  const read = (name: string) => readFile(join(dataDir, name), 'utf8').catch(() => '');
  const [port, password] = await Promise.all([read('postgres.port'), read('postgres.password')]);
  return port && password ? urlOf(port.trim(), password.trim()) : undefined;
}

async function prepare(dataDir: string, options: EmbeddedOptions): Promise<Server> {
  const user = await postgresUser();
  const binaries = await locateBinaries(user);
  const folder = await clusterFolder(dataDir, user, options.log);
  const cluster: Cluster = { folder, logFile: join(dataDir, 'postgres.log'), binaries, user };
  const password = await readPassword(dataDir, folder);
  if (!(await exists(folder))) await initialise(cluster, password, options.initdbFlags);
  await checkVersion(folder);
  await clearOrphan(cluster);
  if (((await stat(cluster.logFile).catch(() => undefined))?.size ?? 0) > LOG_LIMIT)
    await truncate(cluster.logFile);
  const server = new Server(cluster, dataDir, password, options);
  await server.start();
  return server;
}

/** Keeps one postmaster running. */
class Server {
  readonly #cluster: Cluster;
  readonly #dataDir: string;
  readonly #password: string;
  readonly #options: EmbeddedOptions;
  #child: ChildProcess | undefined;
  #stopping = false;
  #restarting: Promise<void> | undefined;
  port = 0;

  constructor(cluster: Cluster, dataDir: string, password: string, options: EmbeddedOptions) {
    this.#cluster = cluster;
    this.#dataDir = dataDir;
    this.#password = password;
    this.#options = options;
  }

  get url(): string {
    return urlOf(this.port, this.#password);
  }

  readonly pid = () => this.#child?.pid;

  async start(): Promise<void> {
    const portFile = join(this.#dataDir, 'postgres.port');
    const last = Number(await readFile(portFile, 'utf8').catch(() => '0'));
    for (let attempt = 0; this.port === 0; attempt++) {
      const port = this.#options.port ?? (await freePort(attempt === 0 ? last : 0));
      await this.#launch(port).catch((error: unknown) => this.#orAnotherPort(error, port, attempt));
    }
    process.once('exit', this.#onExit);
    await writeFile(portFile, String(this.port));
    await createDatabase(this.url);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    process.removeListener('exit', this.#onExit);
    await this.#restarting;
    const pid = this.#child?.pid;
    this.#child = undefined;
    if (pid !== undefined) await end(this.#cluster, pid);
  }

  async #launch(port: number): Promise<void> {
    const child = await launch(this.#cluster, { ...defaults(port), ...this.#options.settings });
    this.port = port;
    this.#child = child;
    child.once('exit', () => {
      if (!this.#stopping && this.#child === child) this.#restarting ??= this.#restart();
    });
  }

  /** Another process took the port between our look and the start. */
  #orAnotherPort(error: unknown, port: number, attempt: number): void {
    if (!/could not (bind|create any TCP)|Address already in use/i.test(String(error)) || attempt > 10)
      throw error;
    if (this.#options.port !== undefined)
      throw new EmbeddedDatabaseError('port-taken', `port ${port}, wanted for PostgreSQL, is taken`);
  }

  async #restart(): Promise<void> {
    this.#options.log?.(`PostgreSQL ended unexpectedly and is started again; see ${this.#cluster.logFile}`);
    for (let delay = 100; !this.#stopping; delay = Math.min(delay * 2, 10_000)) {
      try {
        await clearOrphan(this.#cluster);
        await this.#launch(this.port);
        break;
      } catch (error) {
        this.#options.log?.(explain(error, 'PostgreSQL cannot be started again').message);
        await sleep(delay);
      }
    }
    this.#restarting = undefined;
  }

  /** The process ends without stop(): an uncaught error. A signal is all that can be sent now. */
  readonly #onExit = () => this.#child?.kill('SIGINT');
}

/** For a small machine; measured on 2 cores. */
function defaults(port: number): Record<string, string> {
  const constrained = process.constrainedMemory();
  const memoryMb = Math.min(totalmem(), constrained > 0 ? constrained : Infinity) / 2 ** 20;
  return {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '80',
    shared_buffers: `${Math.round(Math.min(Math.max(memoryMb / 8, 64), 1024))}MB`,
    effective_cache_size: `${Math.round(memoryMb / 2)}MB`,
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    fsync: 'on',
    synchronous_commit: 'on',
    wal_buffers: '16MB',
    min_wal_size: '256MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    random_page_cost: '1.1',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
  };
}

/**
 * `postgres` in the data folder. When root's user `postgres` may not enter it (a checkout in /root), a folder under
 * /var/lib/touchline, and `postgres` is a link to it.
 */
async function clusterFolder(dataDir: string, user: OsUser, log?: (line: string) => void): Promise<string> {
  const inside = join(dataDir, 'postgres');
  if (await exists(inside)) return realpath(inside);
  if (!(await canEnter(dataDir, user)) && ((await stat(dataDir)).mode & 0o001) === 0)
    await chmod(dataDir, 0o711);
  if (await canEnter(dataDir, user)) return inside;
  const digest = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  const outside = join(SYSTEM_FOLDER, `${basename(dataDir).replace(/^\.+/, '')}-${digest}`);
  await mkdir(SYSTEM_FOLDER, { recursive: true, mode: 0o755 });
  await symlink(outside, inside);
  log?.(`PostgreSQL may not enter ${dataDir}, so its files are in ${outside}`);
  return outside;
}

async function readPassword(dataDir: string, folder: string): Promise<string> {
  const file = join(dataDir, 'postgres.password');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known?.trim()) return known.trim();
  if (await exists(folder))
    throw new EmbeddedDatabaseError('failed', `${file} is missing: it holds the password of ${folder}`);
  const made = randomBytes(18).toString('base64url');
  await writeFile(file, `${made}\n`, { mode: 0o600 });
  return made;
}

async function checkVersion(folder: string): Promise<void> {
  const version = (await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim();
  if (version !== MAJOR)
    throw new EmbeddedDatabaseError(
      'wrong-version',
      `${folder} was made by PostgreSQL ${version}, this is ${MAJOR}`,
    );
}

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url.replace(/\/touchline$/, '/postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query(`SELECT FROM pg_database WHERE datname = 'touchline'`);
    if (rowCount === 0) await client.query('CREATE DATABASE touchline');
  } finally {
    await client.end();
  }
}

async function freePort(wanted: number): Promise<number> {
  const server = createServer();
  const listen = (port: number) =>
    new Promise<number>((done, failed) => {
      server.once('error', failed);
      server.listen(port, '127.0.0.1', () => done((server.address() as { port: number }).port));
    });
  const port = await listen(wanted).catch(() => listen(0));
  await new Promise((closed) => server.close(closed));
  return port;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

import type { ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { withConnection } from './client.js';
import { EmbeddedDatabaseError, explain } from './embedded-error.js';
import { smallMachine } from './postgres-settings.js';
import { clearOrphan, end, launch, type Cluster } from './postmaster.js';

export interface ServerOptions {
  readonly port?: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

export const urlOf = (port: number | string, password: string): string =>
  `postgres://postgres:${password}@127.0.0.1:${port}/touchline`;

/** Keeps one postmaster running. */
export class PostgresServer {
  readonly #cluster: Cluster;
  readonly #portFile: string;
  readonly #password: string;
  readonly #options: ServerOptions;
  #child: ChildProcess | undefined;
  #stopping = false;
  #restarting: Promise<void> | undefined;
  port = 0;

  constructor(cluster: Cluster, portFile: string, password: string, options: ServerOptions) {
    this.#cluster = cluster;
    this.#portFile = portFile;
    this.#password = password;
    this.#options = options;
  }

  get url(): string {
    return urlOf(this.port, this.#password);
  }

  readonly pid = () => this.#child?.pid;

  async start(): Promise<void> {
    const last = Number(await readFile(this.#portFile, 'utf8').catch(() => '0'));
    for (let attempt = 0; this.port === 0; attempt++) {
      const port = this.#options.port ?? (await freePort(attempt === 0 ? last : 0));
      await this.#launch(port).catch((error: unknown) => this.#orAnotherPort(error, port, attempt));
    }
    process.once('exit', this.#onExit);
    await writeFile(this.#portFile, String(this.port));
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
    const child = await launch(this.#cluster, { ...smallMachine(port), ...this.#options.settings });
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

async function createDatabase(url: string): Promise<void> {
  await withConnection({ connectionString: url.replace(/\/touchline$/, '/postgres') }, async (client) => {
    const { rowCount } = await client.query(`SELECT FROM pg_database WHERE datname = 'touchline'`);
    if (rowCount === 0) await client.query('CREATE DATABASE touchline');
  });
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

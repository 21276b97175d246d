import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { Backoff } from '../backoff.js';
import { connectWhenAccepting } from './connect-when-accepting.js';
import { EmbeddedDatabaseError, describeError } from './embedded-error.js';
import { smallMachine } from './postgres-settings.js';
import { clearOrphan, stopPostmaster } from './postmaster-stop.js';
import { launch, type Cluster } from './postmaster.js';

export interface ServerOptions {
  readonly port?: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

export const urlOf = (port: number | string, password: string): string =>
  `postgres://postgres:${password}@127.0.0.1:${port}/touchline`;

/** Waits before each start of a server that died again soon after the last one, in ms; one that ran for `calm` starts over. */
const BACKOFF_MS = { first: 100, longest: 10_000 };
/** A server that ran for longer than this is restarted after the first delay. In ms. */
const CALM_MS = 30_000;

/** Keeps one postmaster running. */
export class PostgresServer {
  readonly #cluster: Cluster;
  readonly #portFile: string;
  readonly #password: string;
  readonly #options: ServerOptions;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #ready = false;
  readonly #backoff = new Backoff(BACKOFF_MS);
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

  /** Of the postmaster, while it takes connections. */
  readonly pid = () => (this.#ready ? this.#child?.pid : undefined);

  /** @throws what keeps it from running; nothing is left running then */
  async start(): Promise<void> {
    process.once('exit', this.#onExit);
    try {
      const last = Number(await readFile(this.#portFile, 'utf8').catch(() => '0'));
      for (let attempt = 0; this.port === 0; attempt++) {
        const port = this.#options.port ?? (await freePort(attempt === 0 ? last : 0));
        await this.#launch(port).catch((error: unknown) => this.#orAnotherPort(error, port, attempt));
      }
      await writeFile(this.#portFile, String(this.port));
      await createDatabase(this.url, this.#log);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    process.removeListener('exit', this.#onExit);
    await this.#end();
    await this.#restarting;
    // Launched before the restart saw that it is over.
    await this.#end();
  }

  async #end(): Promise<void> {
    const pid = this.#child?.pid;
    this.#child = undefined;
    if (pid !== undefined) await stopPostmaster(this.#cluster, pid);
  }

  async #launch(port: number): Promise<void> {
    const settings = { ...smallMachine(port), ...this.#options.settings };
    const { child, ready } = await launch(this.#cluster, settings, this.#log);
    this.#child = child;
    const died = once(child, 'exit');
    died.catch(() => undefined);
    if (this.#stopping.signal.aborted) await this.#end();
    await ready;
    this.port = port;
    this.#ready = true;
    const launchedAt = Date.now();
    void died.then(() => this.#afterDeath(child, Date.now() - launchedAt));
  }

  /** Another process took the port between our look and the start. */
  #orAnotherPort(error: unknown, port: number, attempt: number): void {
    if (!/could not (bind|create any TCP)|Address already in use/i.test(String(error)) || attempt > 10)
      throw error;
    if (this.#options.port !== undefined)
      throw new EmbeddedDatabaseError('port-taken', `port ${port} for PostgreSQL is already in use`);
  }

  #afterDeath(child: ChildProcess, ranMs: number): void {
    if (this.#child !== child || this.#stopping.signal.aborted) return;
    this.#ready = false;
    if (ranMs > CALM_MS) this.#backoff.reset();
    this.#restarting ??= this.#restart().finally(() => (this.#restarting = undefined));
  }

  async #restart(): Promise<void> {
    const { signal } = this.#stopping;
    this.#log(`PostgreSQL exited unexpectedly and is being restarted; see ${this.#cluster.logFile}`);
    const isStopping = (): boolean => signal.aborted;
    while (!this.#ready && !isStopping()) {
      try {
        await this.#backoff.wait(signal);
        if (isStopping()) return;
        await clearOrphan(this.#cluster, this.#log);
        await this.#launch(this.port);
      } catch (error) {
        if (!isStopping()) this.#log(describeError(error, 'PostgreSQL cannot be restarted').message);
      }
    }
  }

  readonly #log = (line: string): void => this.#options.log?.(line);

  /** The process ends without stop(): an uncaught error. A signal is all that can be sent now. */
  readonly #onExit = () => this.#child?.kill(this.#ready ? 'SIGINT' : 'SIGQUIT');
}

async function createDatabase(url: string, log: (line: string) => void): Promise<void> {
  await connectWhenAccepting(url.replace(/\/touchline$/, '/postgres'), log, async (client) => {
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

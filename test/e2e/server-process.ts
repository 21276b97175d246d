import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { serverFlags } from '../../bin/flags.mjs';
import { createPool, type PoolOptions } from '../../src/database/database.js';
import { copyCluster } from '../copy-cluster.js';
import { TIMEOUT_FACTOR } from '../timeout-factor.mjs';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
/** Recovery after `kill -9` replays what PostgreSQL had not written yet. */
const START_TIMEOUT_MS = 90_000 * TIMEOUT_FACTOR;

export const WRITE_KEY = 'wk_test_0123456789abcdef';
export const SERVER_WRITE_KEY = 'sk_test_0123456789abcdef';
export const API_KEY = 'ak_test_0123456789abcdef';
export const OPERATOR_KEY = 'ok_test_0123456789abcdef';

export interface ServerOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The built main.js of another version; usual: this one's. */
  readonly main?: string;
  /** An empty data folder stays empty, for tests of the first start; usual: a migrated cluster is there, which takes half the time. */
  readonly fromScratch?: boolean;
}

/** A Touchline of its own process, built code, as `npm start` runs it. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly lines: string[],
  ) {}

  /** @throws Error with what it lines when it ends or does not serve in time */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    const { dataDir, port, env, main = MAIN, fromScratch = false } = options;
    if (!fromScratch && env?.DATABASE_URL === undefined) await addMigratedCluster(dataDir);
    const child = spawn(process.execPath, [...serverFlags(env?.NODE_OPTIONS), main], {
      env: {
        PATH: process.env.PATH ?? '',
        PORT: String(port),
        TOUCHLINE_DATA_DIR: dataDir,
        TOUCHLINE_WRITE_KEY: WRITE_KEY,
        TOUCHLINE_SERVER_WRITE_KEY: SERVER_WRITE_KEY,
        TOUCHLINE_API_KEY: API_KEY,
        TOUCHLINE_OPERATOR_KEY: OPERATOR_KEY,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    const url = await waitUntilListening(child, lines);
    return new ServerProcess(child, url, lines);
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The last lines of its output. */
  get output(): string {
    return this.lines.join('').split('\n').slice(-30).join('\n');
  }

  /** SIGKILL: nothing is drained, and embedded PostgreSQL is left behind. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGSTOP: freezes the process until it is continued. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  /** SIGCONT. */
  thaw(): void {
    this.child.kill('SIGCONT');
  }

  /** SIGKILL to the server and its embedded PostgreSQL: what neither had handed to the operating system is gone. */
  async killWithDatabase(dataDir: string): Promise<void> {
    const file = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8');
    const postmaster = Number(file.split('\n')[0]);
    await this.kill();
    if (postmaster > 1) process.kill(postmaster, 'SIGKILL');
  }

  /** @returns the exit code, 0 when all that was started has been stopped */
  stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  /** Resident memory in bytes, of this process alone; Linux only, elsewhere 0. */
  async memory(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8').catch(() => '');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  }

  /** The most resident memory in bytes that it has within a time. */
  async peakMemory(withinMs: number): Promise<number> {
    const end = Date.now() + withinMs;
    let peak = 0;
    while (Date.now() < end) {
      peak = Math.max(peak, await this.memory());
      await sleep(50);
    }
    return peak;
  }

  /** Processor time it has taken, of this process alone; Linux only, elsewhere 0. */
  async cpuSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.pid}/stat`, 'utf8').catch(() => '');
    const [user = '0', system = '0'] = stat.split(') ').at(-1)?.split(' ').slice(11, 13) ?? [];
    return (Number(user) + Number(system)) / 100;
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.running) return this.child.exitCode;
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
    return this.child.exitCode;
  }
}

/** Where the folder has no cluster and the run made one to copy. In a folder closed to others the server keeps its cluster elsewhere. */
async function addMigratedCluster(dataDir: string): Promise<void> {
  const migrated = process.env.TOUCHLINE_TEST_DATA_FOLDER;
  if (migrated === undefined || existsSync(join(dataDir, 'postgres'))) return;
  await mkdir(dataDir, { recursive: true });
  if (((await stat(dirname(dataDir))).mode & 0o001) === 0) return;
  await copyCluster(migrated, dataDir);
}

async function waitUntilListening(child: ChildProcess, lines: string[]): Promise<string> {
  const url = new Promise<string>((resolve) => {
    const collect = (chunk: Buffer): void => {
      lines.push(chunk.toString());
      if (lines.length > 200) lines.shift();
      const found = /is listening on (http:\/\/\S+)/.exec(lines.join(''))?.[1];
      if (found) resolve(found);
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
  });
  const failed = (why: string): Promise<never> =>
    Promise.reject(new Error(`the server ${why}:\n${lines.join('')}`));
  const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), START_TIMEOUT_MS).unref());
  const outcome = await Promise.race([url, once(child, 'exit').then(() => 'ended' as const), late]);
  if (outcome !== 'late' && outcome !== 'ended') return outcome;
  child.kill('SIGKILL');
  return failed(outcome === 'late' ? 'does not serve in time' : 'ended');
}

/** A free port, below the ephemeral range. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((tell) => {
      server.once('error', () => tell(false));
      server.listen(port, '127.0.0.1', () => tell(true));
    });
    await new Promise((closed) => server.close(closed));
    if (isFree) return port;
  }
}

/** A pool on the embedded PostgreSQL that a server started in the folder. */
export async function poolOf(dataDir: string, options: PoolOptions = {}): Promise<pg.Pool> {
  const read = async (name: string): Promise<string> => (await readFile(join(dataDir, name), 'utf8')).trim();
  const [port, password] = await Promise.all([read('postgres.port'), read('postgres.password')]);
  return createPool(`postgres://postgres:${password}@127.0.0.1:${port}/touchline`, { max: 2, ...options });
}

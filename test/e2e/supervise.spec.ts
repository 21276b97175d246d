import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processStart } from '../../src/database/instance-lock.js';
import { until } from '../until.js';
import { freePort, WRITE_KEY, API_KEY } from './server-process.js';

const START = join(import.meta.dirname, '..', '..', 'bin', 'start.mjs');
const PATIENCE_MS = 40_000;

/** `npm start`, with what it says. */
class Start {
  output = '';
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [START], {
      env: {
        PATH: process.env['PATH'] ?? '',
        PORT: String(port),
        TOUCHLINE_DATA_DIR: dataDir,
        TOUCHLINE_WRITE_KEY: WRITE_KEY,
        TOUCHLINE_API_KEY: API_KEY,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (chunk: Buffer): void => void (this.output += chunk.toString());
    this.child.stdout?.on('data', collect);
    this.child.stderr?.on('data', collect);
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  get restarts(): string[] {
    return this.output.split('\n').filter((line) => line.includes('is restarted in'));
  }

  /** Waits until the server has started this number of times. */
  async serving(times = 1): Promise<void> {
    const count = (): number => this.output.split('Touchline is listening on').length - 1;
    const over = await Promise.race([
      this.ended.then(() => true),
      until(() => count() >= times, PATIENCE_MS).then((met) => !met),
    ]);
    if (over) throw new Error(`not served: ${this.output}`);
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }
}

let dataDir: string;
let port: number;
let running: Start | undefined;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-supervise-'));
  port = await freePort();
});
afterEach(async () => {
  await running?.stop();
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const start = (env?: Readonly<Record<string, string>>): Start => (running = new Start(env));

/** The process that owns the data folder: the server itself. */
const server = async (): Promise<number> =>
  (JSON.parse(await readFile(join(dataDir, 'touchline.lock'), 'utf8')) as { pid: number }).pid;
const postmaster = async (): Promise<number> =>
  parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '0'), 10);

async function collect(messageId: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/touchpoints`, {
    method: 'POST',
    headers: { 'x-write-key': WRITE_KEY, 'content-type': 'application/json' },
    body: JSON.stringify({ messageId, kind: 'demo_request', email: 'ada@acme.example' }),
  });
  return ((await answer.json()) as { receipts: { status: string }[] }).receipts[0]?.status ?? '';
}

describe('a server that exits under npm start', () => {
  test('is restarted with one log line and increasing delays, and keeps acknowledged events', async () => {
    const started = start();
    await started.serving();
    expect(await collect('m-1')).toBe('accepted');
    process.kill(await server(), 'SIGKILL');
    await started.serving(2);
    expect(await collect('m-1')).toBe('duplicate');
    // As V8 ends a process that lacks memory.
    process.kill(await server(), 'SIGABRT');
    await started.serving(3);
    expect(await collect('m-1')).toBe('duplicate');
    expect(started.restarts).toEqual([
      'touchline: the server exited (SIGKILL) and is restarted in 1 s',
      'touchline: the server exited (SIGABRT) and is restarted in 2 s',
    ]);
    expect(await started.stop()).toBe(0);
    expect(processStart(await postmaster())).toBe('dead');
    expect(started.restarts).toHaveLength(2);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('is not restarted after %s', async (signal) => {
    const started = start();
    await started.serving();
    expect(await started.stop(signal)).toBe(0);
    expect(started.restarts).toEqual([]);
  });

  test('is not restarted after it was stopped itself', async () => {
    const started = start();
    await started.serving();
    process.kill(await server(), 'SIGTERM');
    expect(await started.ended).toBe(0);
    expect(started.restarts).toEqual([]);
  });

  test('is not restarted if the stop comes during the delay', async () => {
    const started = start();
    await started.serving();
    process.kill(await server(), 'SIGKILL');
    await until(() => started.restarts.length > 0, PATIENCE_MS);
    expect(await started.stop()).toBe(0);
  });

  test('is not restarted forever with data that it cannot use', async () => {
    const started = start();
    await started.serving();
    const version = join(dataDir, 'postgres', 'PG_VERSION');
    await writeFile(version, '17\n');
    process.kill(await server(), 'SIGKILL');
    expect(await started.ended).toBe(78);
    await writeFile(version, '18\n');
    expect(started.restarts).toHaveLength(1);
    expect(started.output).toMatch(/touchline: .*PostgreSQL 17/);
  });
});

describe('a first start that fails is not repeated', () => {
  test('with invalid settings', async () => {
    const started = start({ PORT: 'http' });
    expect(await started.ended).toBe(78);
    expect(started.restarts).toEqual([]);
  });

  test('on a port in use', async () => {
    const taken = createServer().listen(port, '0.0.0.0');
    await once(taken, 'listening');
    const started = start();
    expect(await started.ended).toBe(1);
    taken.close();
    expect(started.restarts).toEqual([]);
  });
});

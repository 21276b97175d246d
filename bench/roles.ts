import pg from 'pg';
import { createHash } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPool } from '../src/database/database.js';
import { startEmbedded } from '../src/database/embedded.js';
import { PostgresEventStore } from '../src/event-store/postgres.js';
import { projections } from '../src/projections/all.js';
import { readCheckpoints } from '../src/subscriptions/read-checkpoints.js';
import { SubscriptionRunner } from '../src/subscriptions/runner.js';
import { freePort, ServerProcess } from '../test/e2e/server-process.js';
import { allVersions } from '../test/read-model-rows.js';
import type { Report } from './figure.js';
import { fill, history } from './filled-log.js';
import { type Size, touchesOf } from './history-events.js';
import { inFolder } from './server.js';

/** Some 11,000 leads, more than twice as many as a batch has events. */
const SIZE: Size = { opportunities: 600, touchesPerOpportunity: 30, strangers: 4, openedAfter: 0.6 };
/** One process and two, each twice and the other way round: the machine's mood is shared. */
const ROUNDS = [1, 2, 2, 1] as const;

/** Two processes with the role `project` against one, on one PostgreSQL: how fast they catch up, and the rows they make. */
export async function roles(report: Report, size = SIZE): Promise<void> {
  await inFolder(async (folder) => {
    const server = await startEmbedded({ dataDir: join(folder, 'database') });
    try {
      await prepare(server.url, folder, size);
      const rounds: Round[] = [];
      for (const processes of ROUNDS) rounds.push(await round(server.url, folder, processes));
      addFigures(report, rounds, size);
    } finally {
      await server.stop();
    }
  });
}

interface Round {
  readonly processes: number;
  readonly ms: number;
  /** Of all rows of all read models. */
  readonly hash: string;
}

function addFigures(report: Report, rounds: readonly Round[], size: Size): void {
  const rate = (processes: number): number => {
    const ms = rounds.filter((one) => one.processes === processes).reduce((sum, one) => sum + one.ms, 0);
    return ((touchesOf(size) * ROUNDS.length) / 2 / ms) * 1_000;
  };
  const [one, two] = [rate(1), rate(2)];
  report({ name: 'catching up with one process ROLES=project', value: one, unit: 'touches/s' });
  report({ name: 'catching up with two processes', value: two, unit: 'touches/s' });
  report({ name: '  two against one', value: two / one, unit: 'times', atLeast: 1 });
  const different = new Set(rounds.map(({ hash }) => hash)).size - 1;
  report({ name: '  rounds whose rows differ from the first', value: different, unit: 'rounds', atMost: 0 });
}

/** A log with an unprojected history, in the template database of the rounds. */
async function prepare(url: string, folder: string, size: Size): Promise<void> {
  const filling = await start(url, folder, 'collect');
  await filling.stop();
  const pool = createPool(url);
  await fill(pool, history(size));
  const store = new PostgresEventStore(pool);
  await new SubscriptionRunner({ pool, store, subscriptions: projections }).register();
  await pool.query(`UPDATE touchline.projection SET owner = 'nobody', lease_until = 'infinity'`);
  await store.close();
  await pool.end();
}

async function round(url: string, folder: string, processes: number): Promise<Round> {
  const copy = await copyOf(url);
  const pool = createPool(copy);
  const running = await Promise.all(Array.from({ length: processes }, () => start(copy, folder, 'project')));
  try {
    // All are up and wait: from here on the projections are to be had.
    const began = performance.now();
    await pool.query('UPDATE touchline.projection SET owner = NULL, lease_until = NULL');
    await caughtUp(pool);
    const ms = performance.now() - began;
    return { processes, ms, hash: hashOf(await allVersions(pool)) };
  } finally {
    await Promise.all(running.map((one) => one.stop()));
    await pool.end();
  }
}

async function start(url: string, folder: string, role: string): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(folder, 'process-'));
  return ServerProcess.start({ dataDir, port: await freePort(), env: { DATABASE_URL: url, ROLES: role } });
}

async function copyOf(url: string): Promise<string> {
  const name = `copy_${performance.now().toFixed(0)}`;
  const admin = new pg.Client({
    connectionString: Object.assign(new URL(url), { pathname: '/postgres' }).href,
  });
  await admin.connect();
  await admin
    .query(`CREATE DATABASE ${name} TEMPLATE ${new URL(url).pathname.slice(1)} STRATEGY file_copy`)
    .finally(() => admin.end());
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

async function caughtUp(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ head: string }>('SELECT head FROM touchline.log');
  const head = BigInt(rows[0]?.head ?? 0);
  while (!(await readCheckpoints(pool)).every(({ position }) => position >= head)) await sleep(50);
}

const hashOf = (rows: object): string => createHash('sha256').update(JSON.stringify(rows)).digest('hex');

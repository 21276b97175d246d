import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type pg from 'pg';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../until.js';
import { freePort, poolOf, ServerProcess } from './server-process.js';

const PATIENCE_MS = 30_000;
/** About a tenth of the processor beside what has the usual one. */
const LOWER = 10;

const ours = getPriority();
const canTell = process.platform === 'linux' && ours < LOWER;
const whereReported = canTell ? test : test.skip;
const reason = canTell
  ? ''
  : ' (skipped: it takes Linux, and tests that do not run at a low priority themselves)';

let dataDir: string;
let server: ServerProcess;
let pool: pg.Pool;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-projector-'));
  server = await ServerProcess.start({ dataDir, port: await freePort() });
  pool = await poolOf(dataDir);
});
afterAll(async () => {
  await pool.end();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** The niceness in a `stat` file of /proc: field 19, counted behind the name, which may hold spaces. */
async function niceness(file: string): Promise<number> {
  const stat = await readFile(file, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
}

async function ofThreads(): Promise<number[]> {
  const tasks = `/proc/${server.pid}/task`;
  const all = (await readdir(tasks)).map((id) => niceness(join(tasks, id, 'stat')).catch(() => NaN));
  return (await Promise.all(all)).filter((nice) => !Number.isNaN(nice));
}

async function ofSessions(name: string): Promise<number[]> {
  const { rows } = await pool.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE application_name = $1',
    [name],
  );
  return Promise.all(rows.map(({ pid }) => niceness(`/proc/${pid}/stat`)));
}

whereReported(
  `the thread of the projections has a lower priority than the serving one${reason}`,
  async () => {
    await until(async () => (await ofThreads()).includes(LOWER), PATIENCE_MS);
    expect((await ofThreads()).filter((nice) => nice === LOWER)).toHaveLength(1);
    expect(await niceness(`/proc/${server.pid}/task/${server.pid}/stat`)).toBe(ours);
  },
);

whereReported(
  `the sessions of the projections have a lower priority than those of the API${reason}`,
  async () => {
    // A session that has just begun is about to.
    const isYielding = async (): Promise<boolean> => {
      const all = await ofSessions('touchline projections');
      return all.length > 0 && all.every((nice) => nice === LOWER);
    };
    expect(await until(isYielding, PATIENCE_MS)).toBe(true);
    expect(new Set(await ofSessions('touchline'))).toEqual(new Set([ours]));
  },
);

/** The niceness of the group that a session of PostgreSQL is in. */
const ofGroup = async (pid: number): Promise<number> =>
  Number(/nice (-?\d+)/.exec(await readFile(`/proc/${pid}/autogroup`, 'utf8'))?.[1]);

/** Kernels without CONFIG_SCHED_AUTOGROUP have no groups. */
const whereGrouped = existsSync('/proc/self/autogroup') ? whereReported : test.skip;

whereGrouped(
  `the groups of the sessions of the projections have a lower priority than those of the API${reason}`,
  async () => {
    const groups = async (name: string): Promise<number[]> => {
      const { rows } = await pool.query<{ pid: number }>(
        'SELECT pid FROM pg_stat_activity WHERE application_name = $1',
        [name],
      );
      return Promise.all(rows.map(({ pid }) => ofGroup(pid)));
    };
    const isYielding = async (): Promise<boolean> => {
      const all = await groups('touchline projections');
      return all.length > 0 && all.every((nice) => nice === LOWER);
    };
    expect(await until(isYielding, PATIENCE_MS)).toBe(true);
    expect(new Set(await groups('touchline'))).toEqual(new Set([0]));
  },
);

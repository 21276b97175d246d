import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { currentRows } from '../read-model-rows.js';
import { until } from '../until.js';
import { BiSessions } from './bi-sessions.js';
import { runBuilt } from './command.js';
import { freePort, poolOf, ServerProcess } from './server-process.js';
import { Traffic } from './traffic.js';
import { caughtUp, expectLogIntact, expectMoneyConserved } from './invariants.js';

const PATIENCE_MS = 90_000;

let dataDir: string;
let server: ServerProcess;
let traffic: Traffic;
let bi: BiSessions;
let pool: pg.Pool;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-kills-'));
  server = await ServerProcess.start({ dataDir, port: await freePort() });
  pool = await poolOf(dataDir);
  traffic = new Traffic(server.url);
  traffic.start({ batches: 2, singles: 4, opportunities: 2, questions: 4, pauseMs: 20 });
  bi = await BiSessions.start(dataDir, 3);
}, 120_000);
afterAll(async () => {
  await bi.stop();
  await traffic.abandon();
  await pool.end();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

type Kill = () => Promise<void>;

/** A process of PostgreSQL, busy with what it is for if it can be caught so. */
async function pidOf(condition: string): Promise<number> {
  let pid = 0;
  const sql = `SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND ${condition}
    ORDER BY (state IN ('active', 'idle in transaction')) DESC NULLS LAST, random() LIMIT 1`;
  const found = async (): Promise<boolean> => {
    // The kill before may still be recovered from.
    const rows = await pool.query<{ pid: number }>(sql).then(
      (answer) => answer.rows,
      () => [],
    );
    pid = rows[0]?.pid ?? 0;
    return pid > 0;
  };
  if (!(await until(found, 20_000, 2))) throw new Error(`no process with ${condition}`);
  return pid;
}

const signal =
  (condition: string, how: NodeJS.Signals): Kill =>
  async () => {
    const kill = async (): Promise<boolean> => {
      const pid = await pidOf(condition);
      try {
        return process.kill(pid, how);
      } catch {
        return false; // it ended meanwhile
      }
    };
    if (!(await until(kill, 20_000, 0))) throw new Error(`every process with ${condition} had ended`);
  };

/** SIGKILL of a session makes PostgreSQL end all others and recover; the others end that session or its statement. */
const sessions: readonly (readonly [string, string])[] = [
  ['the collector appending', `application_name = 'touchline log' AND query LIKE '%touchline.record%'`],
  ['a reader of the log', `application_name = 'touchline log' AND query NOT LIKE '%touchline.record%'`],
  [
    'a projection in its transaction',
    `application_name = 'touchline projections' AND xact_start IS NOT NULL`,
  ],
  [
    'a question in its snapshot',
    `application_name = 'touchline' AND state IN ('active', 'idle in transaction')`,
  ],
  ['a read of checkpoints', `application_name = 'touchline' AND query LIKE '%touchline.projection%'`],
  ['a read of keys', `application_name = 'touchline configuration'`],
  ['a BI session', `application_name = 'bi'`],
];

const postmaster =
  (how: NodeJS.Signals): Kill =>
  async () => {
    const file = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8');
    process.kill(parseInt(file, 10), how);
  };

/** Again and again, so that sessions are met between and within statements. */
const toAll =
  (call: string): Kill =>
  async () => {
    await pidOf(`backend_type = 'client backend' AND datname = current_database()`);
    for (let turn = 0; turn < 20; turn += 1) {
      await pool.query(`SELECT ${call} FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND datname = current_database()`);
      await sleep(25);
    }
  };

const KILLS: readonly (readonly [string, Kill])[] = [
  ...sessions.flatMap(([name, condition], nth) =>
    ([nth % 2 === 0 ? 'SIGKILL' : 'SIGINT', 'SIGTERM'] as const).map(
      (how) => [`${how} of ${name}`, signal(condition, how)] as const,
    ),
  ),
  ...['checkpointer', 'walwriter', 'background writer', 'autovacuum launcher'].map(
    (type) => [`SIGKILL of the ${type}`, signal(`backend_type = '${type}'`, 'SIGKILL')] as const,
  ),
  ['pg_terminate_backend of all sessions', toAll('pg_terminate_backend(pid)')],
  ['pg_cancel_backend of all sessions', toAll('pg_cancel_backend(pid)')],
  ['SIGQUIT of the postmaster', postmaster('SIGQUIT')],
  ['SIGKILL of the postmaster', postmaster('SIGKILL')],
];

describe('events, commands, queries and BI sessions continue during', () => {
  test.each(KILLS)(
    '%s',
    async (_name, kill) => {
      const before = { messages: traffic.acknowledged.messages.size, won: traffic.acknowledged.won.size };
      const [answered, reports] = [traffic.answered, bi.answered];
      await kill();
      const goesOn = (): boolean =>
        traffic.acknowledged.messages.size > before.messages + 200 &&
        traffic.acknowledged.won.size > before.won + 2 &&
        traffic.answered > answered + 10 &&
        bi.answered > reports + 5;
      expect(await until(goesOn, PATIENCE_MS)).toBe(true);
      expect(server.running).toBe(true);
      expect([...traffic.refusals.statuses.keys()].filter((status) => status !== 503)).toEqual([]);
      expect(traffic.refusals.withoutRetryAfter).toBe(0);
    },
    PATIENCE_MS + 30_000,
  );
});

test(
  'after all kills every acknowledged event is recorded once, and the read models equal a rebuild',
  async () => {
    await bi.stop();
    await traffic.stop();
    await caughtUp(server.url, 120_000);
    await expectLogIntact(pool, traffic.acknowledged);
    await expectMoneyConserved(pool, traffic.acknowledged);
    const rows = await currentRows(pool);
    for (const projection of ['journey', 'opportunities'])
      expect(
        await runBuilt('cli/main.js', ['rebuild', projection], { TOUCHLINE_DATA_DIR: dataDir }),
      ).toMatchObject({ code: 0 });
    await caughtUp(server.url, 120_000);
    expect(await currentRows(pool)).toEqual(rows);
  },
  5 * 60_000,
);

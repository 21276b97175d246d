import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describeError } from './embedded-error.js';
import { processStart } from './instance-lock.js';
import { startEmbedded, type Embedded, type EmbeddedOptions } from './embedded.js';

const ROOT = join(import.meta.dirname, '..', '..');
const initdbFlags = ['--no-sync'];
let base: string;
let dataDir: string;
const running: Embedded[] = [];
const owners: ChildProcess[] = [];

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'touchline-embedded-'));
  await chmod(base, 0o755);
  dataDir = join(base, 'data');
});
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});
afterAll(async () => {
  for (const owner of owners) owner.kill('SIGKILL');
  await rm(base, { recursive: true, force: true });
});

async function start(more: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  const server = await startEmbedded({ dataDir, initdbFlags, ...more });
  running.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client.query(sql).then(
    async ({ rows }) => {
      await client.end();
      return rows as Record<string, unknown>[];
    },
    async (error: unknown) => {
      await client.end();
      throw error;
    },
  );
}

/** A process of its own that starts the embedded server and then only waits. */
async function owner(): Promise<{ process: ChildProcess; url: string; postmaster: number }> {
  const hooks = join(ROOT, 'test', 'typescript-hooks.mjs');
  const child = spawn(
    process.execPath,
    ['--import', hooks, join(ROOT, 'test', 'embedded-owner.ts'), dataDir],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  owners.push(child);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { url, pid } = JSON.parse(line) as { url: string; pid: number };
  return { process: child, url, postmaster: pid };
}

const lives = (pid: number): boolean => processStart(pid) !== 'dead'; // an orphan may stay a zombie

async function kill({ process: child }: { process: ChildProcess }): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('a new data folder gets a durable server that listens on the loopback interface only', async () => {
  const { url } = await start();
  const [settings] = await query(
    url,
    `SELECT current_setting('listen_addresses') AS listen, current_setting('fsync') AS fsync,
            current_setting('synchronous_commit') AS commit, current_setting('server_version_num')::int / 10000 AS major`,
  );
  expect(settings).toEqual({ listen: '127.0.0.1', fsync: 'on', commit: 'on', major: 18 });
  await query(url, 'CREATE TABLE kept AS SELECT 1 AS n');
});

test('a restart keeps data, port and password', async () => {
  const { url } = await start();
  expect(await query(url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
  await running.pop()?.stop();
  expect((await start()).url).toBe(url);
});

test('a connection without the password is refused', async () => {
  const { url } = await start();
  const wrong = Object.assign(new URL(url), { password: 'guessed' }).href;
  await expect(query(wrong, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
});

test('after kill -9 of the owner the next start stops the orphaned postmaster and has the committed data', async () => {
  const killed = await owner();
  await query(killed.url, 'INSERT INTO kept VALUES (2)');
  await kill(killed);
  expect(lives(killed.postmaster)).toBe(true);

  const { url, pid } = await start();
  expect(lives(killed.postmaster)).toBe(false);
  expect(pid()).not.toBe(killed.postmaster);
  expect(await query(url, 'SELECT n FROM kept ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
});

test('after kill -9 of the owner and of PostgreSQL the next start recovers', async () => {
  const killed = await owner();
  await query(killed.url, 'INSERT INTO kept VALUES (3)');
  process.kill(killed.postmaster, 'SIGKILL');
  await kill(killed);
  const { url } = await start();
  expect(await query(url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 3 }]);
});

test('a second instance on the same data folder is refused and the first is not affected', async () => {
  const first = await owner();
  await expect(start()).rejects.toMatchObject({
    name: 'EmbeddedDatabaseError',
    code: 'in-use',
    message: expect.stringContaining(`process ${first.process.pid}`),
  });
  expect(await query(first.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  await kill(first);
});

test('of two concurrent starts on a stale lock one acquires it', async () => {
  const dead = { pid: process.pid, started: '1', host: hostname() };
  await writeFile(join(dataDir, 'touchline.lock'), JSON.stringify(dead));
  const results = await Promise.allSettled([start(), start(), start()]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
});

test('a fresh lock of another host is respected, and one without a heartbeat is taken over', async () => {
  const lock = join(dataDir, 'touchline.lock');
  await writeFile(lock, JSON.stringify({ pid: 1, started: '1', host: 'elsewhere' }));
  const beat = setInterval(
    () => void writeFile(lock, JSON.stringify({ pid: 1, started: '1', host: 'elsewhere' })),
    500,
  );
  await expect(start()).rejects.toMatchObject({ code: 'in-use' });
  clearInterval(beat);
  await utimes(lock, new Date(0), new Date(0));
  await start();
});

test('a postmaster.pid with the id of an unrelated process does not prevent the start', async () => {
  const first = await owner();
  process.kill(first.postmaster, 'SIGKILL');
  await kill(first);
  const file = join(dataDir, 'postgres', 'postmaster.pid');
  const lines = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, [String(process.pid), ...lines.slice(1)].join('\n'));
  expect(await query((await start()).url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
});

test('a postmaster that exits is restarted on its port', async () => {
  const lines: string[] = [];
  const { url, pid } = await start({ log: (line) => lines.push(line) });
  const before = pid();
  if (before === undefined) throw new Error('it runs');
  process.kill(before, 'SIGKILL');
  for (let tries = 0; tries < 200 && (pid() === before || pid() === undefined); tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await query(url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 3 }]);
  expect(lines.filter((line) => line.includes('is being restarted'))).toHaveLength(1);
});

/** A child of the postmaster by the beginning of its title. */
async function childOf(postmaster: number, title: string): Promise<number> {
  for (;;) {
    for (const pid of (await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')).split(
      ' ',
    )) {
      const found = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (found.startsWith(`postgres: ${title}`)) return Number(pid);
    }
    await sleep(1);
  }
}

/** Kills the checkpointer, as the system does that lacks memory, and holds the recovery that follows. */
async function recovering(postmaster: number): Promise<{ readonly startup: number }> {
  process.kill(await childOf(postmaster, 'checkpointer'), 'SIGKILL');
  const startup = await childOf(postmaster, 'startup');
  process.kill(startup, 'SIGSTOP');
  return { startup };
}

const onLinux = process.platform === 'linux' ? describe : describe.skip;
onLinux('in recovery (looks into /proc, so on Linux)', () => {
  test('a start waits for the crash recovery of an orphaned postmaster and logs one line', async () => {
    const killed = await owner();
    await query(killed.url, 'INSERT INTO kept VALUES (4)');
    const { startup } = await recovering(killed.postmaster);
    const { size } = await stat(join(dataDir, 'postgres.log'));
    await kill(killed);
    const lines: string[] = [];
    const starting = start({ log: (line) => lines.push(line) });
    while (lines.length === 0) await sleep(10);
    await sleep(500);
    process.kill(startup, 'SIGCONT');
    const { url } = await starting;
    expect(await query(url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 4 }]);
    expect(lines).toEqual([expect.stringMatching(/is recovering .* progress in .*postgres\.log$/)]);
    const log = (await readFile(join(dataDir, 'postgres.log'))).subarray(size).toString();
    expect(log).toMatch(/automatic recovery in progress[^]*ready to accept connections[^]*fast shutdown/);
    expect(log).not.toContain('immediate shutdown');
  });

  test('a postmaster that hangs in its shutdown is killed', async () => {
    const killed = await owner();
    const { startup } = await recovering(killed.postmaster);
    process.kill(killed.postmaster, 'SIGINT');
    await kill(killed);
    const { url } = await start();
    expect(lives(startup)).toBe(false);
    expect(await query(url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 4 }]);
  });

  test('a postmaster in recovery is stopped immediately by its owner', async () => {
    const server = await start();
    const postmaster = server.pid() ?? 0;
    await recovering(postmaster);
    await server.stop();
    expect(lives(postmaster)).toBe(false);
    expect(await query((await start()).url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 4 }]);
  });

  test('a busy backend of a killed postmaster does not prevent the next start', async () => {
    const killed = await owner();
    const busy = query(killed.url, 'SELECT count(*) FROM generate_series(1, 1000000000)').catch(
      () => undefined,
    );
    const session = await childOf(killed.postmaster, 'postgres touchline 127.0.0.1');
    await sleep(200);
    process.kill(killed.postmaster, 'SIGKILL');
    await kill(killed);
    const { url } = await start();
    expect(lives(session)).toBe(false);
    expect(await query(url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 4 }]);
    await busy;
  });
});

test('a requested port that is in use is named in the error', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await expect(start({ port })).rejects.toMatchObject({
    code: 'port-taken',
    message: expect.stringContaining(String(port)),
  });
  other.close();
});

test('a cluster of another PostgreSQL version is refused', async () => {
  const file = join(dataDir, 'postgres', 'PG_VERSION');
  await writeFile(file, '17\n');
  await expect(start()).rejects.toMatchObject({ code: 'wrong-version' });
  await writeFile(file, '18\n');
});

test('an interrupted initdb is repeated', async () => {
  const other = join(base, 'cut-off');
  await mkdir(join(other, 'postgres.new', 'data'), { recursive: true });
  const server = await start({ dataDir: other });
  expect(await query(server.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
});

const isRoot = process.getuid?.() === 0;
const keepsReachable = 'root keeps the cluster where its user postgres can reach it';
(isRoot ? test : test.skip)(
  isRoot ? keepsReachable : `${keepsReachable} (needs to run as root)`,
  async () => {
    const [closed, systemFolder] = [join(base, 'closed'), join(base, 'system')];
    await mkdir(closed, { mode: 0o700 });
    const options = { dataDir: join(closed, '.touchline'), systemFolder };
    const { url } = await start(options);
    await query(url, 'CREATE TABLE kept AS SELECT 1 AS n');
    await running.pop()?.stop();
    expect((await stat(join(closed, '.touchline', 'postgres'))).isDirectory()).toBe(true);
    expect(await query((await start(options)).url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
  },
);

describe('the error of the embedded database names the cause', () => {
  test.each([
    ['disk-full', 'could not write to file "base/1": No space left on device'],
    ['disk-full', "ENOSPC: no space left on device, write '/data/x'"],
    ['permission', "EACCES: permission denied, mkdir '/data'"],
    ['permission', 'could not look up effective user ID 1234: user does not exist'],
    ['failed', 'something else'],
  ])('%s: %s', (code, message) => {
    expect(describeError(new Error(message), 'embedded PostgreSQL in /data')).toMatchObject({ code });
  });

  test('a data folder that is a file', async () => {
    const file = join(base, 'file');
    await writeFile(file, '');
    await expect(start({ dataDir: file })).rejects.toMatchObject({ name: 'EmbeddedDatabaseError' });
  });
});

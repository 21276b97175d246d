import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chown,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EmbeddedDatabaseError } from './embedded-error.js';
import { startOf } from './instance-lock.js';
import type { Binaries, OsUser } from './postgres-binaries.js';

const run = promisify(execFile);
const STOP_MS = 60_000;
const BACKENDS_MS = 10_000;

export interface Cluster {
  readonly folder: string;
  readonly logFile: string;
  readonly binaries: Binaries;
  readonly user: OsUser;
}

const environment = () => ({ PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' });

/** Makes the cluster's folder, complete or not at all: initdb works beside it and the result is renamed. */
export async function initialise(
  cluster: Cluster,
  password: string,
  extra: readonly string[] = [],
): Promise<void> {
  const { folder, user, binaries } = cluster;
  const draft = `${folder}.new`;
  const passwordFile = join(draft, 'password');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user.uid !== undefined && user.gid !== undefined)
    for (const path of [draft, passwordFile]) await chown(path, user.uid, user.gid);
  const data = join(draft, 'data');
  await run(
    binaries.initdb,
    [
      `--pgdata=${data}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...extra,
    ],
    { ...user, cwd: draft, env: environment() },
  );
  await rename(data, folder);
  await rm(draft, { recursive: true, force: true });
}

/** Starts the postmaster and resolves once it takes connections; crash recovery before that takes as long as it takes. */
export async function launch(
  cluster: Cluster,
  settings: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const { folder, logFile, user, binaries } = cluster;
  const log = await open(logFile, 'a', 0o600);
  const { size } = await log.stat();
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // Its own process group: Ctrl-C in the terminal must reach Touchline only, which drains before it stops PostgreSQL.
  const child = spawn(binaries.postgres, ['-D', folder, ...flags], {
    ...user,
    cwd: folder,
    env: environment(),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  child.unref();
  const failure = once(child, 'error').then(([error]: unknown[]) => error as Error);
  failure.catch(() => undefined);
  await log.close();
  while (!(await isReady(child, folder))) {
    if (child.pid === undefined) throw await failure;
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error((await whyEnded(cluster, size)) || `PostgreSQL ended at once; see ${logFile}`);
    await sleep(20);
  }
  return child;
}

async function isReady(child: ChildProcess, folder: string): Promise<boolean> {
  const lines = (await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready';
}

/** A full disk takes no log either. Without room for a file of the write-ahead log, of 16 MB, no server starts. */
async function whyEnded({ folder, logFile }: Cluster, logged: number): Promise<string> {
  const { bavail, bsize } = await statfs(folder);
  const room = bavail * bsize < 16 * 2 ** 20 ? 'No space left on device' : '';
  return [room, await lastWords(logFile, logged)].filter(Boolean).join('; ');
}

async function lastWords(logFile: string, from: number): Promise<string> {
  const text = (await readFile(logFile)).subarray(from).toString('utf8');
  const complaints = text.split('\n').filter((line) => /\b(FATAL|PANIC|could not)\b/.test(line));
  return complaints.slice(-2).join('; ');
}

/** Ends a postmaster: sessions are cut, a checkpoint is written; when that takes over a minute it is stopped at once. */
export async function end(cluster: Cluster, pid: number): Promise<void> {
  if (process.platform === 'win32') {
    await run(cluster.binaries.pgCtl, ['stop', '-D', cluster.folder, '-m', 'fast']);
    return;
  }
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    if (await gone(pid, signal === 'SIGINT' ? STOP_MS : 5_000)) return;
  }
}

async function gone(pid: number, timeoutMs: number): Promise<boolean> {
  const limit = Date.now() + timeoutMs;
  while (startOf(pid) !== 'dead') {
    if (Date.now() > limit) return false;
    await sleep(20);
  }
  return true;
}

/**
 * What a killed Touchline left behind. A postmaster that still runs is stopped, so that settings are fresh. Then
 * `postmaster.pid` goes: PostgreSQL would take its number for a living postmaster also when it belongs to another
 * process by now, or to a zombie that nobody reaps (containers). Call it under the instance lock.
 */
export async function clearOrphan(cluster: Cluster): Promise<void> {
  const pidFile = join(cluster.folder, 'postmaster.pid');
  const pid = parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  if (pid > 0 && (await isPostmasterOf(pid, cluster.folder))) await end(cluster, pid);
  await waitForBackends(cluster.folder);
  await rm(pidFile, { force: true });
}

/** Backends of a postmaster that was killed end by themselves as soon as they notice. */
async function waitForBackends(folder: string): Promise<void> {
  const limit = Date.now() + BACKENDS_MS;
  while ((await processesIn(folder)).length > 0) {
    if (Date.now() > limit)
      throw new EmbeddedDatabaseError('in-use', `PostgreSQL processes still work in ${folder}`);
    await sleep(20);
  }
}

async function processesIn(folder: string): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const home = await realpath(folder);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const homes = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
  return pids.filter((pid, index) => homes[index] === home && startOf(Number(pid)) !== 'dead');
}

/** A postmaster works in its data folder: only a process found there is taken for it. */
async function isPostmasterOf(pid: number, folder: string): Promise<boolean> {
  if (process.platform === 'linux') return (await processesIn(folder)).includes(String(pid));
  if (process.platform === 'win32') return startOf(pid) !== 'dead';
  const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.includes('postgres') && stdout.includes(folder);
}

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, open, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { statusOf } from './cluster-processes.js';
import type { Binaries, OsUser } from './postgres-binaries.js';

const run = promisify(execFile);
const POLL_MS = 20;
const RECOVERY_IS_LONG_MS = 2_000;

export interface Cluster {
  readonly folder: string;
  readonly logFile: string;
  readonly binaries: Binaries;
  readonly user: OsUser;
}

/** One line for the operator. */
export type LogLine = (line: string) => void;

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

/** A postmaster that was spawned; `ready` resolves once it takes connections, however long its crash recovery takes. */
export interface Launched {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
}

export async function launch(
  cluster: Cluster,
  settings: Readonly<Record<string, string>>,
  log: LogLine = () => undefined,
): Promise<Launched> {
  const { folder, logFile, user, binaries } = cluster;
  const file = await open(logFile, 'a', 0o600);
  const { size } = await file.stat();
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // Its own process group: Ctrl-C in the terminal must reach Touchline only, which drains before it stops PostgreSQL.
  const child = spawn(binaries.postgres, ['-D', folder, ...flags], {
    ...user,
    cwd: folder,
    env: environment(),
    detached: true,
    stdio: ['ignore', file.fd, file.fd],
  });
  child.unref();
  const failure = once(child, 'error').then(([error]: unknown[]) => error as Error);
  failure.catch(() => undefined);
  await file.close();
  const ready = untilReady(cluster, child, { failure, logged: size, log });
  ready.catch(() => undefined);
  return { child, ready };
}

interface Launching {
  readonly failure: Promise<Error>;
  /** Size of the log before the start. */
  readonly logged: number;
  readonly log: LogLine;
}

async function untilReady(
  cluster: Cluster,
  child: ChildProcess,
  { failure, logged, log }: Launching,
): Promise<void> {
  const slow = setTimeout(() => log(recoveryMessage(cluster)), RECOVERY_IS_LONG_MS);
  try {
    while (!(await isReady(child, cluster.folder))) {
      if (child.pid === undefined) throw await failure;
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(
          (await exitReason(cluster, logged)) || `PostgreSQL exited immediately; see ${cluster.logFile}`,
        );
      await sleep(POLL_MS);
    }
  } finally {
    clearTimeout(slow);
  }
}

export const recoveryMessage = ({ logFile }: Cluster): string =>
  `PostgreSQL is recovering from a crash; Touchline continues when it is done; progress in ${logFile}`;

async function isReady(child: ChildProcess, folder: string): Promise<boolean> {
  const { pid, status } = await statusOf(folder);
  return pid === child.pid && status === 'ready';
}

/** A full disk takes no log either. Without room for a file of the write-ahead log, of 16 MB, no server starts. */
async function exitReason({ folder, logFile }: Cluster, logged: number): Promise<string> {
  const { bavail, bsize } = await statfs(folder);
  const room = bavail * bsize < 16 * 2 ** 20 ? 'No space left on device' : '';
  return [room, await lastErrors(logFile, logged)].filter(Boolean).join('; ');
}

async function lastErrors(logFile: string, from: number): Promise<string> {
  const text = (await readFile(logFile)).subarray(from).toString('utf8');
  const errors = text.split('\n').filter((line) => /\b(FATAL|PANIC|could not)\b/.test(line));
  return errors.slice(-2).join('; ');
}

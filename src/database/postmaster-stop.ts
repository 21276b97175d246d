import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isPostmasterOf, isRecovering, processesIn, statusOf } from './cluster-processes.js';
import { EmbeddedDatabaseError } from './embedded-error.js';
import { processStart } from './instance-lock.js';
import { recoveryMessage, type Cluster, type LogLine } from './postmaster.js';

const run = promisify(execFile);
const STOP_MS = 60_000;
/** PostgreSQL kills what does not end at once after five seconds. */
const STOP_AT_ONCE_MS = 8_000;
/** Children of a dead postmaster end by themselves as soon as they notice; a busy one gets a signal, then is ended. */
const CHILDREN = { noticeMs: 1_000, quitMs: 5_000, killMs: 10_000 };
const POLL_MS = 20;
/** Looking through the processes of the machine costs more than asking for one. */
const LOOK_MS = 200;

/**
 * Ends a postmaster: sessions are cut, a checkpoint is written; when that takes over a minute it is stopped at once. So is
 * one in recovery, which has nothing to write yet: after an ordinary shutdown request it may wait for its startup process for ever
 * (seen with PostgreSQL 18.4 when the signal arrives before redo begins).
 */
export async function stopPostmaster(cluster: Cluster, pid: number): Promise<void> {
  if (process.platform === 'win32') {
    await run(cluster.binaries.pgCtl, ['stop', '-D', cluster.folder, '-m', 'fast']);
    return;
  }
  const isInRecovery = (): Promise<boolean> => isRecovering(cluster.folder);
  if (
    !(await isInRecovery()) &&
    (!sendSignal(pid, 'SIGINT') || (await hasExited(pid, STOP_MS, isInRecovery)))
  )
    return;
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const)
    if (!sendSignal(pid, signal) || (await hasExited(pid, STOP_AT_ONCE_MS))) return;
}

/** @returns false when there is no such process */
function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** @param isHopeless asked now and then; when it answers true there is no use in waiting longer */
async function hasExited(
  pid: number,
  timeoutMs: number,
  isHopeless: () => Promise<boolean> = () => Promise.resolve(false),
): Promise<boolean> {
  const limit = Date.now() + timeoutMs;
  let askAt = Date.now() + LOOK_MS;
  while (processStart(pid) !== 'dead') {
    if (Date.now() > limit) return false;
    if (Date.now() > askAt && (await isHopeless())) return false;
    if (Date.now() > askAt) askAt = Date.now() + LOOK_MS;
    await sleep(POLL_MS);
  }
  return true;
}

/**
 * What a killed Touchline left behind. A postmaster that still runs is stopped, so that settings are fresh; one in recovery
 * ends that first, or a start that is interrupted again and again would never get through it. Then `postmaster.pid` goes:
 * PostgreSQL would take its number for a living postmaster also when it belongs to another process by now, or to a zombie
 * that nobody reaps (containers). Call it under the instance lock.
 */
export async function clearOrphan(cluster: Cluster, log: LogLine = () => undefined): Promise<void> {
  const pidFile = join(cluster.folder, 'postmaster.pid');
  const pid = parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  if (pid > 0 && (await isPostmasterOf(pid, cluster.folder))) {
    await waitForRecovery(cluster, pid, log);
    await stopPostmaster(cluster, pid);
  }
  await stopChildren(cluster.folder);
  await rm(pidFile, { force: true });
}

/** Does not wait for one that has been asked to stop. */
async function waitForRecovery(cluster: Cluster, pid: number, log: LogLine): Promise<void> {
  const isStillRecovering = async (): Promise<boolean> =>
    processStart(pid) !== 'dead' &&
    (await statusOf(cluster.folder)).status !== 'stopping' &&
    isRecovering(cluster.folder);
  if (!(await isStillRecovering())) return;
  log(recoveryMessage(cluster));
  while (await isStillRecovering()) await sleep(LOOK_MS);
}

async function stopChildren(folder: string): Promise<void> {
  const began = Date.now();
  for (;;) {
    const left = await processesIn(folder);
    if (left.length === 0) return;
    const waited = Date.now() - began;
    if (waited > CHILDREN.killMs)
      throw new EmbeddedDatabaseError('in-use', `PostgreSQL processes are still running in ${folder}`);
    if (waited > CHILDREN.noticeMs)
      for (const pid of left) sendSignal(pid, waited > CHILDREN.quitMs ? 'SIGKILL' : 'SIGQUIT');
    await sleep(POLL_MS);
  }
}

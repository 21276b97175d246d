// One process at a time installs and builds: two would delete each other's files. Plain Node, no dependencies.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const POLL_MS = 100;
/** In which whoever made the lock writes its process id. */
const WITHOUT_OWNER_MS = 2_000;

/**
 * Runs work, which must be synchronous, while no other process does so with the same folder. The lock of a process that has died is
 * taken over.
 *
 * @param onWait called once if another process has the lock
 */
export function withLock(folder, work, onWait = () => undefined) {
  if (!acquire(folder, onWait)) return work();
  const release = () => rmSync(folder, { recursive: true, force: true });
  // Work may end the process.
  process.once('exit', release);
  try {
    return work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

/** @returns false: nobody can write there, as in a read-only checkout */
function acquire(folder, onWait) {
  const owner = join(folder, 'pid');
  let waitedMs = 0;
  for (;;) {
    try {
      mkdirSync(folder);
      writeFileSync(owner, String(process.pid));
      return true;
    } catch (error) {
      if (error.code !== 'EEXIST') return false;
    }
    if (waitedMs === 0) onWait();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
    waitedMs += POLL_MS;
    if (isLeft(owner, waitedMs)) rmSync(folder, { recursive: true, force: true });
  }
}

function isLeft(owner, waitedMs) {
  const pid = ownerIn(owner);
  return pid === undefined ? waitedMs > WITHOUT_OWNER_MS : !isRunning(pid);
}

function ownerIn(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Of another user otherwise.
    return error.code !== 'ESRCH';
  }
}

import { readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/**
 * Unix niceness of the projections: requests go first, projections get what is left, and a tenth of what a request gets where nothing
 * is left. At 19 it would be a seventieth: beside other work that fills the machine a batch would take minutes, and its session
 * would be ended for idling.
 */
const NICENESS = 10;
/** The kernel takes ten changes of autogroups a second from those that are not root. */
const RETRIES = { times: 20, everyMs: 250 };

/** Of the calling thread on Linux; elsewhere it would mean the whole process. */
export const yieldThread = (): void => lowerPriority(0);

/**
 * A PostgreSQL backend is a Unix session of its own. Where the kernel groups processes by session
 * (`kernel.sched_autogroup_enabled`), niceness counts within a group only, and the group's own decides between groups.
 */
export function yieldSession(pid: number): void {
  lowerPriority(pid);
  lowerAutogroup(pid, RETRIES.times);
}

function lowerPriority(id: number): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(id, Math.max(NICENESS, getPriority(id)));
  } catch {
    // Not ours to slow down: then it competes like everybody else.
  }
}

function lowerAutogroup(pid: number, retries: number): void {
  if (process.platform !== 'linux') return;
  const file = `/proc/${pid}/autogroup`;
  try {
    const current = Number(/nice (-?\d+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
    writeFileSync(file, String(Math.max(NICENESS, current)));
  } catch (error) {
    const isLimited = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
    if (isLimited && retries > 0) setTimeout(() => lowerAutogroup(pid, retries - 1), RETRIES.everyMs).unref();
  }
}

import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedDatabaseError } from './embedded-error.js';

/** The owner touches its lock this often; of an owner on another host (container) only that can be seen. */
const HEARTBEAT_MS = 1_000;
const SILENT_MS = 5 * HEARTBEAT_MS;

interface Owner {
  readonly pid: number;
  /** Start time of the process as counted by the system, since pids are reused. */
  readonly started: string;
  readonly host: string;
}

export interface InstanceLock {
  release(): Promise<void>;
}

/**
 * Makes this process the owner of a data folder. A lock whose owner is dead is taken over.
 *
 * @throws EmbeddedDatabaseError `in-use`: another living process owns it
 */
export async function acquireInstanceLock(path: string): Promise<InstanceLock> {
  const content = JSON.stringify({
    pid: process.pid,
    started: processStart(process.pid),
    host: hostname(),
  } satisfies Owner);
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, content);
    for (let attempt = 0; !(await tryLink(draft, path)); attempt++) {
      if (attempt > 20) throw inUse(path);
      await clearIfStale(path);
    }
  } finally {
    await rm(draft, { force: true });
  }
  const heartbeat = setInterval(
    () => void utimes(path, new Date(), new Date()).catch(() => undefined),
    HEARTBEAT_MS,
  );
  heartbeat.unref();
  return {
    async release() {
      clearInterval(heartbeat);
      if ((await readFile(path, 'utf8').catch(() => '')) === content) await rm(path, { force: true });
    },
  };
}

/** `link` makes the name and its content appear at once, and fails when the name is taken. */
async function tryLink(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function clearIfStale(path: string): Promise<void> {
  const content = await readFile(path, 'utf8').catch(() => undefined);
  if (content === undefined) return;
  const owner = parse(content);
  if (owner && (await isAlive(owner, path))) throw inUse(path, owner);
  const aside = `${path}.stale.${process.pid}`;
  await rename(path, aside).catch(() => undefined);
  const moved = await readFile(aside, 'utf8').catch(() => undefined);
  if (moved !== undefined && moved !== content) await link(aside, path).catch(() => undefined); // someone was quicker
  await unlink(aside).catch(() => undefined);
}

async function isAlive(owner: Owner, path: string): Promise<boolean> {
  if (owner.host === hostname()) return processStart(owner.pid) === owner.started;
  const before = (await stat(path).catch(() => undefined))?.mtimeMs;
  if (before === undefined) return false;
  if (Date.now() - before > SILENT_MS) return false;
  await sleep(SILENT_MS);
  return (await stat(path).catch(() => undefined))?.mtimeMs !== before;
}

/** Undefined when no such process lives. Without /proc every living process is taken for the one meant. */
export function processStart(pid: number): string {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead';
  }
  if (process.platform !== 'linux') return 'alive';
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop() ?? '';
    const fields = afterName.split(' ');
    return fields[0] === 'Z' ? 'dead' : (fields[19] ?? 'alive'); // starttime is field 22, two are before the name's end
  } catch {
    return 'dead';
  }
}

function parse(content: string): Owner | undefined {
  try {
    const owner = JSON.parse(content) as Partial<Owner>;
    return typeof owner.pid === 'number' && owner.pid > 0 && owner.started !== 'dead'
      ? (owner as Owner)
      : undefined;
  } catch {
    return undefined;
  }
}

function inUse(path: string, owner?: Owner): EmbeddedDatabaseError {
  const who = owner ? ` (process ${owner.pid} on ${owner.host})` : '';
  return new EmbeddedDatabaseError(
    'in-use',
    `the data folder is in use by another Touchline${who}; stop it or use another TOUCHLINE_DATA_DIR (lock file: ${path})`,
  );
}

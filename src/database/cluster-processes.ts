import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { processStart } from './instance-lock.js';

const run = promisify(execFile);

/** What a postmaster writes of itself; after a crash of one of its children it stays `ready`. */
export async function statusOf(folder: string): Promise<{ readonly pid: number; readonly status: string }> {
  const lines = (await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return { pid: Number(lines[0]), status: lines[7]?.trim() ?? '' };
}

/** Ids of the processes that work in a folder, as all of PostgreSQL's do in that of their cluster; on Linux only. */
export async function processesIn(folder: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const home = await realpath(folder);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const homes = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
  return pids
    .filter((pid, index) => homes[index] === home && processStart(Number(pid)) !== 'dead')
    .map(Number);
}

/** Whether a startup process works in the folder: the one that recovers. Processes of PostgreSQL have titles. */
export async function isRecovering(folder: string): Promise<boolean> {
  const titles =
    process.platform === 'linux'
      ? await Promise.all(
          (await processesIn(folder)).map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
        )
      : await childTitles((await statusOf(folder)).pid);
  return titles.some((title) => title.startsWith('postgres: startup'));
}

async function childTitles(pid: number): Promise<string[]> {
  if (process.platform === 'win32') return [];
  const { stdout } = await run('ps', ['-axo', 'ppid=,command=']).catch(() => ({ stdout: '' }));
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(.*)$/.exec(line))
    .flatMap((found) => (Number(found?.[1]) === pid ? [found?.[2] ?? ''] : []));
}

/** A postmaster works in its data folder: only a process found there is taken for it. */
export async function isPostmasterOf(pid: number, folder: string): Promise<boolean> {
  if (process.platform === 'linux') return (await processesIn(folder)).includes(pid);
  if (process.platform === 'win32') return processStart(pid) !== 'dead';
  const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.includes('postgres') && stdout.includes(folder);
}

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { pid } from 'node:process';
import type { Checkpoints } from './checkpoint.js';

/** A name for this process in leases: host, process id and a random part, since process ids come round again. */
export const ownerName = (): string => `${hostname()}/${pid}/${randomBytes(4).toString('hex')}`;

/** After `kill -9` and a restart on the same machine nobody needs to wait until the old lease is past. */
export async function expireDeadOwners(checkpoints: Checkpoints): Promise<void> {
  const dead = (await checkpoints.owners()).filter(isGone);
  if (dead.length > 0) await checkpoints.expire(dead);
}

function isGone(owner: string): boolean {
  const [host, process_] = owner.split('/');
  const id = Number(process_);
  return host === hostname() && Number.isInteger(id) && id > 0 && id !== pid && !isRunning(id);
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

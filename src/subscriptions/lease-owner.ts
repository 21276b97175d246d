import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { pid } from 'node:process';
import type pg from 'pg';
import type { Checkpoints } from './checkpoint.js';
import type { Subscription } from './subscription.js';

type Named = Pick<Subscription, 'name' | 'version'>;

/**
 * A name for this process in leases: host, process id, a random part, since process ids come round again, and what it
 * runs: processes share subscriptions with those that run the same ones.
 */
export const ownerName = (subscriptions: readonly Named[]): string =>
  [processName(), randomBytes(4).toString('hex'), subscriptionSetHash(subscriptions)].join('/');

/** What the names of all owners in this process begin with. */
export const processName = (): string => `${hostname()}/${pid}`;

/** Of the same names and versions, the same text. */
export const subscriptionSetHash = (subscriptions: readonly Named[]): string =>
  createHash('sha256')
    .update(
      subscriptions
        .map(({ name, version }) => `${name}@${version}`)
        .sort()
        .join(),
    )
    .digest('hex')
    .slice(0, 8);

/** Whether a process that gives signs of life runs these subscriptions. @param prefix of its owners */
export async function isRunSomewhere(
  pool: pg.Pool,
  subscriptions: readonly Named[],
  prefix = '',
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `SELECT FROM touchline.projection_runner
     WHERE starts_with(owner, $1) AND split_part(owner, '/', 4) = $2 AND seen_until >= clock_timestamp() LIMIT 1`,
    [prefix, subscriptionSetHash(subscriptions)],
  );
  return rowCount === 1;
}

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

import type pg from 'pg';
import type { RoleState } from '../../http/readiness.js';
import { type Checkpoint, readCheckpoints } from '../read-checkpoints.js';
import { isRunSomewhere, processName } from '../lease-owner.js';
import type { Subscription } from '../subscription.js';

/**
 * How this process, which runs the given projections, stands: it takes part in balancer them, and what it holds goes on.
 * The database tells, as it tells other processes: a thread that hangs stops renewing its place there.
 */
export async function runnerState(pool: pg.Pool, projections: readonly Subscription[]): Promise<RoleState> {
  if (!(await isRunSomewhere(pool, projections, ownPrefix())))
    return { ready: false, state: 'silent', reason: 'the thread of the projections gives no sign of life' };
  const names = projections.map(({ name }) => name);
  const held = (await readCheckpoints(pool, names)).filter(isHeld);
  const failed = held.find(({ status }) => status === 'failed');
  if (failed)
    return {
      ready: false,
      state: 'failed',
      reason: `${failed.name} cannot go on; GET /api/projections tells why`,
    };
  if (held.length === 0) return { ready: true, state: 'waiting', reason: 'other processes have them all' };
  const rebuilding = held.some(({ rebuild }) => rebuild !== null);
  const reason = `has ${held.map(({ name }) => name).join(', ')}`;
  return { ready: true, state: rebuilding ? 'rebuilding' : 'working', reason };
}

/** Whether this process has the live build, or the one that is to replace it. */
const isHeld = ({ owner, rebuild }: Checkpoint): boolean =>
  [owner, rebuild?.owner].some((one) => one?.startsWith(ownPrefix()));

/**
 * Whether the read models are there to be asked: in the version this process reads or a newer one, or in an older one while
 * they are rebuilt in this. One that is made for the first time says so to each question; the others are answered.
 */
export async function readModelsState(
  pool: pg.Pool,
  projections: readonly Subscription[],
): Promise<RoleState> {
  const there = new Map((await readCheckpoints(pool)).map((one) => [one.name, one]));
  for (const { name, version } of projections) {
    const checkpoint = there.get(name);
    if (!checkpoint) return awaited(`the read model ${name} is not there yet`);
    if (Math.max(checkpoint.version, checkpoint.rebuild?.version ?? 0) < version)
      return awaited(`the read model ${name} is of version ${checkpoint.version}, ${version} is read here`);
  }
  const rebuilding = projections.flatMap(({ name }) => (there.get(name)?.rebuildTo == null ? [] : [name]));
  if (rebuilding.length === 0) return { ready: true, state: 'answering' };
  return {
    ready: true,
    state: 'rebuilding',
    reason: `questions to ${rebuilding.join(', ')} are answered 503`,
  };
}

const awaited = (what: string): RoleState => ({
  ready: false,
  state: 'waiting',
  reason: `${what}: a process of this version with the role project makes it`,
});

const ownPrefix = (): string => `${processName()}/`;

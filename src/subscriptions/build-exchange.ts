import pg from 'pg';
import { withTransaction } from '../database/client.js';
import { isConflict } from '../database/ddl.js';
import type { Position } from '../domain/events.js';
import { Fenced } from './batch-transaction.js';
import type { Lease } from './checkpoint.js';
import type { RebuildMember } from './rebuild-members.js';
import { restartReactor } from './rebuild.js';
import { replaceWorkspace } from './workspace-exchange.js';
import type { Registry } from './registry.js';
import { isReactor } from './subscription.js';

const QUERY_CANCELED = '57014';

interface Exchanged {
  readonly lease: Lease;
  readonly members: readonly RebuildMember[];
}

interface LockedRow {
  readonly name: string;
  readonly build: string;
  readonly position: string;
  readonly epoch: string;
  readonly isLive: boolean;
  readonly isPaused: boolean;
  readonly rebuildTo: string | null;
}

/**
 * Makes builds live that are level with the live ones, which are paused: views, checkpoints and dead letters change in one
 * transaction. Reactors that read the rows are fenced, since what they have in hand was read from the old ones, and those that
 * are rebuilt start over.
 *
 * @param lockMs how long to wait for a lock of a reader; less than the wait for a deadlock, which is 1 s
 * @returns false when somebody has a lock: try again
 * @throws Fenced when a build is no longer what it was
 */
export async function exchangeBuilds(
  pool: pg.Pool,
  registry: Registry,
  exchanged: Exchanged,
  { head, lockMs }: { readonly head: Position; readonly lockMs: number },
): Promise<boolean> {
  // A workspace takes as long as its rows do; only views have readers behind them.
  const statementMs = exchanged.lease.workspace === null ? 1_000 : 0;
  const begin = `BEGIN; SET LOCAL lock_timeout = ${Math.round(lockMs)}; SET LOCAL statement_timeout = ${statementMs}`;
  try {
    await withTransaction(pool, (tx) => exchange(tx, registry, exchanged, head), begin);
    return true;
  } catch (error) {
    const isCanceled = error instanceof pg.DatabaseError && error.code === QUERY_CANCELED;
    if (isCanceled || isConflict(error)) return false;
    throw error;
  }
}

async function exchange(
  tx: pg.PoolClient,
  registry: Registry,
  { lease, members }: Exchanged,
  head: Position,
): Promise<void> {
  const names = members.map(({ name }) => name);
  const plan = registry.rebuildPlan(names.map((name) => registry.get(name)));
  const readers = plan.rebuilt.filter(isReactor);
  // A reactor has one checkpoint for all workspaces, so it does not start over for one.
  const reactors = lease.workspace === null ? readers : [];
  const fenced = lease.workspace === null ? plan.fenced : [...plan.fenced, ...readers];
  const { rows } = await tx.query<LockedRow>(LOCK, [
    [...names, ...reactors.map(({ name }) => name), ...fenced.map(({ name }) => name)],
  ]);
  if (!rows.some(({ name, build, epoch }) => isKey(lease, { name, build }) && epoch === lease.epoch))
    throw new Fenced(lease.name);
  for (const member of members) {
    const live = rows.find(({ name, isLive }) => name === member.name && isLive);
    const next = rows.find((row) => isKey(row, member));
    if (!live?.isPaused || next?.position !== live.position) throw new Fenced(member.name);
    if (member.workspace === null) await makeLive(tx, member, live.rebuildTo);
    else await replaceWorkspace(tx, member, member.workspace);
  }
  await tx.query(FENCE, [fenced.map(({ name }) => name)]);
  for (const one of reactors) await restartReactor(tx, one, head);
}

/** Has what is asked of the projection answered from another build. */
async function makeLive(
  tx: pg.PoolClient,
  { name, build }: RebuildMember,
  rebuildTo: string | null,
): Promise<void> {
  await tx.query('SELECT touchline.show_build($1, $2)', [name, build]);
  await tx.query('DELETE FROM touchline.projection WHERE name = $1 AND is_live', [name]);
  await tx.query(MAKE_LIVE, [name, build, rebuildTo]);
}

const isKey = (
  a: { readonly name: string; readonly build: string },
  b: { readonly name: string; readonly build: string },
): boolean => a.name === b.name && a.build === b.build;

const LOCK = `
  SELECT name, build, position, epoch, is_live AS "isLive", rebuild_to AS "rebuildTo",
         coalesce(paused_until > clock_timestamp(), false) AS "isPaused"
  FROM touchline.projection WHERE name = ANY ($1) ORDER BY name, build FOR UPDATE`;

const MAKE_LIVE = `
  UPDATE touchline.projection
  SET is_live = true, rebuild = NULL, epoch = epoch + 1, owner = NULL, lease_until = NULL, error = NULL,
      rebuild_to = $3, status = CASE WHEN $3::bigint IS NULL THEN 'running' ELSE 'rebuilding' END,
      updated_at = clock_timestamp()
  WHERE name = $1 AND build = $2`;

const FENCE = `UPDATE touchline.projection
   SET epoch = epoch + 1, owner = NULL, lease_until = NULL, updated_at = clock_timestamp() WHERE name = ANY ($1)`;

import pg from 'pg';
import { withTransaction } from '../database/client.js';
import { isConflict } from '../database/ddl.js';
import type { Position } from '../domain/events.js';
import { Fenced } from './batch-transaction.js';
import type { Lease } from './checkpoint.js';
import { yieldingToReaders } from './deadlock-watch.js';
import type { RebuildMember } from './rebuild-members.js';
import { restartReactor } from './rebuild.js';
import { replaceWorkspace } from './workspace-exchange.js';
import type { Registry } from './registry.js';
import { hasOldSnapshots } from './snapshots.js';
import { type Subscription, isReactor } from './subscription.js';

const QUERY_CANCELED = '57014';
/** A process that stands still in an exchange loses its session, and with it the locks that keep the live builds from moving. */
const FROZEN_MS = 8_000;
/** What replacing views takes by itself, on a loaded machine too. */
const WORK_MS = 800;

interface Exchanged {
  readonly lease: Lease;
  readonly members: readonly RebuildMember[];
  /** Of the log. */
  readonly head: Position;
}

interface ExchangeOptions {
  /** How long to wait for all locks of readers together. */
  readonly lockMs: number;
  /** Nobody may read in a snapshot that is older than this transaction; rows of one workspace are exchanged under any. */
  readonly level?: string;
}

interface LockedRow {
  readonly name: string;
  readonly build: string;
  readonly position: string;
  readonly epoch: string;
  readonly isLive: boolean;
  readonly isPaused: boolean;
  readonly rebuildTo: string | null;
  readonly version: number;
}

/**
 * Exchanges builds that are level with the live ones, which are paused: tables or rows, checkpoints and dead letters change in one
 * transaction. Reactors that read the rows are fenced, since what they have in hand was read from the old ones, and those that
 * are rebuilt start over.
 *
 * @returns false when somebody has a lock, or a snapshot that is too old: try again
 * @throws Fenced when a build is no longer what it was
 */
export async function exchangeBuilds(
  pool: pg.Pool,
  registry: Registry,
  exchanged: Exchanged,
  options: ExchangeOptions,
): Promise<boolean> {
  const begin = `BEGIN; SET LOCAL lock_timeout = ${Math.round(options.lockMs)};
    SET LOCAL idle_in_transaction_session_timeout = ${FROZEN_MS}`;
  try {
    await withTransaction(pool, (tx) => exchange(pool, tx, registry, exchanged, options), begin);
    return true;
  } catch (error) {
    const isCanceled = error instanceof pg.DatabaseError && error.code === QUERY_CANCELED;
    if (isCanceled || isConflict(error) || error instanceof OldSnapshot) return false;
    throw error;
  }
}

class OldSnapshot extends Error {
  override readonly name = 'OldSnapshot';
}

async function exchange(
  pool: pg.Pool,
  tx: pg.PoolClient,
  registry: Registry,
  { lease, members, head }: Exchanged,
  { lockMs, level }: ExchangeOptions,
): Promise<void> {
  const plan = registry.rebuildPlan(members.map(({ name }) => registry.get(name)));
  const readers = plan.rebuilt.filter(isReactor);
  const live = await lockLive(tx, lease, members, [...readers, ...plan.fenced]);
  if (level !== undefined) {
    await yieldingToReaders(pool, tx, () => showBuilds(tx, members, lockMs));
    if (await hasOldSnapshots(tx, level)) throw new OldSnapshot();
  }
  for (const member of members) {
    if (member.workspace === null) await makeLive(tx, member, live.get(member.name)?.rebuildTo ?? null);
    else await replaceWorkspace(tx, member, member.workspace);
  }
  // A reactor has one checkpoint for all workspaces, so it does not start over for one.
  const restarted = lease.workspace === null ? readers : [];
  const fenced = [...plan.fenced, ...readers.filter((one) => !restarted.includes(one))];
  await tx.query(FENCE, [fenced.map(({ name }) => name)]);
  for (const one of restarted) await restartReactor(tx, one, head);
}

/** Locks the checkpoints. @returns those of the live builds, by name @throws Fenced */
async function lockLive(
  tx: pg.PoolClient,
  lease: Lease,
  members: readonly RebuildMember[],
  others: readonly Subscription[],
): Promise<ReadonlyMap<string, LockedRow>> {
  const { rows } = await tx.query<LockedRow>(LOCK, [[...members, ...others].map(({ name }) => name)]);
  if (!rows.some((row) => isKey(row, lease) && row.epoch === lease.epoch)) throw new Fenced(lease.name);
  const live = new Map(rows.filter(({ isLive }) => isLive).map((row) => [row.name, row]));
  for (const member of members) {
    const before = live.get(member.name);
    const next = rows.find((row) => isKey(row, member));
    const isSameVersion = member.workspace === null || next?.version === before?.version;
    if (!before?.isPaused || next?.position !== before.position || !isSameVersion)
      throw new Fenced(member.name);
  }
  return live;
}

/** Has what is asked of projections answered from other builds. All locks together are waited for so long at most. */
async function showBuilds(
  tx: pg.PoolClient,
  members: readonly RebuildMember[],
  lockMs: number,
): Promise<void> {
  await tx.query(`SET LOCAL statement_timeout = ${Math.round(lockMs + WORK_MS)}`);
  await tx.query(SHOW, [members.map(({ name }) => name), members.map(({ build }) => build)]);
  await tx.query('SET LOCAL statement_timeout = 0');
}

async function makeLive(
  tx: pg.PoolClient,
  { name, build }: RebuildMember,
  rebuildTo: string | null,
): Promise<void> {
  await tx.query('DELETE FROM touchline.projection WHERE name = $1 AND is_live', [name]);
  await tx.query(MAKE_LIVE, [name, build, rebuildTo]);
}

const isKey = (
  a: { readonly name: string; readonly build: string },
  b: { readonly name: string; readonly build: string },
): boolean => a.name === b.name && a.build === b.build;

const SHOW = `
  SELECT touchline.show_build(name, build) FROM unnest($1::text[], $2::bigint[]) AS members (name, build)`;

const LOCK = `
  SELECT name, build, version, position, epoch, is_live AS "isLive", rebuild_to AS "rebuildTo",
         coalesce(paused_until > clock_timestamp(), false) AS "isPaused"
  FROM touchline.projection WHERE name = ANY ($1) ORDER BY name, build FOR UPDATE`;

const MAKE_LIVE = `
  UPDATE touchline.projection
  SET is_live = true, rebuild = NULL, epoch = epoch + 1, owner = NULL, lease_until = NULL, error = NULL, waits_for = NULL,
      rebuild_to = $3, status = CASE WHEN $3::bigint IS NULL THEN 'running' ELSE 'rebuilding' END,
      updated_at = clock_timestamp()
  WHERE name = $1 AND build = $2`;

const FENCE = `UPDATE touchline.projection
   SET epoch = epoch + 1, owner = NULL, lease_until = NULL, updated_at = clock_timestamp() WHERE name = ANY ($1)`;

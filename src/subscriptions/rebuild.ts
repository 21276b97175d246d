import type pg from 'pg';
import { withTransaction } from '../database/client.js';
import type { Position } from '../domain/events.js';
import type { RebuildPlan } from './registry.js';
import { type Reactor, type Subscription, isReactor } from './subscription.js';

/** `requestRebuild` in a transaction of its own. @returns the names of those that start over */
export async function rebuild(pool: pg.Pool, plan: RebuildPlan, head: Position): Promise<string[]> {
  await withTransaction(pool, (tx) => requestRebuild(tx, plan, head));
  return plan.rebuilt.map(({ name }) => name);
}

/**
 * Gives each projection of the plan a second build, within the caller's transaction. Subscribers fill it beside the live one,
 * which goes on, and let it take its place (`takeover.ts`). What was being built already is given up, and what was to become
 * live with it becomes live with the new builds. Reactors have no rows to keep: they start over, at once or, where they read
 * rows that are rebuilt, when these are live.
 */
export async function requestRebuild(
  tx: pg.PoolClient,
  { rebuilt }: RebuildPlan,
  head: Position,
): Promise<void> {
  if (rebuilt.length === 0) return;
  const names = rebuilt.map(({ name }) => name);
  await tx.query(
    'SELECT FROM touchline.projection WHERE name = ANY ($1) OR NOT is_live ORDER BY name, build FOR UPDATE',
    [names],
  );
  for (const one of readersOfNothingRebuilt(rebuilt)) await restartReactor(tx, one, head);
  const projections = rebuilt.filter((one) => !isReactor(one));
  const { rows } = await tx.query<{ rebuild: string; former: string[] }>(NEW_REBUILD, [
    projections.map(({ name }) => name),
  ]);
  const [{ rebuild, former } = { rebuild: '0', former: [] }] = rows;
  for (const { name, version } of projections) await tx.query(GIVE_UP, [name, version]);
  await tx.query(WIDEN, [rebuild, former]);
  await tx.query(JOIN_REBUILD, [rebuild, former]);
  for (const { name, version } of projections) await tx.query(ADD_BUILD, [name, version, rebuild]);
}

const NEW_REBUILD = `
  SELECT nextval('touchline.build_number') AS rebuild,
         ARRAY(SELECT DISTINCT rebuild::text FROM touchline.projection WHERE NOT is_live AND name = ANY ($1)) AS former`;

/** Of a rebuild of one workspace that is given up the other builds are made for all workspaces: they read each other's rows. */
const WIDEN = `
  WITH given_up AS (
    DELETE FROM touchline.projection
    WHERE NOT is_live AND workspace IS NOT NULL AND rebuild = ANY ($2::bigint[]) RETURNING name, version)
  INSERT INTO touchline.projection
    (name, version, build, is_live, prepared, rebuild, position, start_position, status)
  SELECT live.name, given_up.version, nextval('touchline.build_number'), false, false, $1, live.start_position,
         live.start_position, 'rebuilding'
  FROM given_up JOIN touchline.projection live ON live.name = given_up.name AND live.is_live`;

/** Their owners read the builds of their rebuild when they take them, so they take them again. */
const JOIN_REBUILD = `
  UPDATE touchline.projection SET rebuild = $1, epoch = epoch + 1, owner = NULL, lease_until = NULL
  WHERE NOT is_live AND rebuild = ANY ($2::bigint[])`;

/** One of a newer version stays, during an upgrade, as long as a process of that version has it. */
const GIVE_UP = `
  DELETE FROM touchline.projection
  WHERE name = $1 AND NOT is_live AND NOT (version > $2 AND coalesce(lease_until > clock_timestamp(), false))`;

const ADD_BUILD = `
  INSERT INTO touchline.projection
    (name, version, build, is_live, prepared, rebuild, position, start_position, status)
  SELECT name, $2, nextval('touchline.build_number'), false, false, $3, start_position, start_position, 'rebuilding'
  FROM touchline.projection WHERE name = $1 AND is_live
  ON CONFLICT DO NOTHING`;

/** Reactors of a plan that do not read, not even through others, what the plan rebuilds. The plan is in dependency order. */
function readersOfNothingRebuilt(rebuilt: readonly Subscription[]): Reactor[] {
  const waiting = new Set<string>();
  const restarted: Reactor[] = [];
  for (const one of rebuilt) {
    if (isReactor(one) && !one.after.some((other) => waiting.has(other))) restarted.push(one);
    else waiting.add(one.name);
  }
  return restarted;
}

/** Has a reactor begin again from where it started. */
export async function restartReactor(
  tx: pg.PoolClient,
  { name, version }: Reactor,
  head: Position,
): Promise<void> {
  await tx.query(RESTART, [name, version, String(head)]);
  await tx.query('DELETE FROM touchline.dead_letter WHERE projection = $1', [name]);
}

const RESTART = `
  UPDATE touchline.projection
  SET epoch = epoch + 1, owner = NULL, lease_until = NULL, updated_at = clock_timestamp(), error = NULL,
      version = $2, position = start_position,
      status = CASE WHEN $3 > start_position THEN 'rebuilding' ELSE 'running' END,
      rebuild_to = CASE WHEN $3 > start_position THEN $3::bigint END
  WHERE name = $1`;

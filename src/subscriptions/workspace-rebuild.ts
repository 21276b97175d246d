import type pg from 'pg';
import { withTransaction } from '../database/client.js';
import type { Position } from '../domain/events.js';
import { Refused } from '../domain/refused.js';
import { requestRebuild } from './rebuild.js';
import type { RebuildPlan } from './registry.js';
import { type Subscription, isReactor } from './subscription.js';

/** The projections of a plan: a reactor has one checkpoint for all workspaces, and goes on where it is. */
const projectionsOf = ({ rebuilt }: RebuildPlan): Subscription[] => rebuilt.filter((one) => !isReactor(one));

/**
 * Gives each projection of the plan a build with the events of one workspace, whose rows are to replace those that the live build
 * has of it.
 *
 * @returns the names of the projections
 * @throws Refused `workspace-not-found`, `rebuild-not-allowed`, `rebuild-in-progress`
 */
export const rebuildWorkspace = (pool: pg.Pool, plan: RebuildPlan, workspace: string): Promise<string[]> =>
  withTransaction(pool, async (tx) => {
    const obstacle = await obstacleTo(tx, plan, workspace);
    if (obstacle) throw obstacle;
    await addBuilds(tx, plan, workspace);
    return projectionsOf(plan).map(({ name }) => name);
  });

/**
 * As `requestRebuild`, but of one workspace alone where the rows of no other are concerned and nothing else stands against it.
 *
 * @param workspaces whose rows are concerned
 */
export async function requestNarrowRebuild(
  tx: pg.PoolClient,
  plan: RebuildPlan,
  head: Position,
  workspaces: ReadonlySet<string>,
): Promise<void> {
  if (plan.rebuilt.length === 0) return;
  const [workspace, ...others] = workspaces;
  const isNarrow = workspace !== undefined && others.length === 0 && !plan.rebuilt.some(isReactor);
  if (isNarrow && !(await obstacleTo(tx, plan, workspace))) await addBuilds(tx, plan, workspace);
  else await requestRebuild(tx, plan, head);
}

async function addBuilds(tx: pg.PoolClient, plan: RebuildPlan, workspace: string): Promise<void> {
  const names = projectionsOf(plan).map(({ name }) => name);
  if (names.length > 0) await tx.query(ADD_BUILDS, [names, workspace]);
}

const ADD_BUILDS = `
  WITH rebuild AS MATERIALIZED (SELECT nextval('touchline.build_number') AS number)
  INSERT INTO touchline.projection
    (name, version, build, is_live, prepared, rebuild, workspace, position, start_position, status)
  SELECT name, version, nextval('touchline.build_number'), false, false, number, $2, start_position, start_position,
         'rebuilding'
  FROM touchline.projection, rebuild WHERE name = ANY ($1) AND is_live`;

interface Row {
  readonly name: string;
  readonly version: number;
  readonly isLive: boolean;
  readonly workspace: string | null;
}

/** Why the plan cannot be carried out for one workspace. It locks the checkpoints. */
async function obstacleTo(
  tx: pg.PoolClient,
  plan: RebuildPlan,
  workspace: string,
): Promise<Refused | undefined> {
  const projections = projectionsOf(plan);
  const names = projections.map(({ name }) => name);
  const { rows } = await tx.query<Row>(
    `SELECT name, version, is_live AS "isLive", workspace FROM touchline.projection
     WHERE name = ANY ($1) OR NOT is_live ORDER BY name, build FOR UPDATE`,
    [names],
  );
  const { rowCount } = await tx.query('SELECT FROM touchline.workspace WHERE slug = $1', [workspace]);
  if (rowCount === 0)
    return new Refused('workspace-not-found', `The workspace "${workspace}" does not exist`);
  const { rows: shared } = await tx.query<{ name: string }>(WITHOUT_WORKSPACE, [names]);
  if (shared[0])
    return new Refused(
      'rebuild-not-allowed',
      `${shared[0].name} has no column workspace; rebuild it for all workspaces`,
    );
  const running = rows.find(({ name, isLive }) => !isLive && names.includes(name));
  if (running) return new Refused('rebuild-in-progress', describeRunning(running));
  const other = projections.find((one) => !rows.some((row) => isOf(row, one)));
  if (other)
    return new Refused(
      'rebuild-not-allowed',
      `The rows of ${other.name} are of another version; rebuild it for all workspaces`,
    );
  return undefined;
}

const isOf = (row: Row, { name, version }: Subscription): boolean =>
  row.name === name && row.version === version;

const describeRunning = ({ name, workspace }: Row): string =>
  `${name} is being rebuilt${workspace === null ? '' : ' for one workspace'} already; ask again when that is done`;

/** Tables of live builds whose rows belong to no workspace. */
const WITHOUT_WORKSPACE = `
  SELECT c.relname AS name
  FROM touchline.build_schema build JOIN pg_class c ON c.relnamespace = to_regnamespace(quote_ident(build.name))
  WHERE build.is_live AND build.projection = ANY ($1) AND c.relkind = 'r'
    AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'workspace' AND NOT attisdropped)
  ORDER BY c.relname`;

import type pg from 'pg';
import { longQuery } from './long-query.js';
import type { RebuildMember } from './rebuild-members.js';

/**
 * Has the rows of a build take the place of those that the live build has of one workspace, with its dead letters. Readers see
 * all of it or nothing, each as of its snapshot, so nobody needs to be waited for.
 */
export async function replaceWorkspace(
  tx: pg.PoolClient,
  { name, build, liveBuild }: RebuildMember,
  workspace: string,
): Promise<void> {
  await tx.query(longQuery('SELECT touchline.replace_workspace($1, $2, $3)', [name, build, workspace]));
  await tx.query(
    'DELETE FROM touchline.dead_letter WHERE projection = $1 AND build = $2 AND workspace = $3',
    [name, liveBuild, workspace],
  );
  await tx.query('UPDATE touchline.dead_letter SET build = $3 WHERE projection = $1 AND build = $2', [
    name,
    build,
    liveBuild,
  ]);
  await tx.query(KEEP_LIVE, [name, build]);
  await tx.query('DELETE FROM touchline.projection WHERE name = $1 AND build = $2', [name, build]);
}

/** The owner of the live build is fenced, and reads the replaced rows again. */
const KEEP_LIVE = `
  UPDATE touchline.projection live
  SET comparison = next.comparison, epoch = live.epoch + 1, owner = NULL, lease_until = NULL, updated_at = clock_timestamp()
  FROM touchline.projection next
  WHERE live.name = $1 AND live.is_live AND next.name = $1 AND next.build = $2`;

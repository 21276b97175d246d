import pg from 'pg';
import { type BuildKey, buildSchema } from './build-schema.js';
import { longQuery } from './long-query.js';
import type { Comparison, TableComparison } from './read-checkpoints.js';
import type { RebuildMember } from './rebuild-members.js';
import type { Projection } from './subscription.js';

interface Content {
  readonly isNext: boolean;
  readonly rows: string;
  readonly hash: string | null;
  /** Some of it cannot be compared now. */
  readonly isOpen: boolean;
}

/**
 * Compares the tables of two builds that stand at the same position in the caller's snapshot: numbers of rows and, unless told
 * otherwise, their contents in any order; of a build of one workspace, with the rows of that workspace.
 */
export async function compareBuilds(
  tx: pg.ClientBase,
  projection: Projection,
  member: RebuildMember,
  isByContent: boolean,
): Promise<Comparison> {
  const tables: TableComparison[] = [];
  await tx.query('SAVEPOINT reading');
  for (const table of projection.tables) {
    const query = isByContent ? contentOf(projection, table) : null;
    tables.push(await compareTable(tx, projection, member, table, query));
  }
  return {
    position: String(member.position),
    workspace: member.workspace,
    comparedAt: new Date().toISOString(),
    version: member.liveVersion,
    isSame: isByContent ? tables.every(({ isSame }) => isSame !== false) : null,
    tables,
  };
}

/** Lets the planner know the tables of a build before readers do. */
export async function analyzeBuild(pool: pg.Pool, { tables }: Projection, build: BuildKey): Promise<void> {
  const text = `ANALYZE ${tables.map((table) => `${buildSchema(build)}.${table}`).join(', ')}`;
  if (tables.length > 0) await pool.query(longQuery(text));
}

/** Null: the table is not compared by content. */
function contentOf({ comparable }: Projection, table: string): string | null {
  const query = comparable?.[table];
  // As jsonb: the order of keys in a json column depends on how the row came about.
  return query === undefined ? `SELECT to_jsonb(t)::text FROM ${table} t` : query;
}

async function compareTable(
  tx: pg.ClientBase,
  projection: Projection,
  member: RebuildMember,
  table: string,
  query: string | null,
): Promise<TableComparison> {
  const text = [member.build, member.liveBuild]
    .map(
      (build) => `(${rowsOf(projection, { ...member, build })} ${contentQuery(member, build, table, query)})`,
    )
    .join(' UNION ALL ');
  try {
    const { rows } = await tx.query<Content>(longQuery(text));
    const next = rows.find(({ isNext }) => isNext);
    const live = rows.find(({ isNext }) => !isNext);
    const isKnown = rows.every(({ isOpen }) => !isOpen);
    const isSame = isKnown ? next?.rows === live?.rows && next?.hash === live?.hash : null;
    return { table, rows: Number(next?.rows), rowsBefore: Number(live?.rows), isSame };
  } catch (error) {
    const isNoJsonb = error instanceof pg.DatabaseError && error.code === UNTRANSLATABLE;
    if (query === null || !isNoJsonb) throw error;
    await tx.query('ROLLBACK TO SAVEPOINT reading');
    return compareTable(tx, projection, member, table, null);
  }
}

/** Has the names of the tables, in the query that follows, mean those of a build, or their rows of its workspace. */
function rowsOf({ tables }: Projection, build: BuildKey & Pick<RebuildMember, 'workspace'>): string {
  const { workspace } = build;
  const where = workspace === null ? '' : `WHERE workspace = ${pg.escapeLiteral(workspace)}`;
  const each = tables.map(
    (table) => `${table} AS NOT MATERIALIZED (SELECT * FROM ${buildSchema(build)}.${table} ${where})`,
  );
  return `WITH ${each.join(', ')}`;
}

function contentQuery(member: RebuildMember, build: string, table: string, query: string | null): string {
  const isNext = `${build === member.build} AS "isNext"`;
  return query === null
    ? `SELECT ${isNext}, count(*) AS rows, NULL AS hash, true AS "isOpen" FROM ${table}`
    : `SELECT ${isNext}, count(*) AS rows, sum(hashtextextended(content.row, 0)) AS hash,
              coalesce(bool_or(content.row IS NULL), false) AS "isOpen"
       FROM (${query}) AS content (row)`;
}

/** A json column may hold \u0000, which jsonb cannot. */
const UNTRANSLATABLE = '22P05';

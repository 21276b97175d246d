import pg from 'pg';
import { type BuildKey, buildSchema } from './build-schema.js';
import { longQuery } from './long-query.js';
import type { Comparison, TableComparison } from './read-checkpoints.js';
import type { RebuildMember } from './rebuild-members.js';
import type { Projection } from './subscription.js';

interface Content {
  readonly rows: string;
  readonly hash: string | null;
  /** Some of it cannot be compared now. */
  readonly isOpen: boolean;
}

/** One of the two builds. */
interface Side extends BuildKey {
  /** Only its rows count; null: all. */
  readonly workspace: string | null;
  readonly tables: readonly string[];
}

/**
 * Compares the tables of two builds that stand at the same position in the caller's snapshot: numbers of rows and, unless told
 * otherwise, their contents in any order; of a build of one workspace, with the rows of that workspace. It leaves the transaction's search_path changed.
 */
export async function compareBuilds(
  tx: pg.ClientBase,
  projection: Projection,
  member: RebuildMember,
  isByContent: boolean,
): Promise<Comparison> {
  const tables: TableComparison[] = [];
  const side = { name: member.name, workspace: member.workspace, tables: projection.tables };
  for (const table of projection.tables) {
    const query = isByContent ? contentOf(projection, table) : null;
    const next = await read(tx, { ...side, build: member.build }, table, query);
    const live = await read(tx, { ...side, build: member.liveBuild }, table, query);
    const isKnown = query !== null && !next.isOpen && !live.isOpen;
    const isSame = isKnown ? next.rows === live.rows && next.hash === live.hash : null;
    tables.push({ table, rows: Number(next.rows), rowsBefore: Number(live.rows), isSame });
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

/** Has the names of the tables mean, in the query that follows, their rows of the workspace. */
function rowsOfWorkspace({ workspace, tables, ...build }: Side): string {
  if (workspace === null) return '';
  const where = `WHERE workspace = ${pg.escapeLiteral(workspace)}`;
  const each = tables.map((table) => `${table} AS (SELECT * FROM ${buildSchema(build)}.${table} ${where})`);
  return `WITH ${each.join(', ')}`;
}

/** Null: the table is not compared by content. */
function contentOf({ comparable }: Projection, table: string): string | null {
  const query = comparable?.[table];
  // As jsonb: the order of keys in a json column depends on how the row came about.
  return query === undefined ? `SELECT to_jsonb(t)::text FROM ${table} t` : query;
}

async function read(tx: pg.ClientBase, side: Side, table: string, query: string | null): Promise<Content> {
  await tx.query(`SET LOCAL search_path = ${buildSchema(side)},touchline`);
  const text =
    query === null
      ? `SELECT count(*) AS rows, NULL AS hash, true AS "isOpen" FROM ${table}`
      : `SELECT count(*) AS rows, sum(hashtextextended(content.row, 0)) AS hash,
                coalesce(bool_or(content.row IS NULL), false) AS "isOpen"
         FROM (${query}) AS content (row)`;
  await tx.query('SAVEPOINT reading');
  try {
    const { rows } = await tx.query<Content>(longQuery(`${rowsOfWorkspace(side)} ${text}`));
    return rows[0] ?? { rows: '0', hash: null, isOpen: true };
  } catch (error) {
    const isNoJsonb = error instanceof pg.DatabaseError && error.code === UNTRANSLATABLE;
    if (query === null || !isNoJsonb) throw error;
    await tx.query('ROLLBACK TO SAVEPOINT reading');
    return read(tx, side, table, null);
  }
}

/** A json column may hold \u0000, which jsonb cannot. */
const UNTRANSLATABLE = '22P05';

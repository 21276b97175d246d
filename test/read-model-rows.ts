import type pg from 'pg';
import { creditLedger } from '../src/queries/credit-ledger.js';
import { validAt } from '../src/queries/valid-at.js';
import { rows as rowsOfQuery, sql } from '../src/queries/sql.js';
import { inTransaction, rowsOf } from './project.js';

/** Tables of versions that `journey` writes, but for the models. */
export const JOURNEY_VERSIONS = [
  'identity_key',
  'identity_link',
  'lead_profile',
  'account_membership',
  'journey',
  'stage_transition',
  'score_change',
  'account',
];

/** Those of the whole chain of projections. */
const VERSIONED = [
  ...JOURNEY_VERSIONS,
  'journey_model',
  'verdict_rule',
  'opportunity',
  'opportunity_contact',
];

const PATHS = `(
  SELECT path.*, (SELECT jsonb_agg(to_jsonb(share) - 'path_id' ORDER BY share.model)
                  FROM touchline.attribution_share share WHERE share.path_id = path.path_id) AS shares
  FROM touchline.attribution_path path)`;

const TABLES = VERSIONED.map((table) => `touchline.${table}`);

export type Rows = Readonly<Record<string, readonly string[]>>;

/** The current rows, without their positions. */
export async function currentRows(pool: pg.Pool): Promise<Rows> {
  const where = 'superseded_at IS NULL';
  const without = ['known_from', 'superseded_at', 'position', 'path_id'];
  const standing = await Promise.all(TABLES.map((table) => rowsOf(pool, table, { where, without })));
  return {
    ...named(standing),
    attribution: await rowsOf(pool, PATHS, { where, without }),
    lead: await rowsOf(pool, 'touchline.lead', { without: ['position', 'state'] }),
  };
}

/** What was true right after the event at a position, with when it became known. */
export async function rowsAsOf(pool: pg.Pool, position: bigint): Promise<Rows> {
  const where = `known_from <= ${position} AND (superseded_at IS NULL OR superseded_at > ${position})`;
  const without = ['superseded_at', 'path_id'];
  return {
    ...named(await Promise.all(TABLES.map((table) => rowsOf(pool, table, { where, without })))),
    attribution: await creditsAsOf(pool, position),
  };
}

/** The credits right after the event at a position, read as questions read them. */
export const creditsAsOf = (pool: pg.Pool, position: bigint): Promise<string[]> =>
  inTransaction(pool, async (tx) => {
    const { rows: workspaces } = await tx.query<{ workspace: string }>(
      'SELECT DISTINCT workspace FROM touchline.opportunity ORDER BY workspace',
    );
    const credits: string[] = [];
    for (const { workspace } of workspaces) {
      const { paths, shares } = await creditLedger({ tx, workspace, asOf: position });
      const query = sql`
        SELECT ((to_jsonb(p) - '{path_id,known_from,superseded_at}'::text[]) || jsonb_build_object('shares', (
          SELECT jsonb_agg(to_jsonb(s) - 'path_id' ORDER BY s.model) FROM ${shares} s WHERE s.path_id = p.path_id
        )))::text AS row
        FROM ${paths} p WHERE p.workspace = ${workspace} AND ${validAt('p', position)} ORDER BY 1`;
      credits.push(...(await rowsOfQuery<{ row: string }>(tx, query)).map(({ row }) => row));
    }
    return credits;
  });

/** Number of positions of a log at which credits are compared, as a sample. */
const SAMPLES = 8;

async function sampledCredits(pool: pg.Pool): Promise<Rows> {
  const { rows } = await pool.query<{ head: string | null }>(
    `SELECT greatest((SELECT max(known_from) FROM touchline.journey),
                     (SELECT max(known_from) FROM touchline.opportunity)) AS head`,
  );
  const head = Number(rows[0]?.head ?? 0);
  const credits: Record<string, string[]> = {};
  for (let sample = 1; sample <= SAMPLES; sample++) {
    const position = BigInt(Math.round((head * sample) / SAMPLES));
    credits[`attribution as of ${position}`] = await creditsAsOf(pool, position);
  }
  return credits;
}

/** What `journey` keeps in place for its own use. */
export const WORKING_TABLES = [
  'lead',
  'identity_state',
  'identity_fact',
  'account_state',
  'mail_group',
  'mail_slot',
  'activity_version',
  'activity_contact',
];

/** Every version of every row, with its positions, the working state, and the credits as of some positions. */
export async function allVersions(pool: pg.Pool): Promise<Rows> {
  const versions = await Promise.all(TABLES.map((table) => rowsOf(pool, table, { without: ['path_id'] })));
  const working = await Promise.all(WORKING_TABLES.map((table) => rowsOf(pool, `touchline.${table}`)));
  return {
    ...named(versions),
    ...(await sampledCredits(pool)),
    ...Object.fromEntries(WORKING_TABLES.map((table, at) => [table, working[at] ?? []])),
  };
}

const named = (rows: readonly string[][]): Record<string, string[]> =>
  Object.fromEntries(VERSIONED.map((name, at) => [name, rows[at] ?? []]));

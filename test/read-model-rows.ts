import type pg from 'pg';
import { rowsOf } from './project.js';

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
const VERSIONED = [...JOURNEY_VERSIONS, 'journey_model', 'opportunity', 'opportunity_contact'];

const PATHS = `(
  SELECT path.*, (SELECT jsonb_agg(to_jsonb(share) - 'path_id' ORDER BY share.model)
                  FROM touchline.attribution_share share WHERE share.path_id = path.path_id) AS shares
  FROM touchline.attribution_path path)`;

const TABLES = [...VERSIONED.map((table) => `touchline.${table}`), PATHS];

export type Rows = Readonly<Record<string, readonly string[]>>;

/** What is true now, without the positions that tell when it became known. */
export async function currentRows(pool: pg.Pool): Promise<Rows> {
  const where = 'superseded_at IS NULL';
  const without = ['known_from', 'superseded_at', 'position', 'path_id'];
  const standing = await Promise.all(TABLES.map((table) => rowsOf(pool, table, { where, without })));
  return {
    ...named(standing),
    lead: await rowsOf(pool, 'touchline.lead', { without: ['position', 'state'] }),
  };
}

/** What was true right after the event at a position, with when it became known. */
export async function rowsAsOf(pool: pg.Pool, position: bigint): Promise<Rows> {
  const where = `known_from <= ${position} AND (superseded_at IS NULL OR superseded_at > ${position})`;
  const without = ['superseded_at', 'path_id'];
  return named(await Promise.all(TABLES.map((table) => rowsOf(pool, table, { where, without }))));
}

/** What `journey` keeps in place for its own use. */
export const WORKING = ['lead', 'identity_state', 'identity_fact', 'account_state'];

/** Every version of every row, with its positions, and the working state. */
export async function allVersions(pool: pg.Pool): Promise<Rows> {
  const versions = await Promise.all(TABLES.map((table) => rowsOf(pool, table, { without: ['path_id'] })));
  const working = await Promise.all(WORKING.map((table) => rowsOf(pool, `touchline.${table}`)));
  return {
    ...named(versions),
    ...Object.fromEntries(WORKING.map((table, at) => [table, working[at] ?? []])),
  };
}

const named = (rows: readonly string[][]): Record<string, string[]> =>
  Object.fromEntries([...VERSIONED, 'attribution'].map((name, at) => [name, rows[at] ?? []]));

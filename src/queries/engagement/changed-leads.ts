import type { PoolClient } from 'pg';
import type { EngagementScope } from './engagement.js';

/** Where rows of leads change, and their columns of positions are indexed. */
const TABLES = ['journey', 'stage_transition', 'lead_profile'] as const;
const POSITIONS = ['known_from', 'superseded_at'] as const;

const CHANGED = TABLES.flatMap((table) =>
  POSITIONS.map(
    (position) => `
    SELECT lead_id FROM touchline.${table} WHERE ${position} > $2 AND ${position} <= $3 AND workspace = $1`,
  ),
).join(' UNION ALL ');

/** Ids of the leads whose rows changed after a position, up to that of the scope; undefined: of more than `most`. */
export async function changedLeads(
  tx: PoolClient,
  { workspace, asOf }: EngagementScope,
  since: bigint,
  most: number,
): Promise<string[] | undefined> {
  const { rows } = await tx.query<{ lead_id: string }>(
    `SELECT DISTINCT lead_id FROM (${CHANGED}) changed LIMIT $4`,
    [workspace, String(since), String(asOf), most + 1],
  );
  return rows.length > most ? undefined : rows.map(({ lead_id }) => lead_id);
}

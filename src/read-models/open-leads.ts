import type { PoolClient } from 'pg';
import type { Position } from '../domain/events.js';

export interface OpenLeads {
  readonly recipient: string;
  /** Handed to the recipient and not closed. */
  readonly open: number;
}

const OPEN = `
  SELECT l.recipient, count(*)::int AS open
  FROM (SELECT coalesce($2::bigint, 9223372036854775807) AS position) moment
  CROSS JOIN touchline.lead_lifecycle l
  CROSS JOIN LATERAL (
    SELECT f.lifecycle FROM touchline.lifecycle_at(moment.position) f
    WHERE f.workspace = l.workspace AND f.lead_id = l.lead_id OFFSET 0) f
  WHERE l.workspace = $1 AND l.status IN ('handed_off', 'accepted') AND l.known_from <= moment.position
    AND (l.superseded_at IS NULL OR l.superseded_at > moment.position)
    AND f.lifecycle = l.status AND NOT (l.decided_id = ANY ($3::uuid[]))
  GROUP BY l.recipient`;

/**
 * The open leads of each recipient that has any. Leads that became opportunities, opted out or were merged are none.
 *
 * @param asOf undefined: now
 * @param except leads that are not counted, by the ids of their decisions
 */
export async function openLeads(
  tx: PoolClient,
  workspace: string,
  { asOf, except = [] }: { readonly asOf?: Position; readonly except?: readonly string[] } = {},
): Promise<readonly OpenLeads[]> {
  const { rows } = await tx.query<OpenLeads>({
    name: 'open-leads',
    text: OPEN,
    values: [workspace, asOf === undefined ? null : String(asOf), except],
  });
  return rows;
}

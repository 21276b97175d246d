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
    SELECT d.position, d.occurred_at FROM touchline.lead_decision d
    WHERE d.workspace = l.workspace AND d.lead_id = l.decided_id AND d.type = 'LeadHandedOff' AND d.position <= moment.position
    ORDER BY d.position DESC LIMIT 1) h
  CROSS JOIN LATERAL touchline.handoff_end(l.workspace, l.decided_id, l.lead_id, h.position, h.occurred_at, moment.position) ended
  WHERE l.workspace = $1 AND l.status IN ('handed_off', 'accepted') AND l.known_from <= moment.position
    AND (l.superseded_at IS NULL OR l.superseded_at > moment.position)
    AND ended.ended_at IS NULL AND NOT (l.decided_id = ANY ($3::uuid[]))
  GROUP BY l.recipient`;

/**
 * The open leads of each recipient that has any. Leads that became opportunities since, opted out or were merged are none.
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

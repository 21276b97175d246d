import type { PoolClient } from 'pg';
import type { Position } from '../domain/events.js';
import { changedContacts, changedVersions } from './changed-leads.js';

export interface OpenLeads {
  readonly recipient: string;
  /** Handed to the recipient and not closed. */
  readonly open: number;
}

/** A lead that is handed off and not closed. */
export interface OpenLead {
  readonly leadId: string;
  /** As its decisions name it: their stream. */
  readonly decidedId: string;
  readonly recipient: string;
}

/** Of alias `l`, at `moment.position`. One without a recipient, accepted by another id of a merged lead, is nobody's. */
const IS_OPEN = `l.status IN ('handed_off', 'accepted') AND l.recipient IS NOT NULL AND l.known_from <= moment.position
    AND (l.superseded_at IS NULL OR l.superseded_at > moment.position) AND ended.ended_at IS NULL`;

const HAND_OFF = `CROSS JOIN LATERAL (
    SELECT d.position, d.occurred_at FROM touchline.lead_decision d
    WHERE d.workspace = l.workspace AND d.lead_id = l.decided_id AND d.type = 'LeadHandedOff' AND d.position <= moment.position
    ORDER BY d.position DESC LIMIT 1) h
  CROSS JOIN LATERAL touchline.handoff_end(l.workspace, l.decided_id, l.lead_id, h.position, h.occurred_at, moment.position) ended`;

const MOMENT = '(SELECT coalesce($2::bigint, 9223372036854775807) AS position) moment';
const NOW = '(SELECT 9223372036854775807 AS position) moment';

const COUNT = `
  SELECT l.recipient, count(*)::int AS open
  FROM ${MOMENT} CROSS JOIN touchline.lead_lifecycle l ${HAND_OFF}
  WHERE l.workspace = $1 AND ${IS_OPEN}
  GROUP BY l.recipient`;

/**
 * The open leads of each recipient that has any. Leads that became opportunities since, opted out or were merged are none.
 *
 * @param asOf undefined: now
 */
export async function openLeads(
  tx: PoolClient,
  workspace: string,
  { asOf }: { readonly asOf?: Position } = {},
): Promise<readonly OpenLeads[]> {
  const values = [workspace, asOf === undefined ? null : String(asOf)];
  const { rows } = await tx.query<OpenLeads>({ name: 'open-leads', text: COUNT, values });
  return rows;
}

const LIST = `
  SELECT l.lead_id AS "leadId", l.decided_id AS "decidedId", l.recipient
  FROM ${NOW} CROSS JOIN touchline.lead_lifecycle l ${HAND_OFF}
  WHERE l.workspace = $1 AND ${IS_OPEN}`;

/** The open leads of a workspace now: a row each. */
export async function listOpenLeads(tx: PoolClient, workspace: string): Promise<readonly OpenLead[]> {
  const { rows } = await tx.query<OpenLead>(LIST, [workspace]);
  return rows;
}

/** All that `handoff_end` and `lead_lifecycle` say of a lead follows from these. */
const CHANGED = `
  SELECT DISTINCT lead_id FROM (
    ${['lead_lifecycle', 'lead_profile', 'identity_key']
      .map((table) => changedVersions(table, 'v.workspace, v.lead_id'))
      .join(' UNION ALL ')}
    UNION ALL
    ${changedContacts('workspace = $3')}
  ) changes WHERE workspace = $3`;

const LIST_CHANGED = `
  SELECT changed.lead_id AS "leadId", o.decided_id AS "decidedId", o.recipient
  FROM (${CHANGED}) changed
  LEFT JOIN LATERAL (
    SELECT l.decided_id, l.recipient
    FROM ${NOW} CROSS JOIN touchline.lead_lifecycle l ${HAND_OFF}
    WHERE l.workspace = $3 AND l.lead_id = changed.lead_id AND l.superseded_at IS NULL AND ${IS_OPEN}
    OFFSET 0) o ON true`;

/** A lead that may be open or not any more since a position. */
export type ChangedOpenLead = OpenLead | { readonly leadId: string; readonly recipient: null };

const LAST = '9223372036854775807';

/** Leads of which something changed after a position that open hand-offs follow from, and what they are now. */
export async function changedOpenLeads(
  tx: PoolClient,
  workspace: string,
  after: Position,
): Promise<readonly ChangedOpenLead[]> {
  const values = [String(after), LAST, workspace];
  const { rows } = await tx.query<ChangedOpenLead>({
    ...{ name: 'changed-open-leads', text: LIST_CHANGED, values },
  });
  return rows;
}

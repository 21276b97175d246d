import type { PoolClient } from 'pg';
import type { LeadKey } from '../../read-models/lead-snapshots.js';
import type { PositionRange } from '../../read-models/range.js';

/** A lead and the instant at which it is assessed. */
export interface LeadAt extends LeadKey {
  readonly at: Date;
}

const CHANGED_IN = (alias: string): string =>
  `((${alias}.known_from > $1 AND ${alias}.known_from <= $2) OR (${alias}.superseded_at > $1 AND ${alias}.superseded_at <= $2))`;

/** By touchpoints and profile, by decisions, as a contact of an opportunity, and by the domain of its account. */
const CHANGED = `
  SELECT DISTINCT changed.workspace, changed.lead_id AS "leadId" FROM (
    SELECT workspace, lead_id FROM touchline.leads_changed($1, $2)
    UNION ALL
    SELECT d.workspace, d.lead_id FROM touchline.lead_lifecycle d WHERE ${CHANGED_IN('d')}
    UNION ALL
    SELECT k.workspace, k.lead_id
    FROM (
      SELECT o.workspace, o.opportunity_id FROM touchline.opportunity o WHERE ${CHANGED_IN('o')}
      UNION
      SELECT c.workspace, c.opportunity_id FROM touchline.opportunity_contact c WHERE ${CHANGED_IN('c')}
    ) o
    JOIN touchline.opportunity_contact_key ck ON ck.workspace = o.workspace AND ck.opportunity_id = o.opportunity_id
    JOIN touchline.identity_key k ON k.workspace = ck.workspace AND k.key = ck.key AND k.superseded_at IS NULL
    UNION ALL
    SELECT p.workspace, p.lead_id FROM touchline.account a
    JOIN touchline.lead_profile p
      ON p.workspace = a.workspace AND p.account_id = a.account_id AND p.superseded_at IS NULL
    WHERE ${CHANGED_IN('a')}
  ) changed
  WHERE changed.workspace = ANY ($3)`;

/** Leads whose segments may be others after a range of the log. */
export async function changedLeads(
  tx: PoolClient,
  workspaces: readonly string[],
  { after, upTo }: PositionRange,
): Promise<LeadKey[]> {
  const { rows } = await tx.query<LeadKey>(CHANGED, [String(after), String(upTo), workspaces]);
  return rows;
}

/** So many leads become due at a time; the others follow with the next batch. */
const DUE_AT_ONCE = 2_000;

/** Leads that must be assessed again by an instant, each as of when it became due. */
export async function dueLeads(tx: PoolClient, workspaces: readonly string[], by: Date): Promise<LeadAt[]> {
  const { rows } = await tx.query<LeadAt>(
    `SELECT workspace, lead_id AS "leadId", due_at AS at FROM touchline.segment_due
     WHERE due_at <= $1 AND workspace = ANY ($2) ORDER BY due_at, workspace, lead_id LIMIT ${DUE_AT_ONCE}`,
    [by, workspaces],
  );
  return rows;
}

import type { PoolClient } from 'pg';
import { segmentRules } from '../../domain/segments.js';
import { changedContacts, changedVersions } from '../../read-models/changed-leads.js';
import type { LeadKey } from '../../read-models/lead-snapshots.js';
import type { ModelVersion } from '../../read-models/model-versions.js';
import type { PositionRange } from '../../read-models/range.js';

/** A lead and the instant at which it is assessed. */
export interface LeadAt extends LeadKey {
  readonly at: Date;
}

/** Of touchpoints only the kinds that matter: $4 names workspaces where all do, $5 and $6 the others with each kind. */
const TOUCHED = `
  SELECT workspace, lead_id FROM (${changedVersions('journey', 'v.workspace, v.lead_id, v.kind')}) touched
  WHERE workspace = ANY ($4) OR (workspace, kind) IN (SELECT * FROM unnest($5::text[], $6::text[]))`;

/**
 * By touchpoints and profile, by decisions, as a contact of an opportunity, and by the domain of its account. What depends on other
 * rows is looked up by index, however little the planner knows of the tables (LATERAL, OFFSET 0).
 */
const CHANGED = `
  SELECT DISTINCT changed.workspace, changed.lead_id AS "leadId" FROM (
    ${TOUCHED}
    UNION ALL
    ${changedVersions('lead_profile', 'v.workspace, v.lead_id')}
    UNION ALL
    ${changedVersions('lead_lifecycle', 'v.workspace, v.lead_id')}
    UNION ALL
    ${changedContacts()}
    UNION ALL
    SELECT a.workspace, p.lead_id
    FROM (${changedVersions('account', 'v.workspace, v.account_id')}) a
    CROSS JOIN LATERAL (
      SELECT p.lead_id FROM touchline.lead_profile p
      WHERE p.workspace = a.workspace AND p.account_id = a.account_id AND p.superseded_at IS NULL OFFSET 0) p
  ) changed
  WHERE changed.workspace = ANY ($3)`;

/** Leads whose segments may be others after a range of the log. */
export async function changedLeads(
  tx: PoolClient,
  models: readonly ModelVersion[],
  { after, upTo }: PositionRange,
): Promise<LeadKey[]> {
  const kinds = models.map(({ workspace, model }) => ({ workspace, kinds: segmentRules(model).changedBy }));
  const all = kinds.filter((each) => each.kinds === undefined);
  const named = kinds.flatMap(({ workspace, kinds }) =>
    [...(kinds ?? [])].map((kind) => ({ workspace, kind })),
  );
  const values = [
    ...[String(after), String(upTo)],
    ...[kinds.map(({ workspace }) => workspace), all.map(({ workspace }) => workspace)],
    ...[named.map(({ workspace }) => workspace), named.map(({ kind }) => kind)],
  ];
  const { rows } = await tx.query<LeadKey>({ name: 'segments-changed-leads', text: CHANGED, values });
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

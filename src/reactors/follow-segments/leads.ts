import type { PoolClient } from 'pg';
import { segmentRules } from '../../domain/segments.js';
import { CHANGED_LEADS, changedVersions } from '../../read-models/changed-leads.js';
import type { LeadKey } from '../../read-models/lead-snapshots.js';
import type { ModelVersion } from '../../read-models/model-versions.js';
import type { PositionRange } from '../../read-models/range.js';

const ALL_LEADS = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** A lead and the instant at which it is assessed. */
export interface LeadAt extends LeadKey {
  readonly at: Date;
}

/**
 * By touchpoints and profile, by decisions, as a contact of an opportunity, and by the domain of its account. What depends on other
 * rows is looked up by index, however little the planner knows of the tables (LATERAL, OFFSET 0).
 */
const CHANGES = `
  ${CHANGED_LEADS}
  UNION ALL
  ${changedVersions('lead_lifecycle', 'v.workspace, v.lead_id')}
  UNION ALL
  SELECT o.workspace, k.lead_id
  FROM (
    SELECT DISTINCT workspace, opportunity_id FROM (
      ${changedVersions('opportunity', 'v.workspace, v.opportunity_id')}
      UNION ALL
      ${changedVersions('opportunity_contact', 'v.workspace, v.opportunity_id')}) changes
  ) o
  CROSS JOIN LATERAL (
    SELECT c.keys FROM touchline.opportunity_contact c
    WHERE c.workspace = o.workspace AND c.opportunity_id = o.opportunity_id OFFSET 0) c
  CROSS JOIN LATERAL unnest(c.keys) AS key
  CROSS JOIN LATERAL (
    SELECT k.lead_id FROM touchline.identity_key k
    WHERE k.workspace = o.workspace AND k.key = key.key AND k.superseded_at IS NULL OFFSET 0) k
  UNION ALL
  SELECT a.workspace, p.lead_id
  FROM (${changedVersions('account', 'v.workspace, v.account_id')}) a
  CROSS JOIN LATERAL (
    SELECT p.lead_id FROM touchline.lead_profile p
    WHERE p.workspace = a.workspace AND p.account_id = a.account_id AND p.superseded_at IS NULL OFFSET 0) p`;

/** What a lead has of that which a segment asks for (domain/segment-needs.ts). */
const HAS_NEEDS = `
  SELECT FROM touchline.lead l
  JOIN touchline.lead_profile p ON p.workspace = l.workspace AND p.lead_id = l.lead_id AND p.superseded_at IS NULL
  CROSS JOIN jsonb_to_recordset($4::jsonb) AS needs (
    workspace text, personas text[], stages text[], grades text[], score float8, traits boolean, account boolean, kinds text[])
  WHERE l.workspace = changed.workspace AND l.lead_id = changed.lead_id AND needs.workspace = l.workspace
    AND (needs.personas IS NULL OR l.persona = ANY (needs.personas))
    AND (needs.stages IS NULL OR l.stage = ANY (needs.stages))
    AND (needs.grades IS NULL OR l.grade = ANY (needs.grades))
    AND (needs.score IS NULL OR greatest(l.score, 0) >= needs.score)
    AND (needs.traits IS NULL OR p.traits::text <> '{}')
    AND (needs.account IS NULL OR p.account_id IS NOT NULL)
    AND (needs.kinds IS NULL OR EXISTS (
      SELECT FROM touchline.journey j
      WHERE j.workspace = l.workspace AND j.lead_id = l.lead_id AND j.superseded_at IS NULL AND j.kind = ANY (needs.kinds) OFFSET 0))
  OFFSET 0`;

/**
 * Columns exclude nearly all leads: who is in no segment, and has nothing that one asks for, stays so. While a model has not reached all
 * leads, their columns are of different versions and exclude nobody.
 */
const CHANGED = `
  SELECT changed.workspace, changed.lead_id AS "leadId"
  FROM (SELECT DISTINCT workspace, lead_id FROM (${CHANGES}) each WHERE workspace = ANY ($3) OFFSET 0) changed
  WHERE EXISTS (
      SELECT FROM touchline.segment_membership m
      WHERE m.workspace = changed.workspace AND m.lead_id = changed.lead_id AND m.superseded_at IS NULL OFFSET 0)
    OR changed.workspace IN (
      SELECT a.workspace FROM touchline.model_application a WHERE a.superseded_at IS NULL AND a.applied_to <> '${ALL_LEADS}')
    OR EXISTS (${HAS_NEEDS})`;

/** Leads whose segments may be others after a range of the log. */
export async function changedLeads(
  tx: PoolClient,
  models: readonly ModelVersion[],
  { after, upTo }: PositionRange,
): Promise<LeadKey[]> {
  const needs = models.flatMap(({ workspace, model }) =>
    segmentRules(model).needs.map((each) => ({ workspace, ...each })),
  );
  const workspaces = models.map(({ workspace }) => workspace);
  const values = [String(after), String(upTo), workspaces, JSON.stringify(needs)];
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

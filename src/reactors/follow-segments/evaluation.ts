import type { PoolClient } from 'pg';
import type { LeadKey } from '../../read-models/lead-snapshots.js';

/** Leads of a slice: some tenths of a second, in which leads of other workspaces wait. */
const SLICE = 2_000;
const ALL_LEADS = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

const BUILDS = `
  SELECT string_agg(projection || ' ' || build, ', ' ORDER BY projection) FROM touchline.build_schema
  WHERE is_live AND projection IN ('journey', 'opportunities', 'lifecycle')`;

const START = `
  INSERT INTO touchline.segment_evaluation (workspace, builds, evaluated_to)
  SELECT asked, (${BUILDS}), '00000000-0000-0000-0000-000000000000' FROM unnest($1::text[]) AS asked
  ON CONFLICT (workspace) DO UPDATE SET builds = excluded.builds, evaluated_to = excluded.evaluated_to`;

/** Has the leads of workspaces be assessed from the first one again. */
export async function restartEvaluation(tx: PoolClient, workspaces: readonly string[]): Promise<void> {
  if (workspaces.length > 0) await tx.query(START, [workspaces]);
}

/** Workspaces that were never evaluated, or by read models that were rebuilt since. */
export async function unevaluated(tx: PoolClient, workspaces: readonly string[]): Promise<string[]> {
  const { rows } = await tx.query<{ workspace: string }>(
    `SELECT asked AS workspace FROM unnest($1::text[]) AS asked
     WHERE NOT EXISTS (SELECT FROM touchline.segment_evaluation e WHERE e.workspace = asked AND e.builds = (${BUILDS}))`,
    [workspaces],
  );
  return rows.map(({ workspace }) => workspace);
}

/** Those that were in a segment and are no leads any more are among them. */
const LEADS = `
  SELECT workspace, lead_id AS "leadId" FROM (
    SELECT workspace, lead_id FROM touchline.lead WHERE workspace = $1 AND lead_id > $2
    UNION
    SELECT workspace, lead_id FROM touchline.segment_membership
    WHERE workspace = $1 AND lead_id > $2 AND superseded_at IS NULL
  ) leads ORDER BY lead_id LIMIT ${SLICE}`;

/** The next slice of each workspace that is being evaluated. It counts as done once the transaction commits. */
export async function nextSlices(tx: PoolClient, workspaces: readonly string[]): Promise<LeadKey[]> {
  const { rows: open } = await tx.query<{ workspace: string; evaluated_to: string }>(
    `SELECT workspace, evaluated_to FROM touchline.segment_evaluation
     WHERE evaluated_to <> '${ALL_LEADS}' AND workspace = ANY ($1) ORDER BY workspace`,
    [workspaces],
  );
  const slices: LeadKey[] = [];
  for (const { workspace, evaluated_to } of open) {
    const { rows } = await tx.query<LeadKey>(LEADS, [workspace, evaluated_to]);
    const last = rows.length < SLICE ? ALL_LEADS : rows.at(-1)?.leadId;
    await tx.query('UPDATE touchline.segment_evaluation SET evaluated_to = $2 WHERE workspace = $1', [
      workspace,
      last,
    ]);
    slices.push(...rows);
  }
  return slices;
}

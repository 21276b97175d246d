import type { PoolClient } from 'pg';
import type { LeadKey } from '../../read-models/lead-snapshots.js';

/** Leads of a slice: some tenths of a second, in which leads of other workspaces wait. */
const SLICE = 2_000;
const ALL_LEADS = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

const BUILDS = `
  SELECT string_agg(projection || ' ' || build, ', ' ORDER BY projection) FROM touchline.build_schema
  WHERE is_live AND projection IN ('journey', 'opportunities', 'lifecycle')`;

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

const START = `
  INSERT INTO touchline.segment_evaluation (workspace, builds, evaluated_to)
  SELECT asked, (${BUILDS}), '${BEFORE_ALL}' FROM unnest($1::text[]) AS asked
  ON CONFLICT (workspace) DO UPDATE SET builds = excluded.builds, evaluated_to = excluded.evaluated_to`;

/** Has the leads of workspaces be assessed from the first one again. */
export async function restartEvaluation(tx: PoolClient, workspaces: readonly string[]): Promise<void> {
  if (workspaces.length > 0) await tx.query(START, [workspaces]);
}

/** How far the leads of a workspace have been assessed. */
export interface Evaluation {
  readonly workspace: string;
  /** The last lead. */
  readonly to: string;
  /** By the read models that are live now. */
  readonly isOfLiveBuilds: boolean;
}

/** By workspace: of those that were evaluated ever. */
export async function readEvaluations(tx: PoolClient): Promise<ReadonlyMap<string, Evaluation>> {
  const { rows } = await tx.query<Evaluation>(
    `SELECT workspace, evaluated_to AS to, builds = (${BUILDS}) AS "isOfLiveBuilds" FROM touchline.segment_evaluation`,
  );
  return new Map(rows.map((each) => [each.workspace, each]));
}

/** Those that were in a segment and are no leads any more are among them. */
const LEADS = `
  SELECT workspace, lead_id AS "leadId" FROM (
    SELECT workspace, lead_id FROM touchline.lead WHERE workspace = $1 AND lead_id > $2
    UNION
    SELECT workspace, lead_id FROM touchline.segment_membership
    WHERE workspace = $1 AND lead_id > $2 AND superseded_at IS NULL
  ) leads ORDER BY lead_id LIMIT ${SLICE}`;

/** The workspaces that are being evaluated, each with the last lead that was assessed. */
export const openEvaluations = (
  evaluations: ReadonlyMap<string, Evaluation>,
  restarted: ReadonlySet<string>,
): Pick<Evaluation, 'workspace' | 'to'>[] => [
  ...[...restarted].map((workspace) => ({ workspace, to: BEFORE_ALL })),
  ...[...evaluations.values()].filter(({ workspace, to }) => to !== ALL_LEADS && !restarted.has(workspace)),
];

/** The next slice of each workspace that is being evaluated. It counts as done once the transaction commits. */
export async function nextSlices(
  tx: PoolClient,
  open: readonly Pick<Evaluation, 'workspace' | 'to'>[],
): Promise<LeadKey[]> {
  const slices: LeadKey[] = [];
  for (const { workspace, to } of open) {
    const { rows } = await tx.query<LeadKey>(LEADS, [workspace, to]);
    const last = rows.length < SLICE ? ALL_LEADS : rows.at(-1)?.leadId;
    await tx.query('UPDATE touchline.segment_evaluation SET evaluated_to = $2 WHERE workspace = $1', [
      workspace,
      last,
    ]);
    slices.push(...rows);
  }
  return slices;
}

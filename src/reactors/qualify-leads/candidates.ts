import type { PoolClient } from 'pg';
import { readinessRules } from '../../domain/lead-definition.js';
import { CHANGED_LEADS } from '../../read-models/changed-leads.js';
import type { LeadKey } from '../../read-models/lead-snapshots.js';
import type { ModelVersion } from '../../read-models/model-versions.js';
import type { PositionRange } from '../../read-models/range.js';

/*
 * Which leads may be ready, by what columns say: a score decays, so it is never above what it was at its last change, and a
 * recycled lead that wakes up needs none. All others are in process, opted out or anonymous, and never ready.
 */
const CAN_QUALIFY = `
  l.known AND p.email_consent IS DISTINCT FROM 'unsubscribed'
  AND (decided.status = 'recycled' OR (decided.status IS NULL AND greatest(l.score, 0) >= rules.lowest))`;

const joined = (workspaces: string, scores: string): string => `
  JOIN unnest(${workspaces}::text[], ${scores}::float8[]) AS rules (workspace, lowest) ON rules.workspace = changed.workspace
  CROSS JOIN LATERAL (
    SELECT FROM touchline.lead l
    JOIN touchline.lead_profile p ON p.workspace = l.workspace AND p.lead_id = l.lead_id AND p.superseded_at IS NULL
    LEFT JOIN touchline.lead_lifecycle decided
      ON decided.workspace = l.workspace AND decided.lead_id = l.lead_id AND decided.superseded_at IS NULL
    WHERE l.workspace = changed.workspace AND l.lead_id = changed.lead_id AND ${CAN_QUALIFY} OFFSET 0) l`;

const CHANGED = `
  SELECT changed.workspace, changed.lead_id AS "leadId"
  FROM (SELECT DISTINCT workspace, lead_id FROM (${CHANGED_LEADS}) each) changed ${joined('$3', '$4')}`;

const OF_WORKSPACE = `
  SELECT changed.workspace, changed.lead_id AS "leadId"
  FROM (SELECT workspace, lead_id FROM touchline.lead WHERE workspace = $3 AND lead_id > $4 ORDER BY lead_id LIMIT $5) changed ${joined('$1', '$2')}`;

const PAGE_END = `
  SELECT max(lead_id::text) AS last FROM (
    SELECT lead_id FROM touchline.lead WHERE workspace = $1 AND lead_id > $2 ORDER BY lead_id LIMIT $3) page`;

/** Leads whose touchpoints or profile changed in a range of the log, that may be ready now. */
export async function changedCandidates(
  tx: PoolClient,
  models: readonly ModelVersion[],
  { after, upTo }: PositionRange,
): Promise<LeadKey[]> {
  const values = [String(after), String(upTo), ...lowestOf(models)];
  const { rows } = await tx.query<LeadKey>({ name: 'qualifying-changed-leads', text: CHANGED, values });
  return rows;
}

const PAGE = 5_000;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** All leads of a workspace that may be ready now, page by page. */
export async function* candidatesOf(tx: PoolClient, model: ModelVersion): AsyncGenerator<readonly LeadKey[]> {
  for (let after: string | null = BEFORE_ALL; after !== null;) {
    const { rows } = await tx.query<LeadKey>(OF_WORKSPACE, [
      ...lowestOf([model]),
      model.workspace,
      after,
      PAGE,
    ]);
    yield rows;
    const end: { rows: { last: string | null }[] } = await tx.query(PAGE_END, [model.workspace, after, PAGE]);
    after = end.rows[0]?.last ?? null;
  }
}

const lowestOf = (models: readonly ModelVersion[]): unknown[] => [
  models.map(({ workspace }) => workspace),
  models.map(({ model }) => readinessRules(model).lowestScore),
];

/** Recycled leads whose day has come by `now`, and was not seen before: it came after `seen.at`, or they were recycled since. */
export async function wokenLeads(
  tx: PoolClient,
  now: Date,
  seen: { readonly at: Date; readonly position: bigint },
): Promise<(LeadKey & { readonly wakeAt: Date })[]> {
  const { rows } = await tx.query<LeadKey & { wakeAt: Date }>(
    `SELECT workspace, lead_id AS "leadId", wake_at AS "wakeAt" FROM touchline.lead_lifecycle
      WHERE superseded_at IS NULL AND status = 'recycled' AND wake_at <= $1 AND (wake_at > $2 OR known_from > $3)
      ORDER BY wake_at, lead_id`,
    [now, seen.at, String(seen.position)],
  );
  return rows;
}

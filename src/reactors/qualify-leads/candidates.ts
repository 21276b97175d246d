import type { PoolClient } from 'pg';
import { readinessRules } from '../../domain/lead-definition.js';
import { changedLeads } from '../../read-models/changed-leads.js';
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
  FROM (SELECT DISTINCT workspace, lead_id FROM (${changedLeads('$5')}) each) changed ${joined('$3', '$4')}`;

const OF_WORKSPACE = `
  SELECT changed.workspace, changed.lead_id AS "leadId"
  FROM (SELECT workspace, lead_id FROM touchline.lead WHERE workspace = $3 AND lead_id > $4 ORDER BY lead_id LIMIT $5) changed ${joined('$1', '$2')}`;

const REACHED = `
  SELECT changed.workspace, changed.lead_id AS "leadId",
         touchline.lead_model_version(changed.workspace, changed.lead_id, $4::bigint - 1) AS "versionBefore"
  FROM (SELECT l.workspace, l.lead_id
          FROM touchline.model_application reached
          LEFT JOIN touchline.model_application before
            ON before.workspace = reached.workspace AND before.model_version = reached.model_version AND before.superseded_at = reached.known_from
          JOIN touchline.lead l
            ON l.workspace = reached.workspace AND l.lead_id > coalesce(before.applied_to, $5::uuid) AND l.lead_id <= reached.applied_to
         WHERE reached.workspace = $3 AND reached.known_from = $4) changed ${joined('$1', '$2')}`;

const PAGE_END = `
  SELECT max(lead_id::text) AS last FROM (
    SELECT lead_id FROM touchline.lead WHERE workspace = $1 AND lead_id > $2 ORDER BY lead_id LIMIT $3) page`;

/**
 * Leads whose touchpoints or profile changed in a range of the log, that may be ready now.
 *
 * @param except positions at which not the leads changed, but the model that they are computed with
 */
export async function changedCandidates(
  tx: PoolClient,
  models: readonly ModelVersion[],
  { after, upTo }: PositionRange,
  except: readonly bigint[],
): Promise<LeadKey[]> {
  const values = [String(after), String(upTo), ...lowestOf(models), except.map(String)];
  const { rows } = await tx.query<LeadKey>({ name: 'qualifying-changed-leads', text: CHANGED, values });
  return rows;
}

/** Leads that a model reached at a position, that may be ready now, with the version that they were computed with before. */
export async function reachedCandidates(
  tx: PoolClient,
  model: ModelVersion,
  position: bigint,
): Promise<(LeadKey & { readonly versionBefore: number | null })[]> {
  const values = [...lowestOf([model]), model.workspace, String(position), BEFORE_ALL];
  return (await tx.query<LeadKey & { versionBefore: number | null }>(REACHED, values)).rows;
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

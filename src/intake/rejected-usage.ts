import type { Pool } from 'pg';
import { DAY_MS, type RejectedRetention } from '../limits-config.js';
import { SIZE } from './rejected-sql.js';

/** From this share of the bytes on, whoever can replay is warned. */
const WARN_SHARE = 0.8;
/** What is open and will be removed for its age within so long is warned of; of a short retention within a tenth of it. */
const WARN_MS = 7 * DAY_MS;

/** How much of its retention the rejected input of a workspace uses. */
export interface RejectedUsage {
  readonly workspace: string;
  readonly rows: number;
  readonly open: number;
  readonly bytes: number;
  /** Of what it may use. */
  readonly share: number;
  readonly oldestKeptAt: Date | null;
  /** Not replayed, and removed for their age within `warnMs`. */
  readonly expiring: number;
  /** When the first of those is removed. */
  readonly expiresAt: Date | null;
}

/** Why input will be removed if nobody does anything. */
export type RetentionWarning = 'age' | 'size';

export const warnMs = ({ ms }: RejectedRetention): number => Math.min(WARN_MS, ms / 10);

export const warningsOf = ({ share, expiring }: RejectedUsage): readonly RetentionWarning[] => [
  ...(share >= WARN_SHARE ? (['size'] as const) : []),
  ...(expiring > 0 ? (['age'] as const) : []),
];

const USAGE = `
  SELECT workspace, count(*)::int AS rows, count(*) FILTER (WHERE replayed_at IS NULL)::int AS open,
         sum(${SIZE})::float8 AS bytes, min(kept_at) AS "oldestKeptAt",
         count(*) FILTER (WHERE replayed_at IS NULL AND kept_at < now() - make_interval(secs => $2))::int AS expiring,
         min(kept_at) FILTER (WHERE replayed_at IS NULL) + make_interval(secs => $3) AS "expiresAt"
  FROM touchline.rejected
  WHERE $1::text IS NULL OR workspace = $1
  GROUP BY workspace
  ORDER BY workspace`;

/** Of each workspace that has any. @param workspace undefined: of all */
export async function rejectedUsage(
  pool: Pool,
  retention: RejectedRetention,
  workspace?: string,
): Promise<readonly RejectedUsage[]> {
  const expiringMs = retention.ms - warnMs(retention);
  const values = [workspace ?? null, expiringMs / 1_000, retention.ms / 1_000];
  const { rows } = await pool.query<Omit<RejectedUsage, 'share'>>(USAGE, values);
  return rows.map((row) => ({ ...row, share: row.bytes / retention.bytes }));
}

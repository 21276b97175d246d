import type { Pool } from 'pg';

/** What rejected input is counted by. */
export const COUNT_KEYS = ['code', 'collector', 'format', 'path', 'call'] as const;
export type CountKey = (typeof COUNT_KEYS)[number];
export const COUNT_INTERVALS = ['hour', 'day', 'week', 'month'] as const;
export type CountInterval = (typeof COUNT_INTERVALS)[number];

export interface CountsQuestion {
  readonly workspace: string;
  readonly by: CountKey;
  readonly interval: CountInterval;
  /** By the time of receipt: from the first, up to the second. */
  readonly from: Date;
  readonly to: Date;
  readonly code?: string | undefined;
  readonly collector?: string | undefined;
}

/** How much was received in an interval and rejected for one reason, or otherwise by one key. */
export interface RejectedCount {
  /** When the interval begins. */
  readonly from: Date;
  /** Null: without one, e.g. a reason without a path. */
  readonly key: string | null;
  /** Not replayed with success yet. */
  readonly open: number;
  readonly replayed: number;
}

/** Intervals begin in the time zone of the workspace; the column is one of COUNT_KEYS. */
const counts = (by: CountKey): string => `
  SELECT date_trunc($5, row.received_at, space.time_zone) AS "from", row.${by} AS key,
         count(*) FILTER (WHERE row.replayed_at IS NULL)::int AS open,
         count(*) FILTER (WHERE row.replayed_at IS NOT NULL)::int AS replayed
  FROM touchline.rejected row JOIN touchline.workspace space ON space.slug = row.workspace
  WHERE row.workspace = $1 AND row.received_at >= $2 AND row.received_at < $3 AND ($4::text IS NULL OR row.code = $4)
    AND ($6::text IS NULL OR row.collector = $6)
  GROUP BY 1, 2
  ORDER BY 1, 3 DESC, 2
  LIMIT $7`;

/** Oldest first; of an interval, what has most open first. At most `limit`. */
export async function countRejected(
  pool: Pool,
  { workspace, by, interval, from, to, code, collector }: CountsQuestion,
  limit: number,
): Promise<readonly RejectedCount[]> {
  const { rows } = await pool.query<RejectedCount>(counts(by), [
    ...[workspace, from, to, code ?? null],
    ...[interval, collector ?? null, limit],
  ]);
  return rows;
}

import type { Pool } from 'pg';

/** A message that this process may send until the lease ends. */
export interface ClaimedDelivery {
  readonly workspace: string;
  readonly endpoint: string;
  readonly leadId: string;
  readonly lease: string;
  readonly url: string;
  /** Row of the delivery. */
  readonly delivery: string;
  readonly messageId: string;
  readonly body: string;
  /** Attempts before this one. */
  readonly attempts: number;
}

export interface ClaimLimits {
  /** Messages in all. */
  readonly total: number;
  /** That are sent to one endpoint at the same time, by all processes; one that fails gets them one by one. */
  readonly perEndpoint: number;
  /** Of a workspace, in this process, those in flight included. */
  readonly perWorkspace: number;
  /** What this process is sending now, by workspace. */
  readonly inFlight: ReadonlyMap<string, number>;
  readonly leaseMs: number;
}

/**
 * Of each endpoint as many leads as it may still get; then of the workspaces in turn, so that one with much to send has no
 * more than its share. A lead whose lease has ended is due again.
 */
const CLAIM = `
  WITH open AS MATERIALIZED (
    SELECT e.id, e.workspace,
           greatest(0, CASE WHEN e.consecutive_failures > 0 THEN 1 ELSE $2::int END
             - (SELECT count(*) FROM touchline.webhook_queue l
                WHERE l.endpoint = e.id AND l.lease IS NOT NULL AND l.due_at > now())) AS free
    FROM touchline.webhook_endpoint e
    WHERE e.is_enabled
      AND EXISTS (SELECT FROM touchline.webhook_queue d WHERE d.endpoint = e.id AND d.due_at <= now())
  ), due AS (
    SELECT q.endpoint, q.lead_id, q.due_at, open.workspace
    FROM open CROSS JOIN LATERAL (
      SELECT endpoint, lead_id, due_at FROM touchline.webhook_queue
      WHERE endpoint = open.id AND due_at <= now()
      ORDER BY due_at LIMIT open.free FOR UPDATE SKIP LOCKED
    ) q
  ), ranked AS (
    SELECT endpoint, lead_id, due_at, workspace,
           row_number() OVER (PARTITION BY workspace, endpoint ORDER BY due_at) AS turn
    FROM due
  ), shared AS (
    SELECT endpoint, lead_id, due_at, workspace,
           row_number() OVER (PARTITION BY workspace ORDER BY turn, due_at) AS share
    FROM ranked
  ), chosen AS (
    SELECT endpoint, lead_id FROM shared
    WHERE share <= $3::int - coalesce(($4::jsonb ->> workspace)::int, 0)
    ORDER BY share, due_at LIMIT $1
  )
  UPDATE touchline.webhook_queue q
     SET lease = gen_random_uuid(), due_at = clock_timestamp() + make_interval(secs => $5)
  FROM chosen WHERE q.endpoint = chosen.endpoint AND q.lead_id = chosen.lead_id
  RETURNING q.endpoint, q.lead_id, q.lease`;

/** Read after the leads are leased: what a predecessor finished between is seen. */
const FIRST_PENDING = `
  SELECT e.workspace, c.endpoint, c.lead_id AS "leadId", c.lease, e.url, d.id AS delivery, d.message_id AS "messageId", d.body,
         d.attempts
  FROM unnest($1::text[], $2::text[], $3::uuid[]) AS c (endpoint, lead_id, lease)
  JOIN touchline.webhook_endpoint e ON e.id = c.endpoint
  JOIN LATERAL (
    SELECT id, message_id, body, attempts FROM touchline.webhook_delivery
    WHERE endpoint = c.endpoint AND lead_id = c.lead_id AND state = 'pending' ORDER BY id LIMIT 1
  ) d ON true`;

/** Leases leads that are due and returns the first pending message of each. */
export async function claimDeliveries(pool: Pool, limits: ClaimLimits): Promise<ClaimedDelivery[]> {
  const { total, perEndpoint, perWorkspace, inFlight, leaseMs } = limits;
  const busy = JSON.stringify(Object.fromEntries(inFlight));
  const { rows: leased } = await pool.query<{ endpoint: string; lead_id: string; lease: string }>(CLAIM, [
    ...[total, perEndpoint, perWorkspace, busy, leaseMs / 1_000],
  ]);
  if (leased.length === 0) return [];
  const columns = (['endpoint', 'lead_id', 'lease'] as const).map((name) => leased.map((row) => row[name]));
  const { rows } = await pool.query<ClaimedDelivery>(FIRST_PENDING, columns);
  // Their messages were removed for their age, or with the endpoint.
  const isEmpty = (of: (typeof leased)[number]): boolean => !rows.some(({ lease }) => lease === of.lease);
  for (const { endpoint, lead_id: lead } of rows.length < leased.length ? leased.filter(isEmpty) : [])
    await pool.query(`SELECT touchline.advance_webhook_queue($1, $2, interval '0')`, [endpoint, lead]);
  return rows;
}

/** What an attempt came to. */
export interface AttemptResult {
  readonly state: 'delivered' | 'pending' | 'dead';
  readonly status: number | undefined;
  readonly error: string | undefined;
  /** Of one that stays pending. */
  readonly retryMs: number;
  /** The endpoint does not exist any more: it is disabled, and its messages wait until it is enabled again. */
  readonly isGone: boolean;
}

/** Records an attempt and gives up the lease. @returns false: the lease has ended, and the message is sent again */
export async function finishAttempt(
  pool: Pool,
  { delivery, endpoint, leadId, lease }: ClaimedDelivery,
  { state, status, error, retryMs, isGone }: AttemptResult,
): Promise<boolean> {
  const { rows } = await pool.query<{ finished: boolean }>(
    `SELECT touchline.finish_webhook_attempt($1, $2, $3, $4, $5, $6, $7, make_interval(secs => $8), $9) AS finished`,
    [
      ...[delivery, endpoint, leadId, lease, state],
      ...[status ?? null, error ?? null, retryMs / 1_000, isGone],
    ],
  );
  return rows[0]?.finished ?? false;
}

/** Gives leads back without an attempt: nothing of them was sent. */
export async function releaseDelivery(
  pool: Pool,
  { endpoint, leadId, lease }: ClaimedDelivery,
  delayMs: number,
): Promise<void> {
  await pool.query(
    `UPDATE touchline.webhook_queue SET lease = NULL, due_at = clock_timestamp() + make_interval(secs => $4)
      WHERE endpoint = $1 AND lead_id = $2 AND lease = $3`,
    [endpoint, leadId, lease, delayMs / 1_000],
  );
}

/** The oldest of all. Their leads leave the queue when they are claimed. */
const REMOVE_OLD = `
  DELETE FROM touchline.webhook_delivery WHERE id IN (
    SELECT id FROM touchline.webhook_delivery WHERE created_at < now() - make_interval(secs => $1)
    ORDER BY created_at LIMIT 1000)`;

/** Removes deliveries older than the retention, whatever their state. */
export async function removeOldDeliveries(pool: Pool, retentionMs: number): Promise<void> {
  for (let removed = 1; removed > 0;)
    removed = (await pool.query(REMOVE_OLD, [retentionMs / 1_000])).rowCount ?? 0;
}

import type { Pool } from 'pg';
import type { MessageType } from './message.js';

export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** A message to one endpoint. */
export interface WebhookDelivery {
  /** `webhook-id` */
  readonly id: string;
  readonly type: MessageType;
  readonly leadId: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly lastAttemptAt: Date | null;
  /** Null: it is over, or waits behind an earlier message of its lead. */
  readonly nextAttemptAt: Date | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly message: unknown;
}

/** The newest first; `number` is what pages begin after. */
const PAGE = `
  SELECT d.id AS number, d.message_id AS id, d.type, d.lead_id AS "leadId", d.state, d.attempts, d.created_at AS "createdAt",
         d.last_attempt_at AS "lastAttemptAt", d.last_status AS "lastStatus", d.last_error AS "lastError", d.body::json AS message,
         CASE WHEN d.state = 'pending' AND e.is_enabled AND NOT EXISTS (
                SELECT FROM touchline.webhook_delivery b
                WHERE b.endpoint = d.endpoint AND b.lead_id = d.lead_id AND b.state = 'pending' AND b.id < d.id)
              THEN q.due_at END AS "nextAttemptAt"
  FROM touchline.webhook_delivery d
  JOIN touchline.webhook_endpoint e ON e.id = d.endpoint
  LEFT JOIN touchline.webhook_queue q ON q.endpoint = d.endpoint AND q.lead_id = d.lead_id
  WHERE d.endpoint = $1 AND ($2::text IS NULL OR d.state = $2) AND ($3::bigint IS NULL OR d.id < $3)
  ORDER BY d.id DESC LIMIT $4`;

export interface DeliveryQuestion {
  readonly endpoint: string;
  readonly state: DeliveryState | undefined;
  readonly before: string | undefined;
  readonly limit: number;
}

export async function pageOfDeliveries(
  pool: Pool,
  { endpoint, state, before, limit }: DeliveryQuestion,
): Promise<(WebhookDelivery & { readonly number: string })[]> {
  const values = [endpoint, state ?? null, before ?? null, limit];
  return (await pool.query<WebhookDelivery & { number: string }>(PAGE, values)).rows;
}

/** Which deliveries are to be made again. */
export type Replay =
  | { readonly delivery: string }
  | { readonly since: Date; readonly states: readonly Exclude<DeliveryState, 'pending'>[] };

/** Deliveries a statement, so that none is long. */
const REPLAY_BATCH = 1_000;

const REPLAY = `
  WITH chosen AS (
    SELECT id FROM touchline.webhook_delivery
    WHERE endpoint = $1 AND state = ANY ($2) AND ($3::text IS NULL OR message_id = $3) AND created_at >= $4 AND id > $5
    ORDER BY id LIMIT ${REPLAY_BATCH}
  ), again AS (
    UPDATE touchline.webhook_delivery d SET state = 'pending', attempts = 0 FROM chosen WHERE d.id = chosen.id
    RETURNING d.id, d.endpoint, d.lead_id
  ), queued AS (
    INSERT INTO touchline.webhook_queue (endpoint, lead_id, due_at)
    SELECT endpoint, lead_id, clock_timestamp() FROM again GROUP BY endpoint, lead_id ORDER BY endpoint, lead_id
    ON CONFLICT (endpoint, lead_id) DO UPDATE
      SET due_at = CASE WHEN webhook_queue.lease IS NULL THEN clock_timestamp() ELSE webhook_queue.due_at END
  )
  SELECT count(*)::int AS count, max(id) AS last FROM again`;

/** Queues deliveries that are over again, before later ones of the same lead. @returns how many */
export async function replayDeliveries(pool: Pool, endpoint: string, replay: Replay): Promise<number> {
  const isOne = 'delivery' in replay;
  const states = isOne ? ['dead', 'delivered'] : replay.states;
  const [id, since] = isOne ? [replay.delivery, '-infinity'] : [null, replay.since];
  let total = 0;
  for (let last: string | null = '0'; last !== null;) {
    const values: unknown[] = [endpoint, states, id, since, last];
    const { rows } = await pool.query<{ count: number; last: string | null }>(REPLAY, values);
    total += rows[0]?.count ?? 0;
    last = rows[0]?.last ?? null;
  }
  return total;
}

import type { ClientBase } from 'pg';
import { bodyOf, messageId, type WebhookMessage } from './message.js';

interface Wanting {
  readonly id: string;
  readonly workspace: string;
  readonly eventTypes: readonly string[] | null;
  readonly startPosition: string;
}

/** Kept from being deleted until the deliveries are committed. Those that are disabled are told later. */
const ENDPOINTS = `
  SELECT id, workspace, event_types AS "eventTypes", start_position AS "startPosition"
  FROM touchline.webhook_endpoint WHERE workspace = ANY ($1) ORDER BY id FOR KEY SHARE`;

/** The rows of the queue are locked in the order of their key, by everybody who locks several. */
const QUEUE = `
  WITH added AS (
    INSERT INTO touchline.webhook_delivery (endpoint, message_id, lead_id, type, body)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
    ON CONFLICT (endpoint, message_id) DO NOTHING
    RETURNING endpoint, lead_id
  )
  INSERT INTO touchline.webhook_queue (endpoint, lead_id, due_at)
  SELECT endpoint, lead_id, clock_timestamp() FROM added GROUP BY endpoint, lead_id ORDER BY endpoint, lead_id
  ON CONFLICT (endpoint, lead_id) DO UPDATE SET due_at = webhook_queue.due_at`;

/**
 * Queues messages for every endpoint of their workspaces that wants them, in the transaction of the caller: they are sent once
 * it commits. Messages of a lead are sent in the order in which they are queued; one that was queued before is not again.
 */
export async function queueMessages(tx: ClientBase, messages: readonly WebhookMessage[]): Promise<void> {
  if (messages.length === 0) return;
  const workspaces = [...new Set(messages.map(({ workspace }) => workspace))];
  const { rows: endpoints } = await tx.query<Wanting>(ENDPOINTS, [workspaces]);
  const wanted = messages.flatMap((message) =>
    endpoints
      .filter((endpoint) => wants(endpoint, message))
      .map(({ id }) => [id, messageId(id, message), message.leadId, message.type, bodyOf(message)] as const),
  );
  if (wanted.length === 0) return;
  const columns = [0, 1, 2, 3, 4].map((at) => wanted.map((row) => row[at]));
  await tx.query(QUEUE, columns);
}

/** What happened before an endpoint was added is none of its business. */
const wants = (endpoint: Wanting, { workspace, type, position }: WebhookMessage): boolean =>
  endpoint.workspace === workspace &&
  position > BigInt(endpoint.startPosition) &&
  (endpoint.eventTypes?.includes(type) ?? true);

import type { Pool } from 'pg';
import { withTransaction } from '../src/database/client.js';
import { eventId } from '../src/domain/event-id.js';
import { DeliveryWorker, type DeliveryWorkerOptions } from '../src/webhooks/delivery-worker.js';
import { WebhookEndpoints } from '../src/webhooks/endpoints.js';
import { guardedAgents } from '../src/webhooks/guarded-agents.js';
import type { MessageType, WebhookMessage } from '../src/webhooks/message.js';
import { queueMessages } from '../src/webhooks/queue-messages.js';
import { MessageSender } from '../src/webhooks/send-message.js';
import { addressTest } from '../src/webhooks/target-url.js';
import { SecretBox } from '../src/workspaces/secret-box.js';

const box = new SecretBox(['11'.repeat(32)], '/nowhere');

export const testEndpoints = (pool: Pool, head = 0n): WebhookEndpoints =>
  new WebhookEndpoints(pool, { head: () => Promise.resolve(head) }, box);

/** Adds an endpoint, and its workspace where there is none yet. */
export async function addEndpoint(
  pool: Pool,
  url: string,
  workspace = 'main',
  eventTypes: readonly MessageType[] = [],
): Promise<{ readonly id: string; readonly secret: string }> {
  await pool.query('INSERT INTO touchline.workspace (slug, name) VALUES ($1, $1) ON CONFLICT DO NOTHING', [
    workspace,
  ]);
  const { endpoint, secret } = await testEndpoints(pool).add(workspace, { url, eventTypes });
  return { id: endpoint.id, secret };
}

/** The nth thing that happens to a lead. */
export const testMessage = (leadId: string, nth: number, workspace = 'main'): WebhookMessage => ({
  ...{ workspace, type: 'lead.qualified', leadId, position: BigInt(nth + 1) },
  eventId: eventId(workspace, 'test', `${leadId}/${nth}`),
  occurredAt: new Date('2026-03-01T09:30:00.000Z'),
  details: { cycle: nth },
});

export const queue = (pool: Pool, messages: readonly WebhookMessage[]): Promise<void> =>
  withTransaction(pool, (tx) => queueMessages(tx, messages));

/** A worker that may send to loopback, with short delays. */
export function testWorker(
  pool: Pool,
  options: Partial<DeliveryWorkerOptions> = {},
  timeoutMs = 2_000,
): DeliveryWorker {
  const isAllowed = addressTest({ allowedNetworks: ['127.0.0.1'] });
  const endpoints = testEndpoints(pool);
  return new DeliveryWorker({
    pool,
    sender: new MessageSender({ agents: guardedAgents(isAllowed), isAllowed, timeoutMs }),
    secretsOf: (endpoint) => endpoints.secretsOf(endpoint),
    retentionMs: 86_400_000,
    log: { warn: () => undefined },
    retryDelays: [50, 50, 50],
    ...options,
  });
}

/** How many deliveries are in each state. */
export async function deliveryStates(
  pool: Pool,
  endpoint: string,
): Promise<Readonly<Record<string, number>>> {
  const { rows } = await pool.query<{ state: string; count: number }>(
    'SELECT state, count(*)::int AS count FROM touchline.webhook_delivery WHERE endpoint = $1 GROUP BY state',
    [endpoint],
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

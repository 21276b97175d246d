import type { Pool } from 'pg';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Metrics } from '../metrics.js';

export interface DeliveryMetrics {
  readonly attempted: (outcome: 'delivered' | 'failed' | 'dead' | 'gone', ms: number) => void;
  /** Reads what waits, for the whole deployment. */
  readonly observe: (pool: Pool) => Promise<void>;
}

/** Those that are disabled wait for a person, not for a process. */
const WAITING = `
  SELECT (SELECT count(*) FROM touchline.webhook_delivery WHERE state = 'pending')::int AS pending,
         (SELECT count(*) FROM touchline.webhook_delivery WHERE state = 'dead')::int AS dead,
         coalesce((SELECT extract(epoch FROM max(now() - d.due_at))::float8 FROM touchline.webhook_endpoint e
           CROSS JOIN LATERAL (SELECT due_at FROM touchline.webhook_queue WHERE endpoint = e.id ORDER BY due_at LIMIT 1) d
           WHERE e.is_enabled AND d.due_at < now() AND e.consecutive_failures = 0), 0) AS oldest,
         (SELECT count(*) FROM touchline.webhook_endpoint
           WHERE NOT is_enabled AND disabled_reason = 'gone')::int AS gone`;

export function deliveryMetrics({ registry }: Pick<Metrics, 'registry'>): DeliveryMetrics {
  const registers = [registry];
  const seconds = new Histogram({
    name: 'touchline_webhook_attempt_seconds',
    help: 'Duration of attempts to deliver a message to a webhook, in seconds',
    labelNames: ['outcome'] as const,
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
    registers,
  });
  const dead = new Counter({
    name: 'touchline_webhook_dead_letters_total',
    help: 'Messages to webhooks whose last attempt failed',
    registers,
  });
  const deliveries = new Gauge({
    name: 'touchline_webhook_deliveries',
    help: 'Messages to webhooks that are kept and not delivered, by state: pending or dead',
    labelNames: ['state'] as const,
    registers,
  });
  const oldest = new Gauge({
    name: 'touchline_webhook_oldest_due_seconds',
    help: 'How long the message that has been due longest waits to be sent, in seconds; endpoints that fail are left out',
    registers,
  });
  const gone = new Gauge({
    name: 'touchline_webhook_endpoints_gone',
    help: 'Webhooks that are disabled because they answered 410',
    registers,
  });
  return {
    attempted(outcome, ms) {
      seconds.observe({ outcome }, ms / 1_000);
      if (outcome === 'dead') dead.inc();
    },
    async observe(pool) {
      const { rows } = await pool.query<Record<'pending' | 'dead' | 'oldest' | 'gone', number>>(WAITING);
      deliveries.set({ state: 'pending' }, rows[0]?.pending ?? 0);
      deliveries.set({ state: 'dead' }, rows[0]?.dead ?? 0);
      oldest.set(rows[0]?.oldest ?? 0);
      gone.set(rows[0]?.gone ?? 0);
    },
  };
}

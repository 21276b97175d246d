import type { Pool } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryMetrics } from './delivery-metrics.js';
import {
  type AttemptResult,
  claimDeliveries,
  type ClaimedDelivery,
  finishAttempt,
  releaseDelivery,
  removeOldDeliveries,
} from './delivery-queue.js';
import { RETRY_DELAYS, retryDelay } from './retry-schedule.js';
import { type Attempt, type MessageSender, SEND_TIMEOUT_MS } from './send-message.js';

export interface DeliveryWorkerOptions {
  readonly pool: Pool;
  readonly sender: Pick<MessageSender, 'send'>;
  /** Of an endpoint, decrypted, the newest first. @throws when they cannot be decrypted */
  readonly secretsOf: (endpoint: string) => Promise<readonly string[]>;
  readonly retentionMs: number;
  readonly log: { warn(line: string): void };
  readonly metrics?: DeliveryMetrics;
  readonly retryDelays?: readonly number[];
  /** Longer than an attempt can take: who does not finish in time has died or was frozen. */
  readonly leaseMs?: number;
  /** Messages in flight in this process. */
  readonly concurrency?: number;
  readonly perEndpoint?: number;
}

/** An endpoint that hangs holds one place, a workspace a quarter: the others are never kept waiting. */
const CONCURRENCY = 256;
const PER_ENDPOINT = 10;
const WORKSPACE_SHARE = 4;

/** How long it waits to look again, in ms: longer and longer while nothing is due. */
const POLL = { shortest: 20, longest: 1_000 };
const AWAY_MS = 2_000;
const OBSERVE_MS = 15_000;
const RETENTION_MS = 3_600_000;
/** A secret that cannot be decrypted is the operator's to mend; no attempt is counted. */
const UNREADABLE_MS = 60_000;

/** Sends what is due, beside other processes that do the same: each lead's messages are leased by one of them. */
export class DeliveryWorker {
  private readonly flying = new Set<Promise<void>>();
  private readonly inFlight = new Map<string, number>();
  private readonly stopping = new AbortController();
  private running: Promise<unknown> | undefined;
  /** Attempts so far: after each the next message of its lead may be due. */
  private finished = 0;
  private wake: () => void = () => undefined;
  private warnedAt = -Infinity;

  constructor(private readonly options: DeliveryWorkerOptions) {}

  start(): void {
    const { pool, metrics, retentionMs } = this.options;
    this.running ??= Promise.all([
      this.run(),
      this.every(OBSERVE_MS, async () => metrics?.observe(pool)),
      this.every(RETENTION_MS, () => removeOldDeliveries(pool, retentionMs)),
    ]);
  }

  /** Claims nothing any more, and waits for the attempts in flight. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
    await Promise.all(this.flying);
  }

  private async run(): Promise<void> {
    let idle = POLL.shortest;
    while (!this.stopping.signal.aborted) {
      const finished = this.finished;
      const claimed = await this.claim();
      idle = claimed > 0 ? POLL.shortest : Math.min(idle * 2, POLL.longest);
      if (finished === this.finished) await this.pause(claimed < 0 ? AWAY_MS : idle);
    }
  }

  /** @returns how many; -1: the database is away */
  private async claim(): Promise<number> {
    const {
      pool,
      concurrency = CONCURRENCY,
      perEndpoint = PER_ENDPOINT,
      leaseMs = 2 * SEND_TIMEOUT_MS,
    } = this.options;
    const total = concurrency - this.flying.size;
    if (total <= 0) return 0;
    const perWorkspace = Math.ceil(concurrency / WORKSPACE_SHARE);
    const { inFlight } = this;
    const until = performance.now() + leaseMs;
    try {
      const claimed = await claimDeliveries(pool, { total, perEndpoint, perWorkspace, inFlight, leaseMs });
      for (const delivery of claimed) this.launch(delivery, until);
      return claimed.length;
    } catch (error) {
      this.warn(`webhooks wait: ${String(error)}`);
      return -1;
    }
  }

  private launch(delivery: ClaimedDelivery, until: number): void {
    const { workspace } = delivery;
    this.inFlight.set(workspace, (this.inFlight.get(workspace) ?? 0) + 1);
    const flight = this.attempt(delivery, until)
      // The lease ends by itself, and the message is sent again.
      .catch((error: unknown) =>
        this.warn(`the outcome of ${delivery.messageId} is not stored: ${String(error)}`),
      )
      .finally(() => {
        this.flying.delete(flight);
        this.inFlight.set(workspace, (this.inFlight.get(workspace) ?? 1) - 1);
        if (this.inFlight.get(workspace) === 0) this.inFlight.delete(workspace);
        this.finished += 1;
        this.wake();
      });
    this.flying.add(flight);
  }

  private async attempt(delivery: ClaimedDelivery, until: number): Promise<void> {
    const { pool, sender, secretsOf, metrics } = this.options;
    const { endpoint, url, messageId: id, body } = delivery;
    const secrets = await secretsOf(endpoint).catch((error: unknown) => {
      this.warn(`the secrets of webhook ${endpoint} cannot be read: ${String(error)}`);
    });
    if (!secrets) return releaseDelivery(pool, delivery, UNREADABLE_MS);
    // A process that was frozen: the message is another's now.
    if (performance.now() > until) return;
    const attempt = await sender.send({ url, id, body, secrets });
    const result = this.resultOf(delivery, attempt);
    await finishAttempt(pool, delivery, result);
    const failed = result.isGone ? 'gone' : result.state === 'dead' ? 'dead' : 'failed';
    metrics?.attempted(attempt.delivered ? 'delivered' : failed, attempt.durationMs);
  }

  private resultOf(
    { attempts }: ClaimedDelivery,
    { delivered, status, error, retryAfterMs }: Attempt,
  ): AttemptResult {
    const isGone = status === 410;
    const retryMs = retryDelay(attempts + 1, retryAfterMs, this.options.retryDelays ?? RETRY_DELAYS);
    const failed = retryMs === undefined ? 'dead' : 'pending';
    return { state: delivered ? 'delivered' : failed, status, error, retryMs: retryMs ?? 0, isGone };
  }

  private async every(ms: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await work().catch((error: unknown) => this.warn(`webhooks: ${String(error)}`));
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    }
  }

  private async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.stopping.signal.aborted) this.wake();
    });
  }

  private warn(line: string): void {
    if (performance.now() - this.warnedAt < 10_000) return;
    this.warnedAt = performance.now();
    this.options.log.warn(line);
  }
}

import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { KafkaClient, Sent } from './kafka-client.js';

/** Touchpoints of some buyers, each numbered 0, 1, 2 … in the order in which they were sent. */
export class Feed {
  /** How many of each buyer the broker has acknowledged. */
  readonly sent = new Map<string, number>();
  #running: Promise<void> | undefined;
  #stopping = false;

  constructor(
    private readonly client: KafkaClient,
    private readonly name: string,
    private readonly buyers = 20,
  ) {}

  get total(): number {
    return [...this.sent.values()].reduce((sum, count) => sum + count, 0);
  }

  /** So many more records in one go, dealt to the buyers in turn. */
  async send(count: number): Promise<void> {
    const next = new Map(this.sent);
    const records = Array.from({ length: count }, (_, index) =>
      this.#record(`${this.name}-${index % this.buyers}`, next),
    );
    await this.client.send('touchpoints', records);
    for (const [buyer, numbered] of next) this.sent.set(buyer, numbered);
  }

  /** Sends on until it is stopped. */
  start(perSend = 100, pauseMs = 20): void {
    this.#stopping = false;
    this.#running = (async () => {
      while (!this.#stopping) {
        await this.send(perSend);
        await sleep(pauseMs);
      }
    })();
    this.#running.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  /** How many of its records are in the log. */
  async inLog(pool: pg.Pool): Promise<number> {
    const { rows } = await pool.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM touchline.event WHERE data->'properties'->>'feed' = $1`,
      [this.name],
    );
    return rows[0]?.count ?? 0;
  }

  /** Every record that was sent is in the log once, each buyer's in their order. */
  async expectOnceInOrder(pool: pg.Pool): Promise<void> {
    const { rows } = await pool.query<{ buyer: string; numbers: number[] }>(
      `SELECT data->'properties'->>'buyer' AS buyer, array_agg((data->'properties'->>'nr')::int ORDER BY position) AS numbers
       FROM touchline.event WHERE data->'properties'->>'feed' = $1 GROUP BY 1 ORDER BY 1`,
      [this.name],
    );
    const wanted = [...this.sent].map(([buyer, count]) => ({
      buyer,
      numbers: Array.from({ length: count }, (_, nr) => nr),
    }));
    expect(rows).toEqual(wanted.sort((a, b) => (a.buyer < b.buyer ? -1 : 1)));
  }

  #record(buyer: string, next: Map<string, number>): Sent {
    const nr = next.get(buyer) ?? 0;
    next.set(buyer, nr + 1);
    const properties = { feed: this.name, buyer, nr };
    return { key: buyer, value: touchpoint(`${buyer}-${nr}`, { anonymousId: buyer, properties }) };
  }
}

/** A native touchpoint as JSON. */
export const touchpoint = (messageId: string, more: object = {}): string =>
  JSON.stringify({
    messageId,
    kind: 'page_view',
    occurredAt: '2026-03-01T09:30:00Z',
    anonymousId: 'a-1',
    ...more,
  });

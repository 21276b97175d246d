import type { Pool } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventId } from '../domain/event-id.js';
import type { Position } from '../domain/events.js';
import { handoffStream, type HANDOFF_CLOCK_FACTS } from '../domain/handoff-events.js';
import type { Recipient } from '../domain/lead-events.js';
import type { EventStore, NewFact } from '../event-store/event-store.js';
import { readCheckpoints } from '../subscriptions/read-checkpoints.js';
import { HANDOFF_WATCHER } from './watch-handoffs.js';

/** What must have been applied before a deadline is judged: whose lead it is, what sales did, and whether it is still open. */
const READS = ['journey', 'opportunities', 'lifecycle', HANDOFF_WATCHER];

const TICK_MS = 1_000;
const BATCH = 500;

interface Deadline {
  readonly workspace: string;
  readonly leadId: string;
  readonly fact: (typeof HANDOFF_CLOCK_FACTS)[number];
  readonly cycle: number;
  readonly handOffId: string;
  readonly recipient: Recipient;
  readonly dueBy: string;
  readonly at: Date;
  /** Sales worked on the lead since the hand-off, the hand-off has ended, or it is too late to warn. */
  readonly isStopped: boolean;
}

/** Now; the lead may have been merged into another one since: its key still knows the id that it had. */
const DUE = `
  SELECT d.workspace, d.lead_id AS "leadId", d.fact, d.cycle, d.hand_off_id AS "handOffId", d.recipient, d.due_by AS "dueBy", d.at,
         (d.fact = 'LeadAboutToRot' AND d.due_by::timestamptz <= $1) OR (stopped.at <= $1) IS TRUE AS "isStopped"
  FROM touchline.handoff_deadline d
  CROSS JOIN LATERAL (
    SELECT min(least(ended.ended_at, ended.first_activity_at)) AS at
    FROM touchline.lead_decision o
    JOIN touchline.identity_key k ON k.workspace = d.workspace AND k.own_lead_id = d.lead_id AND k.superseded_at IS NULL
    CROSS JOIN LATERAL touchline.handoff_end(d.workspace, d.lead_id, k.lead_id, o.position, d.handed_off_at, 9223372036854775807) ended
    WHERE o.workspace = d.workspace AND o.event_id = d.hand_off_id) stopped
  WHERE d.at <= $1 ORDER BY d.at LIMIT ${BATCH}`;

/** Only if the lead was not handed off again meanwhile. */
const DONE = `
  DELETE FROM touchline.handoff_deadline
   USING unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[]) AS done (workspace, lead_id, fact, hand_off_id)
   WHERE handoff_deadline.workspace = done.workspace AND handoff_deadline.lead_id = done.lead_id
     AND handoff_deadline.fact = done.fact AND handoff_deadline.hand_off_id = done.hand_off_id`;

export interface HandoffClockOptions {
  readonly pool: Pool;
  readonly store: Pick<EventStore, 'head' | 'record'>;
  readonly log: { warn(line: string): void };
  readonly tickMs?: number;
}

/**
 * Records what becomes of hand-offs at their deadlines (`LeadAboutToRot`, `LeadRotten`), unless sales worked on the lead. A fact
 * has an id of its hand-off, so however many processes record it, and whenever they die, it is in the log once.
 */
export class HandoffClock {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly options: HandoffClockOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.tick().catch((error: unknown) => this.options.log.warn(`hand-offs wait: ${String(error)}`));
      await sleep(this.options.tickMs ?? TICK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * Judges the deadlines that have passed, once the read models know everything that was recorded until now: what sales did in
   * time has stopped the clock, however far behind they are.
   */
  private async tick(): Promise<void> {
    const { pool, store } = this.options;
    const { rows } = await pool.query<{ now: Date; due: boolean }>(
      'SELECT now(), EXISTS (SELECT FROM touchline.handoff_deadline WHERE at <= now()) AS due',
    );
    const [{ now, due } = { now: new Date(0), due: false }] = rows;
    if (!due) return;
    const head = await store.head();
    while (!(await this.haveReached(head))) {
      if (this.stopping.signal.aborted) return;
      await sleep(100);
    }
    for (let judged = BATCH; judged === BATCH;) judged = await this.judge(now);
  }

  private async judge(now: Date): Promise<number> {
    const { pool, store } = this.options;
    const { rows } = await pool.query<Deadline>(DUE, [now]);
    const open = rows.filter(({ isStopped }) => !isStopped);
    if (open.length > 0) await store.record(open.map(factOf));
    const columns = (['workspace', 'leadId', 'fact', 'handOffId'] as const).map((name) =>
      rows.map((row) => row[name]),
    );
    await pool.query(DONE, columns);
    return rows.length;
  }

  private async haveReached(head: Position): Promise<boolean> {
    const checkpoints = await readCheckpoints(this.options.pool, READS);
    return checkpoints.length === READS.length && checkpoints.every(({ position }) => position >= head);
  }
}

function factOf({ workspace, leadId, fact, cycle, handOffId, recipient, dueBy, at }: Deadline): NewFact {
  const id = eventId(workspace, 'reactor:handoff_clock', handOffId, fact);
  const data = { leadId, cycle, handOffId, recipient, dueBy };
  return {
    workspace,
    stream: handoffStream(leadId),
    event: { id, type: fact, schemaVersion: 1, occurredAt: at, causationId: handOffId, data },
  };
}

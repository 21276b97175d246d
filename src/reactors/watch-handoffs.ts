import type { ClientBase } from 'pg';
import { isEvent, type RecordedEvent } from '../domain/events.js';
import type { Reactor } from '../subscriptions/subscription.js';

/** Name of its checkpoint. */
export const HANDOFF_WATCHER = 'watch_handoffs';

/** A later hand-off of a lead replaces the one before: it has a clock of its own. */
const START = `
  INSERT INTO touchline.handoff_deadline (workspace, lead_id, fact, cycle, hand_off_id, handed_off_at, recipient, due_by, at)
  SELECT $1, $2, d.fact, $3, $4, $5, $6, $7, d.at
  FROM (VALUES ('LeadAboutToRot', $8::timestamptz), ('LeadRotten', $7::text::timestamptz)) AS d (fact, at)
  WHERE d.at IS NOT NULL`;

const STOP = 'DELETE FROM touchline.handoff_deadline WHERE workspace = $1 AND lead_id = $2';

/**
 * Keeps the deadlines of open hand-offs: rows, committed with the checkpoint. What has become of a lead at its deadline is
 * found out then (`handoff-clock.ts`); accepting does not stop the clock, work on the lead does.
 */
export const watchHandoffs: Reactor = {
  name: HANDOFF_WATCHER,
  version: 1,
  handles: ['LeadHandedOff', 'LeadRecycled', 'LeadDisqualified'],
  after: [],
  startFrom: 'beginning',
  rebuild: 'never',
  async react(events, { tx }) {
    for (const event of events) await follow(event, tx);
  },
};

async function follow(event: RecordedEvent, tx: ClientBase): Promise<void> {
  if (!isEvent(event, 'LeadHandedOff', 'LeadRecycled', 'LeadDisqualified')) return;
  const { workspace, id, occurredAt, data } = event;
  await tx.query(STOP, [workspace, data.leadId]);
  if (!isEvent(event, 'LeadHandedOff')) return;
  const { leadId, cycle, recipient, dueBy, warnAt } = event.data;
  await tx.query(START, [
    ...[workspace, leadId, cycle, id, occurredAt, JSON.stringify(recipient)],
    ...[dueBy, warnAt ?? null],
  ]);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { replay } from '../domain/decider.js';
import type { NewEvent, Position, RecordedDecision } from '../domain/events.js';
import { leadStream } from '../domain/lead-events.js';
import { leadLifecycle, type LeadDecision, type LeadState } from '../domain/lead-lifecycle.js';
import { WrongExpectedVersion, type EventStore } from './event-store.js';
import { newEventId, type Handled, type Provenance } from './handle.js';

const ATTEMPTS = 10;
const PAGE = 1_000;

export interface LeadStreams {
  readonly workspace: string;
  /** All ids of the lead: decisions on it may be in the stream of any of them. */
  readonly leadIds: readonly string[];
}

/**
 * `handle` for a lead: its state follows from the streams of all its ids, in the order of the log. One decision at most is
 * appended, to the stream of the id that it names.
 *
 * @param decide is given the decisions of before as well
 * @throws Refused, WrongExpectedVersion, StoreUnavailable as `handle`
 */
export async function handleLead(
  store: Pick<EventStore, 'append' | 'readStream'>,
  { workspace, leadIds }: LeadStreams,
  decide: (state: LeadState, before: readonly RecordedDecision[]) => readonly LeadDecision[],
  provenance: Provenance = {},
): Promise<Handled<LeadState>> {
  for (let attempt = 1; ; attempt++) {
    const before = await readLead(store, { workspace, leadIds });
    const state = replay(leadLifecycle, before as readonly object[] as readonly LeadDecision[]);
    const [decision] = decide(state, before);
    if (!decision) return { state, receipts: [], position: before.at(-1)?.position };
    const stream = leadStream(decision.data.leadId);
    const expected = { exact: before.findLast((event) => event.stream === stream)?.version ?? 0 };
    const event: NewEvent = { id: newEventId(), ...provenance, ...decision, schemaVersion: 1 };
    const [result] = await store.append([{ workspace, stream, expected, events: [event] }]);
    if (result?.status === 'appended') {
      const position: Position | undefined = result.receipts.at(-1)?.position;
      return { state: leadLifecycle.evolve(state, decision), receipts: result.receipts, position };
    }
    if (attempt === ATTEMPTS) throw new WrongExpectedVersion(stream, expected, result?.actual ?? 0);
    await sleep(Math.random() * 5 * attempt);
  }
}

/** All decisions on a lead, in the order of the log. */
async function readLead(
  store: Pick<EventStore, 'readStream'>,
  { workspace, leadIds }: LeadStreams,
): Promise<RecordedDecision[]> {
  const streams = await Promise.all(leadIds.map((id) => readWhole(store, workspace, leadStream(id))));
  return streams.flat().sort((a, b) => (a.position < b.position ? -1 : 1));
}

async function readWhole(
  store: Pick<EventStore, 'readStream'>,
  workspace: string,
  stream: string,
): Promise<RecordedDecision[]> {
  const events: RecordedDecision[] = [];
  for (;;) {
    const page = await store.readStream(workspace, stream, events.at(-1)?.version ?? 0, PAGE);
    events.push(...page);
    if (page.length < PAGE) return events;
  }
}

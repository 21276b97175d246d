import { opportunity, type Opportunity, type OpportunityEvent } from '../domain/opportunity.js';
import { replay } from '../domain/decider.js';
import type { RecordedEvent } from '../domain/events.js';
import type { EventStore } from '../event-store/event-store.js';
import { handle } from '../event-store/handle.js';

export interface Decided {
  readonly state: Opportunity;
  /** Of the last event of the opportunity. */
  readonly position: bigint;
  /** The events that came of this command; empty: no news. */
  readonly eventIds: readonly string[];
}

interface On {
  readonly workspace: string;
  readonly opportunityId: string;
  readonly idempotencyKey?: string | undefined;
}

const PAGE = 1_000;

/**
 * Takes a decision on an opportunity. Saying the same twice in a row is no news by itself; with an idempotency key (kept as the
 * events' correlation id) a command that comes again after others have changed the opportunity is not decided again either.
 *
 * @throws Refused what the domain refuses
 * @throws WrongExpectedVersion others were quicker every time
 * @throws StoreUnavailable
 */
export async function decideOnOpportunity(
  store: EventStore,
  { workspace, opportunityId, idempotencyKey }: On,
  decide: (state: Opportunity) => OpportunityEvent[],
): Promise<Decided> {
  const stream = `opportunity-${opportunityId}`;
  const before =
    idempotencyKey === undefined ? undefined : await decidedBefore(store, workspace, stream, idempotencyKey);
  if (before) return before;
  const provenance = idempotencyKey === undefined ? {} : { correlationId: idempotencyKey };
  const { state, receipts, position } = await handle(
    store,
    workspace,
    stream,
    opportunity,
    decide,
    provenance,
  );
  return { state, position: position ?? 0n, eventIds: receipts.map(({ eventId }) => eventId) };
}

async function decidedBefore(
  store: EventStore,
  workspace: string,
  stream: string,
  idempotencyKey: string,
): Promise<Decided | undefined> {
  const events: RecordedEvent[] = [];
  for (let page; (page = await store.readStream(workspace, stream, events.length, PAGE)).length > 0;) {
    events.push(...page);
  }
  const mine = events.filter(({ correlationId }) => correlationId === idempotencyKey);
  const last = mine.at(-1);
  if (!last) return undefined;
  const state = replay(opportunity, events as readonly OpportunityEvent[]);
  return { state, position: last.position, eventIds: mine.map(({ id }) => id) };
}

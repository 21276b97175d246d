import { opportunity, type Opportunity, type OpportunityEvent } from '../domain/opportunity.js';
import { replay } from '../domain/decider.js';
import type { RecordedEvent } from '../domain/events.js';
import type { EventStore } from '../event-store/event-store.js';
import { handle } from '../event-store/handle.js';

export interface Decided {
  readonly state: Opportunity;
  /** Of the last event of the opportunity. */
  readonly position: bigint;
  /** The events recorded by this command; empty if it changed nothing. */
  readonly eventIds: readonly string[];
}

interface Target {
  readonly workspace: string;
  readonly opportunityId: string;
  readonly idempotencyKey?: string | undefined;
}

const PAGE = 1_000;

/**
 * Makes a decision on an opportunity. A repeated command changes nothing; with an idempotency key (stored as the
 * events' correlation id) a command repeated after other changes of the opportunity is not decided again either.
 *
 * @throws Refused what the domain refuses
 * @throws WrongExpectedVersion others were quicker every time
 * @throws StoreUnavailable
 */
export async function decideOnOpportunity(
  store: EventStore,
  { workspace, opportunityId, idempotencyKey }: Target,
  decide: (state: Opportunity) => OpportunityEvent[],
): Promise<Decided> {
  const stream = `opportunity-${opportunityId}`;
  const before =
    idempotencyKey === undefined
      ? undefined
      : await previousDecision(store, workspace, stream, idempotencyKey);
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

async function previousDecision(
  store: EventStore,
  workspace: string,
  stream: string,
  idempotencyKey: string,
): Promise<Decided | undefined> {
  const events: RecordedEvent[] = [];
  for (let page; (page = await store.readStream(workspace, stream, events.length, PAGE)).length > 0;) {
    events.push(...page);
  }
  const ownEvents = events.filter(({ correlationId }) => correlationId === idempotencyKey);
  const last = ownEvents.at(-1);
  if (!last) return undefined;
  const state = replay(opportunity, events as readonly OpportunityEvent[]);
  return { state, position: last.position, eventIds: ownEvents.map(({ id }) => id) };
}

import type { PoolClient } from 'pg';
import type { Decider, DomainEvent } from '../domain/decider.js';
import { eventId } from '../domain/event-id.js';
import type { RecordedEvent } from '../domain/events.js';
import { StoreUnavailable, WrongExpectedVersion } from '../event-store/event-store.js';
import { handle } from '../event-store/handle.js';
import { Outage } from './batch-transaction.js';
import type { Reactor, ReactorContext } from './subscription.js';

/** What a rule decides about: the stream that the decision is appended to, and what the rule has read. */
export interface Subject {
  readonly stream: string;
}

/** "When this happens, decide that": at most one event of each event it handles. */
export interface DecisionRule<S extends Subject, State, Decision extends DomainEvent> extends Omit<
  Reactor,
  'react'
> {
  /** How the state of the stream follows from its events. */
  readonly decider: Decider<State, Decision>;
  /**
   * What each event is about, one entry an event; undefined: nothing is to be decided. Rows are read as of the event's own
   * position, so that the same is decided however late, and however often, the event is given.
   */
  readonly load: (batch: readonly RecordedEvent[], tx: PoolClient) => Promise<readonly (S | undefined)[]>;
  /** @throws Refused, or whatever else makes the event a dead letter */
  readonly decide: (event: RecordedEvent, subject: S, state: State) => Decision | undefined;
}

/**
 * A reactor that appends what a rule decides. What rule Y decides of event X has one id, and is appended at the version of
 * its stream that it was decided on: two processes, a crash between append and checkpoint, or a rebuild append it once.
 */
export function decidingReactor<S extends Subject, State, Decision extends DomainEvent>(
  rule: DecisionRule<S, State, Decision>,
): Reactor {
  return {
    ...rule,
    async react(batch, context) {
      const subjects = await rule.load(batch, context.tx);
      for (const [index, event] of batch.entries()) {
        const subject = subjects[index];
        if (subject) await appendDecision(rule, event, subject, context);
      }
    },
  };
}

/** The id of what a rule decides of an event. */
export const decisionId = (
  rule: string,
  { workspace, id }: Pick<RecordedEvent, 'workspace' | 'id'>,
): string => eventId(workspace, `reactor:${rule}`, id, 'decision');

async function appendDecision<S extends Subject, State, Decision extends DomainEvent>(
  { name, decider, decide }: DecisionRule<S, State, Decision>,
  event: RecordedEvent,
  subject: S,
  { store, assertLease }: ReactorContext,
): Promise<void> {
  const id = decisionId(name, event);
  const { workspace, correlationId } = event;
  const provenance = { id, causationId: event.id, ...(correlationId !== undefined && { correlationId }) };
  const decideOnce = ({ state, isDecided }: Remembering<State>): Decision[] => {
    const decision = isDecided ? undefined : decide(event, subject, state);
    return decision ? [decision] : [];
  };
  await assertLease();
  await handle(store, workspace, subject.stream, remembering(decider, id), decideOnce, provenance).catch(
    laterIfAway,
  );
}

interface Remembering<State> {
  readonly state: State;
  /** The event of the id is in the stream. */
  readonly isDecided: boolean;
}

/** Folds a stream as `decider` does, and knows whether an event of it has the id. */
const remembering = <State, Event extends DomainEvent>(
  decider: Decider<State, Event>,
  id: string,
): Decider<Remembering<State>, Event> => ({
  initial: { state: decider.initial, isDecided: false },
  evolve: ({ state, isDecided }, event) => ({
    state: decider.evolve(state, event),
    isDecided: isDecided || ('id' in event && event.id === id),
  }),
});

/** The log that is away, or a stream that others append to all the time: no fault of the event. */
export function laterIfAway(error: unknown): never {
  if (error instanceof StoreUnavailable || error instanceof WrongExpectedVersion)
    throw new Outage(error.message, { cause: error });
  throw error;
}

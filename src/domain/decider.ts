import type { EventData, EventType } from './events.js';

/** An event as decided, without an id; `handle` assigns it. A recorded event is one too, so `evolve` accepts both. */
export type DomainEvent<T extends EventType = EventType> = {
  [K in T]: { readonly type: K; readonly occurredAt: Date; readonly data: EventData[K] };
}[T];

/** Derives the state on which decisions are made from the events of a stream. */
export interface Decider<State, Event extends DomainEvent = DomainEvent> {
  readonly initial: State;
  evolve(state: State, event: Event): State;
}

/** The state after `events`. */
export const replay = <State, Event extends DomainEvent>(
  decider: Decider<State, Event>,
  events: readonly Event[],
  from: State = decider.initial,
): State => events.reduce((state, event) => decider.evolve(state, event), from);

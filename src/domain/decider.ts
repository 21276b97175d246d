import type { EventData, EventType } from './events.js';

/** What a decision says happened. `handle` gives it an id; a recorded event is one too, so folds read both. */
export type Happened<T extends EventType = EventType> = {
  [K in T]: { readonly type: K; readonly occurredAt: Date; readonly data: EventData[K] };
}[T];

/** How the state that decisions are taken on follows from a stream's events. */
export interface Decider<State, Event extends Happened = Happened> {
  readonly initial: State;
  evolve(state: State, event: Event): State;
}

/** The state after `events`. */
export const replay = <State, Event extends Happened>(
  decider: Decider<State, Event>,
  events: readonly Event[],
  from: State = decider.initial,
): State => events.reduce((state, event) => decider.evolve(state, event), from);

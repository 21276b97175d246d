import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { replay, type Decider, type DomainEvent } from '../domain/decider.js';
import type { NewEvent, Position } from '../domain/events.js';
import { WrongExpectedVersion, type EventReceipt, type EventStore } from './event-store.js';

const ATTEMPTS = 10;
const PAGE = 1_000;

export interface Handled<State> {
  /** After the decision. */
  readonly state: State;
  /** Of the events decided now; empty when the command was no news. */
  readonly receipts: readonly EventReceipt[];
  /** Of the stream's last event: read your writes with it. Undefined while the stream is empty. */
  readonly position: Position | undefined;
}

/** What the log keeps beside the decision. */
export interface Provenance {
  /** Of the only event, where the same decision must not be appended twice; else each event gets a new id. */
  readonly id?: string;
  readonly collector?: string;
  readonly correlationId?: string;
  readonly causationId?: string;
}

/**
 * Loads a stream, folds it, decides, appends at exactly the version decided on; somebody else's append in between makes
 * it decide again on the newer state, ten times at most.
 *
 * @throws Refused whatever `decide` throws
 * @throws WrongExpectedVersion others were quicker every time
 * @throws StoreUnavailable
 */
export async function handle<State, Event extends DomainEvent>(
  store: Log,
  workspace: string,
  stream: string,
  decider: Decider<State, Event>,
  decide: (state: State) => readonly Event[],
  provenance: Provenance = {},
): Promise<Handled<State>> {
  let at: At<State> = { state: decider.initial, version: 0, position: undefined };
  for (let attempt = 1; ; attempt++) {
    at = await catchUp(store, workspace, stream, decider, at);
    const decided = decide(at.state);
    if (decided.length === 0) return { state: at.state, receipts: [], position: at.position };
    const expected = { exact: at.version };
    const events = decided.map((event): NewEvent => ({
      id: newEventId(),
      ...provenance,
      ...event,
      schemaVersion: 1,
    }));
    const [result] = await store.append([{ workspace, stream, expected, events }]);
    if (result?.status === 'appended')
      return {
        state: replay(decider, decided, at.state),
        receipts: result.receipts,
        position: result.receipts.at(-1)?.position,
      };
    if (attempt === ATTEMPTS) throw new WrongExpectedVersion(stream, expected, result?.actual ?? 0);
    await sleep(Math.random() * 5 * attempt);
  }
}

/** The part of the log that a decision needs. */
type Log = Pick<EventStore, 'append' | 'readStream'>;

interface At<State> {
  readonly state: State;
  readonly version: number;
  readonly position: Position | undefined;
}

async function catchUp<State, Event extends DomainEvent>(
  store: Log,
  workspace: string,
  stream: string,
  decider: Decider<State, Event>,
  from: At<State>,
): Promise<At<State>> {
  let at = from;
  for (;;) {
    const events = await store.readStream(workspace, stream, at.version, PAGE);
    const last = events.at(-1);
    if (!last) return at;
    at = {
      state: replay(decider, events as readonly DomainEvent[] as readonly Event[], at.state),
      version: last.version,
      position: last.position,
    };
    if (events.length < PAGE) return at;
  }
}

/**
 * A random id with the time in its high bits (UUIDv7), near to its neighbours in the uniqueness index. Those of one process
 * rise, also within a millisecond and when the clock goes back: ids decide between events of the same time.
 */
export const newEventId = (): string => uuidv7();

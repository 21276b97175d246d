import type { NewEvent } from '../domain/events.js';
import type { Call } from './coalescer.js';
import type { Append, Expected, NewFact, Progress } from './event-store.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const EARLIEST = Date.UTC(1, 0, 1) - 1900 * 365.2425 * 86_400_000; // Date.UTC takes years below 100 for 19xx
const LATEST = Date.UTC(9999, 11, 31);

/** @throws TypeError no log could hold it */
export function checkStream(workspace: string, stream: string): void {
  if (workspace.includes('/') || workspace === '') throw new TypeError('a workspace is a slug');
  if (stream.includes('\0') || stream === '') throw new TypeError('a stream has a name without NUL');
}

/** @returns the data of the event as JSON @throws TypeError no log could hold it */
export function dataOf(event: NewEvent): string {
  const time = +event.occurredAt;
  if (!UUID.test(event.id)) throw new TypeError(`event id ${event.id} is not a UUID`);
  if (!(time >= EARLIEST && time <= LATEST))
    throw new TypeError(`occurredAt of event ${event.id} is no usable instant`);
  return JSON.stringify(event.data);
}

/** An append, or a fact as an append that expects no version. */
export interface AnyAppend extends Omit<Append, 'expected'> {
  readonly expected: Expected | 'any';
}

/** An append whose data is already text, so that its size is known and the object can go. */
export interface PreparedAppend<A extends AnyAppend = AnyAppend> {
  readonly append: A;
  readonly data: readonly string[];
}

/** One request to append, as it waits for its transaction. */
export interface AppendCall<A extends AnyAppend = AnyAppend> extends Call {
  readonly appends: readonly PreparedAppend<A>[];
  readonly progress: Progress | undefined;
}

/**
 * @returns undefined: there is nothing to write
 * @throws TypeError something in it that no log could hold
 */
export function appendCall<A extends AnyAppend>(
  batch: readonly A[],
  progress?: Progress,
): AppendCall<A> | undefined {
  const appends = batch.map((append): PreparedAppend<A> => {
    checkStream(append.workspace, append.stream);
    return { append, data: append.events.map(dataOf) };
  });
  const bytes = appends.reduce((sum, { data }) => data.reduce((part, text) => part + text.length, sum), 0);
  const events = appends.reduce((sum, { data }) => sum + data.length, 0);
  return events === 0 && !progress ? undefined : { appends, events, bytes, progress };
}

export const asAppend = ({ workspace, stream, event }: NewFact): AnyAppend => ({
  ...{ workspace, stream },
  ...{ expected: 'any', events: [event] },
});

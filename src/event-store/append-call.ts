import type { NewEvent } from '../domain/events.js';
import type { Call } from './coalescer.js';
import type { Append, Progress } from './event-store.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const EARLIEST = Date.UTC(1, 0, 1) - 1900 * 365.2425 * 86_400_000; // Date.UTC takes years below 100 for 19xx
const LATEST = Date.UTC(9999, 11, 31);

/** An append whose data is already text, so that its size is known and the object can go. */
export interface PreparedAppend {
  readonly append: Append;
  readonly data: readonly string[];
}

/** @throws TypeError something in it that no log could hold */
function prepare(append: Append): PreparedAppend {
  if (append.workspace.includes('/') || append.workspace === '') throw new TypeError('a workspace is a slug');
  if (append.stream.includes('\0') || append.stream === '')
    throw new TypeError('a stream has a name without NUL');
  return { append, data: append.events.map(checked) };
}

function checked(event: NewEvent): string {
  const time = +event.occurredAt;
  if (!UUID.test(event.id)) throw new TypeError(`event id ${event.id} is not a UUID`);
  if (!(time >= EARLIEST && time <= LATEST))
    throw new TypeError(`occurredAt of event ${event.id} is no usable instant`);
  return JSON.stringify(event.data);
}

/** One request to append, as it waits for its transaction. */
export interface AppendCall extends Call {
  readonly appends: readonly PreparedAppend[];
  readonly progress: Progress | undefined;
}

/**
 * @returns undefined: there is nothing to write
 * @throws TypeError something in it that no log could hold
 */
export function appendCall(batch: readonly Append[], progress: Progress | undefined): AppendCall | undefined {
  const appends = batch.map(prepare);
  const bytes = appends.reduce((sum, { data }) => data.reduce((part, text) => part + text.length, sum), 0);
  const events = appends.reduce((sum, { data }) => sum + data.length, 0);
  return events === 0 && !progress ? undefined : { appends, events, bytes, progress };
}

import type { Clamped } from '../domain/touchpoint.js';
import { EARLIEST, readInstant } from './instant.js';

/** What a client says about when, unchecked. */
export interface ClientTime {
  /** When it happened; corrected only where `sentAt` shows that the client's clock is wrong. */
  readonly timestamp?: unknown;
  /** When it happened by the client's clock; corrected by `sentAt` where given. */
  readonly originalTimestamp?: unknown;
  /** The client's clock when it sent the request. */
  readonly sentAt?: unknown;
  /** The field that says when, by its name in the format. */
  readonly path: string;
}

export interface BelievedTime {
  /** Never after the receipt. */
  readonly occurredAt: Date;
  /** The client's own time, unchanged by retries; undefined when it gave none that could be one. */
  readonly original: Date | undefined;
  readonly clamped?: Clamped;
}

/** A clock is right when a request seems to have been under way for no longer than this; a minute for slow networks. */
const MOST_DELAY_MS = 60_000;
/** … and no less than this: clocks that are kept right differ by less. */
const MOST_AHEAD_MS = 1_000;

/**
 * When it happened, as far as the client can be believed: its time less what its clock is ahead of ours (`skewOf`). What
 * then lies in the future, before 1990 or is no time at all becomes the time of receipt and is marked.
 */
export function believe(time: ClientTime, receivedAt: Date): BelievedTime {
  const said = isGiven(time.timestamp) ? time.timestamp : time.originalTimestamp;
  if (!isGiven(said)) return { occurredAt: receivedAt, original: undefined };
  const original = readInstant(said);
  if (typeof original === 'string') return clamp(original, said, receivedAt);
  const occurredAt = new Date(+original - skewOf(time, original, receivedAt));
  if (occurredAt > receivedAt) return clamp('future', said, receivedAt, original);
  if (+occurredAt < EARLIEST) return clamp('absurd', said, receivedAt, original);
  return { occurredAt, original };
}

/**
 * The time of an event that came with a public key: when it lies further back than clients queue events for, anybody may
 * have made it up, and it becomes the time of receipt as every time that cannot be believed.
 */
export function limitBackdating(time: BelievedTime, receivedAt: Date, limitMs: number): BelievedTime {
  const { occurredAt, original } = time;
  if (+receivedAt - +occurredAt <= limitMs) return time;
  return clamp('backdated', (original ?? occurredAt).toISOString(), receivedAt, original);
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/**
 * What to take off a client's time, in ms. As Segment defines, `occurredAt = receivedAt − (sentAt − originalTimestamp)`.
 * A `timestamp` is taken as it is where the clock is right, so that history arrives to the millisecond, and where an
 * `originalTimestamp` beside it shows that it was corrected before. A `sentAt` before the event is none.
 */
function skewOf({ timestamp, originalTimestamp, sentAt }: ClientTime, at: Date, receivedAt: Date): number {
  const isTimestamp = isGiven(timestamp);
  const sent = isGiven(sentAt) ? sentInstant(sentAt) : undefined;
  if (!(sent instanceof Date) || (isTimestamp && isGiven(originalTimestamp))) return 0;
  const isPast = at <= receivedAt;
  if (isPast && at > sent) return 0;
  const skew = +sent - +receivedAt;
  return isTimestamp && isPast && skew >= -MOST_DELAY_MS && skew <= MOST_AHEAD_MS ? 0 : skew;
}

/** All items of a batch were sent at the same time, which is read once. */
const sentInstant = lastRemembered(readInstant);

/** The same function, with its last answer at hand. */
function lastRemembered<T>(make: (value: unknown) => T): (value: unknown) => T {
  let [lastValue, lastMade]: [string, T] = ['', make('')];
  return (value) => {
    if (value === lastValue) return lastMade;
    const made = make(value);
    if (typeof value === 'string') [lastValue, lastMade] = [value, made];
    return made;
  };
}

function clamp(reason: Clamped['reason'], said: unknown, receivedAt: Date, original?: Date): BelievedTime {
  const text = typeof said === 'string' ? said : JSON.stringify(said);
  return {
    occurredAt: receivedAt,
    original,
    clamped: { reason, original: text.slice(0, 100).toWellFormed() },
  };
}

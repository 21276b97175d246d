import type { Clamped } from '../domain/touchpoint.js';

/** What a client says about when, unchecked. */
export interface ClientTime {
  /** When it happened, to be taken as it is. */
  readonly timestamp?: unknown;
  /** When it happened by the client's clock, to be corrected by `sentAt` where given. */
  readonly originalTimestamp?: unknown;
  /** The client's clock when it sent the request. */
  readonly sentAt?: unknown;
}

export interface BelievedTime {
  /** Never after the receipt. */
  readonly occurredAt: Date;
  /** The client's own time, unchanged by retries; undefined when it gave none that could be one. */
  readonly original: Date | undefined;
  readonly clamped?: Clamped;
}

const EARLIEST = Date.UTC(1990, 0);
const LATEST = Date.UTC(10_000, 0);
const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/**
 * When it happened, as far as the client can be believed: `timestamp` as it is, else
 * `receivedAt − (sentAt − originalTimestamp)`, which takes out the skew of the client's clock. A `timestamp` after the
 * receipt is corrected by `sentAt` in the same way where that shows that the clock is ahead. What still lies in the
 * future, before 1990 or is no time at all becomes the time of receipt and is marked.
 */
export function believe(time: ClientTime, receivedAt: Date): BelievedTime {
  const exact = isGiven(time.timestamp);
  const said = exact ? time.timestamp : time.originalTimestamp;
  if (!isGiven(said)) return { occurredAt: receivedAt, original: undefined };
  const original = instant(said);
  if (original === undefined) return clamp('absurd', said, receivedAt);
  const asked = isGiven(time.sentAt) && (!exact || original > receivedAt);
  const sentAt = asked ? instant(time.sentAt) : undefined;
  const corrects = sentAt !== undefined && (!exact || sentAt > receivedAt);
  const at = corrects ? +receivedAt - (+sentAt - +original) : +original;
  if (at > +receivedAt) return clamp('future', said, receivedAt, original);
  if (at < EARLIEST) return clamp('absurd', said, receivedAt, original);
  return { occurredAt: new Date(at), original };
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

function clamp(reason: Clamped['reason'], said: unknown, receivedAt: Date, original?: Date): BelievedTime {
  const text = typeof said === 'string' ? said : JSON.stringify(said);
  return {
    occurredAt: receivedAt,
    original,
    clamped: { reason, original: text.slice(0, 100).toWellFormed() },
  };
}

/** RFC 3339 (without an offset: UTC), or a Unix time in ms or s. Undefined outside the years 1990 to 9999. */
function instant(value: unknown): Date | undefined {
  const ms = typeof value === 'number' ? fromUnix(value) : typeof value === 'string' ? fromText(value) : NaN;
  return ms >= EARLIEST && ms < LATEST ? new Date(ms) : undefined;
}

const fromUnix = (value: number): number => Math.trunc(value < 1e11 ? value * 1000 : value);

function fromText(value: string): number {
  const text = value.trim();
  const match = ISO.exec(text);
  if (!match) return NaN;
  if (text.endsWith('Z') && text[10] === 'T') return Date.parse(text);
  const normal = text.replace(' ', 'T').replace(' ', '').toUpperCase();
  const offset = match[1] ?? (normal.length > 10 ? '' : 'date');
  if (offset === 'date') return Date.parse(normal);
  if (offset === '') return Date.parse(`${normal}Z`);
  return Date.parse(
    normal.replace(/([+-]\d\d):?(\d\d)?$/, (_, h: string, m?: string) => `${h}:${m ?? '00'}`),
  );
}

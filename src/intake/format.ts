import type { EventData } from '../domain/events.js';
import type { Rejected } from './outcome.js';
import type { Reading } from './reading.js';
import type { ClientTime } from './time.js';

type CollectedType = 'TouchpointRecorded' | 'IdentityClaimed' | 'AccountObserved';

/** One event to be, without what the intake adds: id, believed time, collector. */
export type Fact = {
  [K in CollectedType]: {
    readonly type: K;
    readonly stream: string;
    /** Tells apart the facts of one message in their event ids. */
    readonly part?: string;
    readonly data: EventData[K];
  };
}[CollectedType];

/** What one item says, in our words. */
export interface Message {
  /** At most 100 characters; the same for every try to send it. Undefined: the client gave none. */
  readonly messageId: string | undefined;
  readonly time: ClientTime;
  /** At least one; the first one's receipt answers for the message. */
  readonly facts: readonly Fact[];
}

/** The items of a body, or why there are none. */
export type Split = { readonly items: readonly unknown[] } | Rejected;

/** A wire format. Pure: what depends on the moment (receipt, workspace, key) is added by the intake. */
export interface Format {
  readonly name: string;
  /** Limits of a request: bytes of its body, inflated, and its items. */
  readonly requestBytes: number;
  readonly requestItems: number;

  /**
   * Takes a body apart into items, each complete in itself, so that a kept one can be replayed alone.
   *
   * @param call the route's name, e.g. `track` or `batch`
   */
  split(body: unknown, call: string): Split;

  /** Of a format that is not JSON: the same for the bytes of a body. Items are JSON in any case. */
  decode?(bytes: Buffer, call: string): Split;

  /** The meaning of one item; what is left out of it goes to the warnings. Never throws, whatever JSON it is given. */
  read(item: unknown, reading: Reading): Message | Rejected;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

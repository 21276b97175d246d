export interface ServerEvent {
  readonly stream: string;
  /** From 0. */
  readonly revision: number;
  /** Of its record in `$all`. */
  readonly position: bigint;
  readonly id: string;
  readonly type: string;
  readonly created: Date;
  /** JSON; undefined: something else was written there. */
  readonly data: string | undefined;
  readonly metadata: string;
}

export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** One append, all of it or nothing. */
export interface Write {
  readonly stream: string;
  /** The revision the stream is at, -1: it is not there yet. */
  readonly expected: number;
  readonly events: readonly ProposedEvent[];
}

/** The position is that of the last event, and only some servers report it when the append had been applied before. */
export type Written =
  { readonly kind: 'appended'; readonly position: bigint } | { readonly kind: 'wrong-version' };

/** What of `$all` is wanted, decided on the server. */
export type Filter = { readonly streamPrefix: string } | { readonly types: readonly string[] };

export interface ReadAll {
  /** A position must be that of a record. Forwards its record is included, backwards it is not. */
  readonly from: bigint | 'start' | 'end';
  readonly backwards?: boolean;
  readonly limit: number;
  readonly filter: Filter;
}

export interface Watch {
  /** Resolves when everything from now on is delivered. Rejects EventStoreDbAway. */
  readonly started: Promise<void>;
  /** Resolves when nothing is delivered any more. */
  readonly ended: Promise<void>;
  stop(): void;
}

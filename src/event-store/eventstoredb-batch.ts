import { hash } from 'node:crypto';
import type { Position } from '../domain/events.js';
import type { PreparedAppend } from './append-call.js';
import type { AppendResult, EventReceipt, Expected } from './event-store.js';
import { proposedOf, type StreamNames } from './eventstoredb-events.js';
import type { ProposedEvent } from './eventstoredb-client/types.js';
import type { LoggedEvent } from './logged-events.js';

/** A stream of the batch, and what the index says of it. */
export interface BatchStream {
  /** On the server. */
  readonly name: string;
  /** streamKey(workspace, stream). */
  readonly key: string;
  version: number;
  /** Events of the batch that would follow it. */
  added: number;
}

/** An event to append; its position once it is there. */
export interface FreshEvent {
  readonly workspace: string;
  readonly id: string;
  readonly stream: BatchStream;
  readonly append: number;
  readonly version: number;
  readonly proposed: ProposedEvent;
  position: Position | undefined;
  /** It lay there already, unknown to the index. */
  found: boolean;
}

interface Slot {
  readonly eventId: string;
  readonly duplicate: boolean;
  readonly of: LoggedEvent | FreshEvent;
}

type Draft =
  | {
      readonly status: 'conflict';
      readonly expected: Expected;
      readonly actual: number;
      readonly of: BatchStream;
    }
  | { readonly status: 'appended'; readonly slots: readonly Slot[] };

/** Appends that share a transaction: which of them append what, given what is in the log already. */
export class LogBatch {
  readonly #appends: readonly PreparedAppend[];
  readonly #names: StreamNames;
  readonly #streams = new Map<string, BatchStream>();
  readonly #drafts = new Map<number, Draft>();
  readonly #results: (AppendResult | undefined)[];
  readonly #doubted = new Set<BatchStream>();

  constructor(appends: readonly PreparedAppend[], names: StreamNames) {
    this.#appends = appends;
    this.#names = names;
    this.#results = appends.map(({ append }) =>
      append.events.length === 0 ? { status: 'appended', receipts: [] } : undefined,
    );
    for (const [index, { append }] of appends.entries()) if (!this.#results[index]) this.#streamOf(append);
  }

  get settled(): boolean {
    return this.#results.every((result) => result !== undefined);
  }

  /** Of every append; meaningful once all are settled. */
  get results(): readonly AppendResult[] {
    return this.#results.flatMap((result) => result ?? []);
  }

  /** Of what was appended now, in no order. */
  get positions(): Position[] {
    return this.results.flatMap((result) =>
      result.status === 'appended' ? result.receipts.map(({ position }) => position) : [],
    );
  }

  /** In the order of their keys: who locks them does so in one order. */
  get streams(): readonly BatchStream[] {
    return [...this.#streams.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Of the appends that are not settled. */
  get ids(): readonly string[] {
    return this.#appends.flatMap(({ append }, index) =>
      this.#results[index] ? [] : append.events.map(({ id }) => id),
    );
  }

  /** Streams that some append expects further on than the index knows them to be: the index may lag. */
  get doubted(): readonly BatchStream[] {
    return [...this.#doubted];
  }

  /** What the unsettled appends add to the log, each seeing those before it. */
  decide(known: ReadonlyMap<string, LoggedEvent>): FreshEvent[] {
    const seen = new Map<string, LoggedEvent | FreshEvent>(known);
    const added: FreshEvent[] = [];
    this.#drafts.clear();
    this.#doubted.clear();
    for (const stream of this.#streams.values()) stream.added = 0;
    for (const [index, prepared] of this.#appends.entries()) {
      if (this.#results[index]) continue;
      const fresh = this.#draft(index, prepared, seen);
      for (const event of fresh) seen.set(idOf(event.workspace, event.id), event);
      added.push(...fresh);
    }
    return added;
  }

  /**
   * Gives the appends their results whose events all have a place; the others are decided again.
   *
   * @param refused streams that turned out to be longer than was known
   */
  settle(refused: ReadonlySet<BatchStream>): void {
    for (const [index, draft] of this.#drafts) {
      if (draft.status === 'conflict') {
        const { status, expected, actual, of } = draft;
        if (!refused.has(of)) this.#results[index] = { status, expected, actual };
      } else if (draft.slots.every(({ of }) => of.position !== undefined))
        this.#results[index] = { status: 'appended', receipts: draft.slots.map(receiptOf) };
    }
  }

  #draft(
    index: number,
    { append, data }: PreparedAppend,
    seen: ReadonlyMap<string, LoggedEvent | FreshEvent>,
  ): readonly FreshEvent[] {
    const stream = this.#streamOf(append);
    const actual = stream.version + stream.added;
    const fresh = new Map<string, FreshEvent>();
    const slots = append.events.map((event, nr): Slot => {
      const id = idOf(append.workspace, event.id);
      const of = seen.get(id) ?? fresh.get(id);
      if (of) return { eventId: event.id, duplicate: true, of };
      const version = actual + fresh.size + 1;
      const proposed = proposedOf(append.workspace, event, data[nr] ?? '');
      const made = {
        ...{ proposed, id: proposed.id, append: index, workspace: append.workspace, stream, version },
        ...{ position: undefined, found: false },
      };
      fresh.set(id, made);
      return { eventId: event.id, duplicate: false, of: made };
    });
    const { expected } = append;
    if (fresh.size > 0 && expected !== 'any' && actual !== versionOf(expected)) {
      if (versionOf(expected) > actual) this.#doubted.add(stream);
      this.#drafts.set(index, { status: 'conflict', expected, actual, of: stream });
      return [];
    }
    this.#drafts.set(index, { status: 'appended', slots });
    stream.added += fresh.size;
    return [...fresh.values()];
  }

  #streamOf({ workspace, stream }: { workspace: string; stream: string }): BatchStream {
    const name = this.#names.nameOf(workspace, stream);
    const known = this.#streams.get(name);
    if (known) return known;
    const made = { name, key: streamKey(workspace, stream), version: 0, added: 0 };
    this.#streams.set(name, made);
    return made;
  }
}

export const idOf = (workspace: string, id: string): string => `${workspace}/${id.toLowerCase()}`;

export const streamKey = (workspace: string, stream: string): string =>
  hash('sha256', `${workspace}/${stream}`, 'hex')
    .slice(0, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

const versionOf = (expected: Expected): number => (expected === 'noStream' ? 0 : expected.exact);

const receiptOf = ({ eventId, duplicate, of }: Slot): EventReceipt => ({
  eventId,
  position: of.position ?? 0n,
  version: of.version,
  duplicate: duplicate || ('found' in of && of.found),
});

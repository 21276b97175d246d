import { hash } from 'node:crypto';
import type { NewEvent } from '../domain/events.js';
import type { PreparedAppend } from './append-call.js';
import type { Append, AppendResult, EventReceipt, Expected } from './event-store.js';
import { elements, instants, integers, jsons, smallints, texts, uuids } from './pg-array.js';

/** What `touchline.append` answers, as text: head, positions, versions, actual. */
export type AppendRow = readonly (string | null)[];

/** One call of `touchline.append`: its parameters, and the reading of its answer. */
export class AppendBatch {
  readonly #appends: readonly PreparedAppend[];
  readonly #streams: { workspace: string; name: string; key: string }[] = [];
  readonly #streamOfAppend: number[] = [];
  readonly #streamOfEvent: number[] = [];
  readonly #same: number[] = [];
  readonly #events: NewEvent[] = [];

  constructor(appends: readonly PreparedAppend[]) {
    this.#appends = appends;
    const streams = new Map<string, number>();
    const ids = new Map<string, number>();
    for (const { append } of appends) {
      const stream = this.#streamOf(append, streams);
      this.#streamOfAppend.push(stream);
      for (const event of append.events) {
        const id = `${append.workspace}/${event.id.toLowerCase()}`;
        this.#same.push(ids.get(id) ?? 0);
        this.#streamOfEvent.push(stream);
        ids.set(id, this.#events.push(event));
      }
    }
  }

  /** In the order of the function. */
  parameters(): Buffer[] {
    const streams = this.#streams;
    const events = this.#events;
    return [
      uuids(streams.map(({ key }) => key)),
      texts(streams.map(({ workspace }) => workspace)),
      texts(streams.map(({ name }) => name)),
      integers(this.#streamOfAppend),
      integers(this.#appends.map(({ append }) => versionOf(append.expected))),
      integers(this.#appends.map(({ append }) => append.events.length)),
      integers(this.#streamOfEvent),
      integers(this.#same),
      uuids(events.map(({ id }) => id)),
      texts(events.map(({ type }) => type)),
      smallints(events.map(({ schemaVersion }) => schemaVersion)),
      instants(events.map(({ occurredAt }) => occurredAt)),
      texts(events.map(({ collector }) => collector)),
      texts(events.map(({ correlationId }) => correlationId)),
      texts(events.map(({ causationId }) => causationId)),
      jsons(this.#appends.flatMap(({ data }) => data)),
    ];
  }

  /** One result an append, in order. */
  results(row: AppendRow): AppendResult[] {
    const [positions = [], versions = [], actual = []] = row.slice(1).map((list) => elements(list ?? '{}'));
    let next = 0;
    const receipt = ({ id }: NewEvent): EventReceipt => {
      const position = positions[next] ?? '0';
      const version = Number(versions[next++]);
      const duplicate = position.startsWith('-');
      return { eventId: id, position: BigInt(duplicate ? position.slice(1) : position), version, duplicate };
    };
    return this.#appends.map(({ append }, index): AppendResult => {
      const receipts = append.events.map(receipt);
      const conflicting = Number(actual[index]);
      return conflicting < 0
        ? { status: 'appended', receipts }
        : { status: 'conflict', expected: append.expected, actual: conflicting };
    });
  }

  /** The ordinal of a stream among those of the batch, from 1. */
  #streamOf({ workspace, stream: name }: Append, known: Map<string, number>): number {
    const fullName = `${workspace}/${name}`;
    let ordinal = known.get(fullName);
    if (ordinal === undefined) {
      // As text: a buffer for each would take four times as long, and the collector of memory as much again.
      const key = hash('sha256', fullName, 'hex').slice(0, 32);
      ordinal = this.#streams.push({ workspace, name, key });
      known.set(fullName, ordinal);
    }
    return ordinal;
  }
}

function versionOf(expected: Expected): number {
  if (expected === 'any') return -1;
  return expected === 'noStream' ? 0 : expected.exact;
}

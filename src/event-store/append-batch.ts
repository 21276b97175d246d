import { createHash } from 'node:crypto';
import type { NewEvent } from '../domain/events.js';
import type { Append, AppendResult, EventReceipt, Expected } from './event-store.js';
import { elements, instants, integers, jsons, smallints, texts, uuids } from './pg-array.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const EARLIEST = Date.UTC(1, 0, 1) - 1900 * 365.2425 * 86_400_000; // Date.UTC takes years below 100 for 19xx
const LATEST = Date.UTC(9999, 11, 31);

/** An append whose data is already text, so that its size is known and the object can go. */
export interface PreparedAppend {
  readonly append: Append;
  readonly data: readonly string[];
}

/** @throws TypeError something in it that no log could hold */
export function prepare(append: Append): PreparedAppend {
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

interface StreamOfBatch {
  readonly workspace: string;
  readonly name: string;
  readonly key: string;
  count: number;
  appends: number;
  expected: number;
}

/** What `touchline.append` answers, as text: head, reached, positions, versions, duplicate, actual. */
export type AppendRow = readonly (string | null)[];

/** One call of `touchline.append`: its parameters, and the reading of its answer. */
export class AppendBatch {
  readonly #appends: readonly PreparedAppend[];
  readonly #streams: StreamOfBatch[] = [];
  readonly #streamOfAppend: number[] = [];
  readonly #streamOfEvent: number[] = [];
  readonly #nth: number[] = [];
  readonly #events: NewEvent[] = [];
  #repeats = false;

  constructor(appends: readonly PreparedAppend[]) {
    this.#appends = appends;
    const byName = new Map<string, number>();
    const ids = new Set<string>();
    for (const { append } of appends) {
      const number = this.#streamNumber(append, byName);
      this.#streamOfAppend.push(number);
      for (const event of append.events) {
        ids.add(event.id);
        this.#streamOfEvent.push(number);
        this.#events.push(event);
      }
    }
    this.#repeats = ids.size < this.#events.length;
  }

  get size(): number {
    return this.#events.length;
  }

  parameters(): unknown[] {
    const streams = this.#streams;
    const events = this.#events;
    return [
      uuids(streams.map(({ key }) => key)),
      texts(streams.map(({ workspace }) => workspace)),
      texts(streams.map(({ name }) => name)),
      integers(streams.map(({ count }) => count)),
      integers(streams.map(({ expected, appends }) => (appends === 1 ? expected : -1))),
      integers(this.#streamOfAppend),
      integers(this.#appends.map(({ append }) => versionOf(append.expected))),
      integers(this.#appends.map(({ append }) => append.events.length)),
      this.#stepwise,
      integers(this.#streamOfEvent),
      integers(this.#nth),
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
    const [head, reached] = row;
    return reached == null ? this.#stepwiseResults(row) : this.#usualResults(BigInt(head ?? 0), reached);
  }

  /** Order within the batch matters to what it does: several appends to a stream and a version is expected. */
  get #stepwise(): boolean {
    return this.#repeats || this.#streams.some(({ appends, expected }) => appends > 1 && expected >= 0);
  }

  #streamNumber({ workspace, stream, expected, events }: Append, byName: Map<string, number>): number {
    const name = `${workspace}/${stream}`;
    let number = byName.get(name);
    if (number === undefined) {
      const key = createHash('sha256').update(name).digest('hex').slice(0, 32);
      number = this.#streams.push({ workspace, name: stream, key, count: 0, appends: 0, expected: -1 });
      byName.set(name, number);
    }
    const known = this.#streams[number - 1];
    if (known) {
      for (const _ of events) this.#nth.push(++known.count);
      known.appends += 1;
      known.expected = Math.max(known.expected, versionOf(expected));
    }
    return number;
  }

  #usualResults(head: bigint, reached: string): AppendResult[] {
    const versions = elements(reached).map(Number);
    const before = this.#streams.map(({ count }, index) => (versions[index] ?? 0) - count);
    const base = head - BigInt(this.size);
    let next = 0;
    return this.#appends.map(({ append }) => ({
      status: 'appended',
      receipts: append.events.map(({ id }): EventReceipt => {
        const event = next++;
        const version = (before[(this.#streamOfEvent[event] ?? 0) - 1] ?? 0) + (this.#nth[event] ?? 0);
        return { eventId: id, position: base + BigInt(event + 1), version, duplicate: false };
      }),
    }));
  }

  #stepwiseResults(row: AppendRow): AppendResult[] {
    const [positions = [], versions = [], duplicate = [], actual = []] = row
      .slice(2)
      .map((list) => elements(list ?? '{}'));
    let next = 0;
    return this.#appends.map(({ append }, index): AppendResult => {
      const first = next;
      next += append.events.length;
      const conflicting = Number(actual[index] ?? -1);
      if (conflicting >= 0) return { status: 'conflict', expected: append.expected, actual: conflicting };
      const receipts = append.events.map(({ id }, nth): EventReceipt => ({
        eventId: id,
        position: BigInt(positions[first + nth] ?? '0'),
        version: Number(versions[first + nth]),
        duplicate: duplicate[first + nth] === 't',
      }));
      return { status: 'appended', receipts };
    });
  }
}

function versionOf(expected: Expected): number {
  if (expected === 'any') return -1;
  return expected === 'noStream' ? 0 : expected.exact;
}

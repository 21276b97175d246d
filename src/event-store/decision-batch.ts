import type { NewEvent } from '../domain/events.js';
import type { PreparedAppend } from './append-call.js';
import type { Append, AppendResult, EventReceipt, Expected } from './event-store.js';
import { elements, instants, integers, jsons, smallints, texts, uuids } from './pg-array.js';

/** What `touchline.append` answers, as text: head, positions, versions, actual. */
export type AppendRow = readonly (string | null)[];

/** The parameters of `touchline.append`, in its order. */
export function appendParameters(appends: readonly PreparedAppend<Append>[]): Buffer[] {
  const events = appends.flatMap(({ append }) => append.events);
  return [
    texts(appends.map(({ append }) => append.workspace)),
    texts(appends.map(({ append }) => append.stream)),
    integers(appends.map(({ append }) => versionOf(append.expected))),
    integers(appends.map(({ append }) => append.events.length)),
    uuids(events.map(({ id }) => id)),
    texts(events.map(({ type }) => type)),
    smallints(events.map(({ schemaVersion }) => schemaVersion)),
    instants(events.map(({ occurredAt }) => occurredAt)),
    texts(events.map(({ collector }) => collector)),
    texts(events.map(({ correlationId }) => correlationId)),
    texts(events.map(({ causationId }) => causationId)),
    jsons(appends.flatMap(({ data }) => data)),
  ];
}

/** One result an append, in order. */
export function appendResults(appends: readonly PreparedAppend<Append>[], row: AppendRow): AppendResult[] {
  const [positions = [], versions = [], actual = []] = row.slice(1).map((list) => elements(list ?? '{}'));
  let next = 0;
  const receipt = ({ id }: NewEvent): EventReceipt => {
    const position = positions[next] ?? '0';
    const version = Number(versions[next++]);
    const duplicate = position.startsWith('-');
    return { eventId: id, position: BigInt(duplicate ? position.slice(1) : position), version, duplicate };
  };
  return appends.map(({ append }, index): AppendResult => {
    const receipts = append.events.map(receipt);
    const conflicting = Number(actual[index]);
    return conflicting < 0
      ? { status: 'appended', receipts }
      : { status: 'conflict', expected: append.expected, actual: conflicting };
  });
}

const versionOf = (expected: Expected): number => (expected === 'noStream' ? 0 : expected.exact);

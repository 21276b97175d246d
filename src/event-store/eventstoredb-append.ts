import type { Position } from '../domain/events.js';
import type { EventStoreDbClient, ServerEvent, Write } from './eventstoredb-client.js';
import { EventStoreDbAway } from './eventstoredb-client.js';
import type { BatchStream, FreshEvent } from './eventstoredb-batch.js';

/** EventStoreDB takes a megabyte in one append unless told otherwise; an append of ours is never split. */
const FULL_AT = 500_000;
const PAGE = 1_000;
/** Read-backs under way at once. */
const READS = 16;
const LARGEST = 2n ** 63n - 1n;

/** Events of one stream that are appended together. */
interface Group {
  readonly stream: BatchStream;
  readonly events: readonly FreshEvent[];
}

/**
 * Appends the events, those of a stream together at the exact revision it must be at, and gives them their positions.
 * Sent again it does nothing: at an exact revision the server recognises its events for ever.
 *
 * @param reached the log is known to reach this far: a new position is beyond
 * @returns the events that were refused because their stream is longer than was known
 * @throws EventStoreDbAway, TypeError as `appendAll`
 */
export async function appendFresh(
  client: EventStoreDbClient,
  events: readonly FreshEvent[],
  reached: Position,
): Promise<readonly FreshEvent[]> {
  const groups = groupsOf(events);
  const written = await client.appendAll(groups.map(writeOf));
  const unplaced: Group[] = [];
  for (const [index, group] of groups.entries()) {
    const outcome = written[index];
    const [only, more] = group.events;
    if (outcome?.kind !== 'appended' || !only) continue;
    if (!more && outcome.position > reached && outcome.position <= LARGEST) only.position = outcome.position;
    else unplaced.push(group);
  }
  await inTurn(unplaced, (group) => readBack(client, group));
  return groups.flatMap((group, index) => (written[index]?.kind === 'wrong-version' ? group.events : []));
}

/** What lies in a stream after a version. @throws EventStoreDbAway */
export async function readOn(
  client: EventStoreDbClient,
  stream: string,
  version: number,
): Promise<ServerEvent[]> {
  const found: ServerEvent[] = [];
  for (;;) {
    const page = await client.readStream(stream, version + found.length, PAGE);
    found.push(...page);
    if (page.length < PAGE) return found;
  }
}

/** The server tells the position of an append's last event only, and of one it had applied before not even that. */
async function readBack(client: EventStoreDbClient, { stream, events }: Group): Promise<void> {
  const first = events[0]?.version ?? 1;
  const found = await client.readStream(stream.name, first - 1, events.length);
  for (const [index, event] of events.entries()) {
    const there = found[index];
    if (there?.id !== event.id)
      throw new EventStoreDbAway(`stream ${stream.name} does not show what was appended to it`);
    event.position = there.position;
  }
}

function groupsOf(events: readonly FreshEvent[]): Group[] {
  const groups: Group[] = [];
  for (const [stream, own] of Map.groupBy(events, (event) => event.stream)) {
    let group: FreshEvent[] = [];
    let bytes = 0;
    for (const append of Map.groupBy(own, (event) => event.append).values()) {
      const size = append.reduce(
        (sum, { proposed }) => sum + proposed.data.length + proposed.metadata.length,
        0,
      );
      if (group.length > 0 && bytes + size > FULL_AT) {
        groups.push({ stream, events: group });
        [group, bytes] = [[], 0];
      }
      group.push(...append);
      bytes += size;
    }
    groups.push({ stream, events: group });
  }
  return groups;
}

const writeOf = ({ stream, events }: Group): Write => ({
  stream: stream.name,
  expected: (events[0]?.version ?? 1) - 2,
  events: events.map(({ proposed }) => proposed),
});

async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const lane = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(READS, items.length) }, lane));
}

import type { Position } from '../domain/events.js';
import type { EventStoreDbClient } from './eventstoredb-client/client.js';
import type { ServerEvent, Write } from './eventstoredb-client/types.js';
import { EventStoreDbAway } from './eventstoredb-faults.js';
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

/** The groups of one stream, each to be sent when the one before it is there. */
type Queue = readonly [Group, ...Group[]];

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
  const refused: FreshEvent[] = [];
  const unplaced: Group[] = [];
  for (let queues = groupsOf(events); queues.length > 0;) {
    const written = await client.appendAll(queues.map(([first]) => writeOf(first)));
    for (const [index, [group, ...later]] of queues.entries()) {
      const outcome = written[index];
      // What was to follow is not sent: somebody else's events could be what it is waiting for.
      if (outcome?.kind !== 'appended') refused.push(...[group, ...later].flatMap((each) => each.events));
      else if (!place(group, outcome.position, reached)) unplaced.push(group);
    }
    queues = queues.flatMap(([, ...later], index) =>
      written[index]?.kind === 'appended' && isQueue(later) ? [later] : [],
    );
  }
  await inTurn(unplaced, (group) => readBack(client, group));
  return refused;
}

/** @param position that the server told @returns whether that is enough to know where the events lie */
function place({ events }: Group, position: Position, reached: Position): boolean {
  const isNew = position > reached && position <= LARGEST;
  for (const event of events) event.found = !isNew;
  const [only, more] = events;
  if (!isNew || !only || more) return false;
  only.position = position;
  return true;
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

function groupsOf(events: readonly FreshEvent[]): Queue[] {
  return [...Map.groupBy(events, (event) => event.stream)].flatMap(([stream, own]) => {
    const groups: { stream: BatchStream; events: FreshEvent[]; bytes: number }[] = [];
    for (const append of Map.groupBy(own, (event) => event.append).values()) {
      const bytes = append.reduce(
        (sum, { proposed: { data, metadata } }) => sum + data.length + metadata.length,
        0,
      );
      const group = groups.at(-1);
      if (group && group.bytes + bytes <= FULL_AT) {
        group.events.push(...append);
        group.bytes += bytes;
      } else groups.push({ stream, events: append, bytes });
    }
    return isQueue(groups) ? [groups] : [];
  });
}

const isQueue = (groups: readonly Group[]): groups is Queue => groups.length > 0;

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

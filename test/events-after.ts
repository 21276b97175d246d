import type { Position, RecordedEvent } from '../src/domain/events.js';
import type { EventStore } from '../src/event-store/event-store.js';

/** Everything in the log after a position, page by page. */
export async function eventsAfter(
  store: Pick<EventStore, 'readAll'>,
  start: Position = 0n,
): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (;;) {
    const page = await store.readAll(events.at(-1)?.position ?? start, 1_000);
    if (page.length === 0) return events;
    events.push(...page);
  }
}

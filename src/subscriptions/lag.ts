import type { Position } from '../domain/events.js';
import type { EventStore } from '../event-store/event-store.js';

/** How far rows are behind the log. */
export interface Lag {
  /** Events not applied yet; null where positions are not dense. */
  readonly events: number | null;
  /** Age of the oldest of them. */
  readonly seconds: number;
}

/**
 * @param position up to where the log is applied
 * @param head where the log ends; may have been read at another instant
 */
export async function lagOf(
  store: EventStore,
  position: Position,
  head: Position,
  now = Date.now(),
): Promise<Lag> {
  if (position >= head) return { events: 0, seconds: 0 };
  const [oldest] = await store.readAll(position, 1);
  return {
    events: store.guarantees.densePositions ? Number(head - position) : null,
    seconds: oldest ? Math.max(0, now - +oldest.recordedAt) / 1_000 : 0,
  };
}

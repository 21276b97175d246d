import type { Append, EventReceipt } from '../event-store/event-store.js';

/**
 * Sorts the appends of one request by the time of their events; those of the same time keep their order. A read model
 * writes rows for an event that comes late and for those that follow it: a request in reverse order would cost the square of
 * what it costs in order, and everybody would wait for it.
 *
 * @returns the appends to make, and how to bring their receipts back into the order of the request
 */
export function sortByOccurrence(appends: readonly Append[]): {
  readonly sorted: readonly Append[];
  readonly restore: (receipts: readonly EventReceipt[]) => readonly EventReceipt[];
} {
  const times = appends.map(({ events }) => Number(events[0]?.occurredAt));
  if (isAscending(times)) return { sorted: appends, restore: (receipts) => receipts };
  const order = appends.map((_, index) => index).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
  const pick = <T>(list: readonly T[], index: number): T => {
    const found = list[index];
    if (found === undefined) throw new Error('every append of a request has its place and its receipt');
    return found;
  };
  return {
    sorted: order.map((index) => pick(appends, index)),
    restore: (receipts) => {
      const restored = Array.from<EventReceipt>({ length: receipts.length });
      order.forEach((index, place) => (restored[index] = pick(receipts, place)));
      return restored;
    },
  };
}

const isAscending = (times: readonly number[]): boolean =>
  times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0));

import type { NewFact, Receipt } from '../event-store/event-store.js';

/**
 * Sorts the facts of one request by their time; those of the same time keep their order. A read model
 * writes rows for an event that comes late and for those that follow it: a request in reverse order would cost the square of
 * what it costs in order, and everybody would wait for it.
 *
 * @returns the facts to record, and how to bring their receipts back into the order of the request
 */
export function sortByOccurrence(facts: readonly NewFact[]): {
  readonly sorted: readonly NewFact[];
  readonly restore: (receipts: readonly Receipt[]) => readonly Receipt[];
} {
  const times = facts.map(({ event }) => Number(event.occurredAt));
  if (isAscending(times)) return { sorted: facts, restore: asTheyAre };
  const order = facts.map((_, index) => index).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
  return { sorted: order.map((index) => pick(facts, index)), restore: restoring(order) };
}

const asTheyAre = (receipts: readonly Receipt[]): readonly Receipt[] => receipts;

/** Apart from the facts: it waits for the commit, and they must not wait with it. */
const restoring =
  (order: readonly number[]) =>
  (receipts: readonly Receipt[]): readonly Receipt[] => {
    const restored = Array.from<Receipt>({ length: receipts.length });
    for (const [place, index] of order.entries()) restored[index] = pick(receipts, place);
    return restored;
  };

function pick<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error('every fact of a request has its place and its receipt');
  return found;
}

const isAscending = (times: readonly number[]): boolean =>
  times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0));

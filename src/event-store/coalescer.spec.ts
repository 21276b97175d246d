import { describe, expect, test } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { type Call, Coalescer, type CoalescerOptions } from './coalescer.js';

interface Transaction {
  readonly events: readonly number[];
  readonly commit: () => void;
}

/** A coalescer whose transactions commit when the test says so. */
function coalescing(options: Partial<CoalescerOptions> = {}) {
  const begun: Transaction[] = [];
  const coalescer = new Coalescer<Call, number>(
    (calls) =>
      new Promise((resolve) => {
        const events = calls.map((call) => call.events);
        begun.push({ events, commit: () => resolve(events) });
      }),
    () => false,
    options,
  );
  const add = (...requests: readonly number[]) =>
    Promise.all(requests.map((events) => coalescer.add({ events, bytes: events })));
  return { begun, add };
}

const eventsOf = (transactions: readonly Transaction[]) => transactions.map(({ events }) => events);

describe('Coalescer', () => {
  test('puts requests that come together into one transaction', async () => {
    const { begun, add } = coalescing();
    void add(1, 2, 3);
    await setImmediate();
    expect(eventsOf(begun)).toEqual([[1, 2, 3]]);
  });

  test('gathers small requests until the transaction under way has committed', async () => {
    const { begun, add } = coalescing({ overlapAt: 10 });
    void add(1);
    await setImmediate();
    void add(2, 3);
    await setImmediate();
    void add(4);
    await setImmediate();
    expect(eventsOf(begun)).toEqual([[1]]);
    begun[0]?.commit();
    await setImmediate();
    await setImmediate();
    expect(eventsOf(begun)).toEqual([[1], [2, 3, 4]]);
  });

  test('begins a second transaction beside the first when enough events wait, and no third', async () => {
    const { begun, add } = coalescing({ overlapAt: 10, inFlight: 2 });
    void add(1);
    await setImmediate();
    void add(4, 6);
    await setImmediate();
    void add(20);
    await setImmediate();
    expect(eventsOf(begun)).toEqual([[1], [4, 6]]);
  });

  test('fills a transaction no further than its size', async () => {
    const { begun, add } = coalescing({ fullAt: 10, overlapAt: 5 });
    void add(6, 4, 6);
    await setImmediate();
    expect(eventsOf(begun)).toEqual([[6, 4], [6]]);
  });

  test('answers each request with its own result', async () => {
    const { begun, add } = coalescing();
    const answers = add(1, 2);
    await setImmediate();
    begun[0]?.commit();
    expect(await answers).toEqual([1, 2]);
  });
});

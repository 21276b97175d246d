import { describe, expect, jest, test } from '@jest/globals';
import type { Decider, DomainEvent } from '../domain/decider.js';
import { Refused } from '../domain/refused.js';
import type { Append } from './event-store.js';
import { handle, newEventId } from './handle.js';
import { MemoryEventStore } from './memory.js';

interface Opportunity {
  readonly stages: readonly string[];
  readonly won: boolean;
}
type OpportunityEvent = DomainEvent<'OpportunityChanged' | 'OpportunityWon'>;
const opportunity: Decider<Opportunity, OpportunityEvent> = {
  initial: { stages: [], won: false },
  evolve: (state, event) =>
    event.type === 'OpportunityWon'
      ? { ...state, won: true }
      : { ...state, stages: [...state.stages, event.data.stage ?? ''] },
};
const now = new Date('2026-03-01T00:00:00Z');
const moved = (stage: string): OpportunityEvent => ({
  type: 'OpportunityChanged',
  occurredAt: now,
  data: { opportunityId: 'o', stage },
});
const win = (state: Opportunity): OpportunityEvent[] => {
  if (state.stages.length === 0) throw new Refused('opportunity-not-open', 'Open it first');
  return state.won
    ? []
    : [
        {
          type: 'OpportunityWon',
          occurredAt: now,
          data: { opportunityId: 'o', amountMinor: 1, currency: 'USD' },
        },
      ];
};
const on = (store: MemoryEventStore, decide: (state: Opportunity) => readonly OpportunityEvent[]) =>
  handle(store, 'main', 'opportunity-o', opportunity, decide, { correlationId: 'c-1' });

test('decides on what the stream says and appends the decision', async () => {
  const store = new MemoryEventStore();
  await on(store, () => [moved('discovery'), moved('proposal')]);
  const { state, receipts, position } = await on(store, win);
  expect(state).toEqual({ stages: ['discovery', 'proposal'], won: true });
  expect(receipts).toMatchObject([{ version: 3, position: 3n, duplicate: false }]);
  expect(position).toBe(3n);
  expect(await store.readAll(2n, 1)).toMatchObject([
    { type: 'OpportunityWon', correlationId: 'c-1', schemaVersion: 1 },
  ]);
});

test('a command that changes nothing appends nothing and still returns the position of the stream', async () => {
  const store = new MemoryEventStore();
  await on(store, () => [moved('discovery')]);
  await on(store, win);
  expect(await on(store, win)).toMatchObject({ receipts: [], position: 2n });
  expect(await store.head()).toBe(2n);
});

test('a refusal reaches the caller and appends nothing', async () => {
  const store = new MemoryEventStore();
  await expect(on(store, win)).rejects.toMatchObject({ code: 'opportunity-not-open' });
  expect(await store.head()).toBe(0n);
});

describe('when another appends in between', () => {
  /** Lets somebody else append just before each of the first `times` appends. */
  function overtaken(times: number): MemoryEventStore {
    const store = new MemoryEventStore();
    const append = store.append.bind(store);
    let left = times;
    jest.spyOn(store, 'append').mockImplementation(async (batch: readonly Append[]) => {
      if (left-- > 0)
        await append([
          {
            workspace: 'main',
            stream: 'opportunity-o',
            expected: { exact: times - left - 1 },
            events: [{ ...moved('theirs'), id: newEventId(), schemaVersion: 1 }],
          },
        ]);
      return append(batch);
    });
    return store;
  }

  test('it decides again on the newer state', async () => {
    const seen: number[] = [];
    const { state } = await on(overtaken(2), ({ stages }) => {
      seen.push(stages.length);
      return [moved('ours')];
    });
    expect(seen).toEqual([0, 1, 2]);
    expect(state.stages).toEqual(['theirs', 'theirs', 'ours']);
  });

  test('it gives up when that never ends', async () => {
    await expect(on(overtaken(1_000), () => [moved('ours')])).rejects.toMatchObject({
      name: 'WrongExpectedVersion',
    });
  });
});

test('long streams are read in pages', async () => {
  const store = new MemoryEventStore();
  await on(store, () => Array.from({ length: 2_500 }, () => moved('x')));
  expect((await on(store, win)).state.stages).toHaveLength(2_500);
});

test('new event ids rise, also within a millisecond and when the clock goes back', () => {
  const clock = jest.spyOn(Date, 'now');
  const start = Date.UTC(2101, 0, 1);
  const times = [...Array.from({ length: 5_000 }, () => start), start - 1_000, start + 1];
  const ids = times.map((now) => {
    clock.mockReturnValue(now);
    return newEventId();
  });
  clock.mockRestore();
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(ids.length);
});

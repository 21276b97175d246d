import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Position } from '../../src/domain/events.js';
import type {
  Append,
  AppendResult,
  EventReceipt,
  EventStore,
  Receipt,
} from '../../src/event-store/event-store.js';
import { facts, touch } from '../events.js';

/** An event with all that one may have, and text that encodings break. */
export const EVERYTHING = {
  collector: 'web',
  correlationId: 'c-1',
  causationId: 'c-2',
  data: {
    ...touch('x').data,
    properties: { text: 'tab\t "quote" \\ ünï 漢字 🚀 \u0000', nested: [1, { a: null }] },
  },
};

/** The log under test, and what its contract asks of it. */
export class TestLog {
  #store: EventStore | undefined;

  async open(open: () => Promise<EventStore>): Promise<void> {
    this.#store = await open();
  }

  get store(): EventStore {
    if (!this.#store) throw new Error('the log is not open');
    return this.#store;
  }

  readonly unique = (label: string): string => `${label}-${randomUUID()}`;
  /** Names of facts no other test has. */
  readonly names = (count: number): string[] => Array.from({ length: count }, () => this.unique('f'));
  readonly append = async (...batch: Append[]): Promise<readonly AppendResult[]> => this.store.append(batch);
  readonly record = (stream: string, ...named: string[]): Promise<readonly Receipt[]> =>
    this.store.record(facts(stream, named));

  readonly receipts = (result: AppendResult | undefined): readonly EventReceipt[] => {
    if (result?.status !== 'appended') throw new Error(`not appended: ${JSON.stringify(result)}`);
    return result.receipts;
  };

  /** Expects positions in order that come after `after`; the very next ones where the log is dense. */
  readonly expectNext = (after: Position, positions: readonly Position[]): void => {
    const { densePositions } = this.store.guarantees;
    const growing = positions.filter((position, index) => position > (positions[index - 1] ?? after));
    expect(positions).toEqual(
      densePositions ? positions.map((_, index) => after + BigInt(index + 1)) : growing,
    );
  };
}

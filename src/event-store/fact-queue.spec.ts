import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import type { NewFact, Progress } from './event-store.js';
import { FactColumns } from './fact-columns.js';
import { FactQueue } from './fact-queue.js';

let serial = 0;

function fact(text: string, collector: string | undefined): NewFact {
  const id = `00000000-0000-4000-8000-${String(++serial).padStart(12, '0')}`;
  return {
    workspace: 'main',
    stream: `account-${serial % 7}`,
    event: {
      ...{ id, type: 'AccountObserved', schemaVersion: 1, occurredAt: new Date(serial * 1_000) },
      ...(collector !== undefined && { collector }),
      data: { accountId: `a-${serial}`, name: text },
    },
  };
}

const request = fc.record({
  facts: fc.array(fc.tuple(fc.string({ maxLength: 40 }), fc.option(fc.string(), { nil: undefined })), {
    maxLength: 4,
  }),
  hasProgress: fc.boolean(),
  /** What the next request waits for. */
  then: fc.constantFrom('nothing', 'turn', 'answer'),
});

/** What becomes of the next writes: a fault that passes, one that does not, or a commit. */
const fates = fc.array(fc.constantFrom<Fate>('transient', 'lasting', 'commit'), {
  maxLength: 30,
});

/** Without what an array says of NULLs: a part of one with NULLs may have none. */
const elementsOf = (columns: FactColumns): unknown[] =>
  columns
    .parameters()
    .map((value) => (Buffer.isBuffer(value) ? [value.readInt32BE(12), value.subarray(20)] : value));

type Fate = 'transient' | 'lasting' | 'commit';

/** A queue whose writes take a turn of the event loop, and end as `fates` say; all further ones commit. */
class Queueing {
  readonly #byId = new Map<string, NewFact>();
  readonly #written = new Set<string>();
  readonly #queue: FactQueue;
  #head = 0n;

  constructor(fates: readonly Fate[]) {
    const left = [...fates];
    const isTransient = (error: unknown): boolean => (error as Error).message === 'transient';
    const options = { fullAt: 5, overlapAt: 2 };
    this.#queue = new FactQueue((columns) => this.#write(columns, left.shift()), isTransient, options);
  }

  /** Resolves when the facts are written, or refused for good. */
  async add(facts: readonly NewFact[], progress?: Progress): Promise<void> {
    for (const one of facts) this.#byId.set(one.event.id, one);
    const ids = facts.map(({ event }) => event.id);
    try {
      const receipts = await this.#queue.add(facts, progress);
      expect(receipts.map(({ eventId }) => eventId)).toEqual(ids);
    } catch (error) {
      if ((error as Error).message === 'lasting') return;
      throw error;
    }
    expect(ids.filter((id) => !this.#written.has(id))).toEqual([]);
  }

  async #write(columns: FactColumns, fate: Fate = 'commit') {
    const ids = [...columns.ids];
    this.#expectFacts(columns, ids);
    await setImmediate();
    this.#expectFacts(columns, ids);
    if (fate !== 'commit') throw new Error(fate);
    ids.forEach((id) => this.#written.add(id));
    this.#head += BigInt(ids.length);
    return { head: this.#head, positions: undefined };
  }

  #expectFacts(columns: FactColumns, ids: readonly string[]): void {
    const alone = new FactColumns();
    alone.add(ids.map((id) => this.#byId.get(id)).filter((one) => one !== undefined));
    expect(elementsOf(columns)).toEqual(elementsOf(alone));
  }
}

const PROGRESS: Progress = { source: 'topic', next: 1n };

describe('FactQueue', () => {
  test('writes every fact as it is encoded alone, whatever buffers were used before and whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 20 }), fates, async (requests, outcomes) => {
        const queueing = new Queueing(outcomes);
        const answers: Promise<void>[] = [];
        for (const { facts, hasProgress, then } of requests) {
          const recorded = queueing.add(
            facts.map(([text, collector]) => fact(text, collector)),
            hasProgress ? PROGRESS : undefined,
          );
          answers.push(recorded);
          if (then === 'answer') await recorded;
          else if (then === 'turn') await setImmediate();
        }
        await Promise.all(answers);
      }),
      { numRuns: 50 },
    );
  }, 60_000);
});

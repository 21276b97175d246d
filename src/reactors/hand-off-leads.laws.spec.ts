import { expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { checkHandOffs } from '../../test/check-hand-offs.js';
import { NOON, SalesLog } from '../../test/hand-offs.js';
import type { Append } from '../event-store/event-store.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { BatchFailed } from '../subscriptions/batch-transaction.js';
import { SubscriptionRunner } from '../subscriptions/runner.js';
import { handOffLeads } from './hand-off-leads.js';

Logger.overrideLogger(false);

const PEOPLE = Array.from({ length: 8 }, (_, nth) => `p${nth}`);
const CRASH = Object.assign(new Error('the process is gone'), { code: 'ECONNRESET' });

interface Crash {
  readonly moment: 'before' | 'after';
  /** Which append of the reactor. */
  readonly nth: number;
}
/** What happens before a process starts, and where it ends. */
interface Life {
  readonly qualify: readonly string[];
  readonly close: readonly string[];
  readonly crash: Crash | null;
  readonly largestBatch: number;
}

const life: fc.Arbitrary<Life> = fc.record({
  qualify: fc.subarray(PEOPLE),
  close: fc.subarray(PEOPLE),
  crash: fc.option(
    fc.record({
      moment: fc.constantFrom<Crash['moment'][]>('before', 'after'),
      nth: fc.integer({ min: 1, max: 4 }),
    }),
  ),
  largestBatch: fc.constantFrom(1, 3, 5_000),
});

/** The same log, whose process ends around an append. */
function crashing(store: MemoryEventStore, crash: Crash | null): MemoryEventStore {
  let nth = 0;
  const append = async (batch: readonly Append[]) => {
    nth += 1;
    if (crash?.moment === 'before' && crash.nth === nth) throw CRASH;
    const results = await store.append(batch);
    if (crash?.moment === 'after' && crash.nth === nth) throw CRASH;
    return results;
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === 'append') return append;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

async function live(db: TestDatabase, store: MemoryEventStore, crash: Crash | null, largestBatch: number) {
  const log = crashing(store, crash);
  const subscriptions = [...projections, handOffLeads({ now: () => NOON, reviewEveryMs: 0 })];
  const runner = new SubscriptionRunner({ pool: db.pool, store: log, subscriptions, largestBatch });
  try {
    for (let before = -1n; before !== (await store.head());) {
      before = await store.head();
      await runner.catchUp();
    }
  } catch (error) {
    if (!(error instanceof BatchFailed) || error.cause !== CRASH) throw error;
  }
  await runner.stop();
}

/** Leads in the process of sales, or about to be. */
async function inProcess(log: SalesLog, name: string): Promise<number | undefined> {
  const last = (await log.decisions(name)).at(-1);
  if (!last || last.type === 'LeadRecycled') return undefined;
  return (last.data as { cycle: number }).cycle;
}

test('each lead is handed off once a cycle and nobody is over capacity, wherever the process is killed and restarted', async () => {
  let handedOff = 0;
  const capacities = fc.array(fc.nat(3), { minLength: 1, maxLength: 3 });
  const property = fc.asyncProperty(
    capacities,
    fc.constantFrom('round_robin' as const, 'least_loaded' as const),
    fc.array(life, { minLength: 1, maxLength: 4 }),
    async (rooms, strategy, lives) => {
      const db = await testDatabase();
      try {
        const store = new MemoryEventStore();
        const log = new SalesLog(store);
        await new SubscriptionRunner({
          pool: db.pool,
          store,
          subscriptions: [...projections, handOffLeads()],
        }).register();
        const recipients = rooms.map((capacity, at) => ({
          id: `r${at}`,
          name: 'rep',
          kind: 'rep' as const,
          capacity,
        }));
        await log.publish({ routing: { recipients, strategy } });
        for (const name of PEOPLE) await log.person(name);
        for (const { qualify, close, crash, largestBatch } of lives) {
          for (const name of close) {
            const cycle = await inProcess(log, name);
            if (cycle !== undefined) await log.decide(name, 'LeadRecycled', cycle, { reason: 'closed' });
          }
          for (const name of qualify) if ((await inProcess(log, name)) === undefined) await log.qualify(name);
          await live(db, store, crash, largestBatch);
        }
        await live(db, store, null, 5_000);
        handedOff += await checkHandOffs(log, rooms);
      } finally {
        await db.drop();
      }
    },
  );
  await fc.assert(property, { numRuns: Number(process.env['LAW_RUNS'] ?? 8), endOnFailure: true });
  expect(handedOff).toBeGreaterThan(0);
}, 600_000);

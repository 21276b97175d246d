import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { decisionsIn, decisionsWanted } from '../../test/examples/decided.js';
import { openAfterThreeVisits } from '../../test/examples/open-after-three-visits.js';
import { visits, VISITS_TABLE } from '../../test/examples/visits.js';
import { append, touch } from '../../test/sample-projections.js';
import { opportunity, type Opportunity, type OpportunityEvent } from '../domain/opportunity.js';
import { Refused } from '../domain/refused.js';
import type { Append, AppendResult, EventStore } from '../event-store/event-store.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { BatchFailed } from './batch-transaction.js';
import { decidingReactor, type Subject } from './decisions.js';
import { SubscriptionRunner } from './runner.js';
import type { Reactor } from './subscription.js';

Logger.overrideLogger(false);

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(VISITS_TABLE);
});
afterAll(() => db.drop());
beforeEach(startOver);

async function startOver(): Promise<void> {
  await db.pool.query(
    'TRUNCATE touchline.projection, touchline.dead_letter, touchline.projection_runner; DELETE FROM touchline.example_visit',
  );
}

/** Before it reaches the log, or after it is there and before the checkpoint moves. */
type Moment = 'before' | 'after';
const CRASH = Object.assign(new Error('the process is gone'), { code: 'ECONNRESET' });

/** A log that is interrupted around some appends; `around` is called with the number of each. */
function interrupted(
  log: MemoryEventStore,
  around: (moment: Moment, nth: number) => void | Promise<void>,
): EventStore {
  let nth = 0;
  const appendAround = async (batch: readonly Append[]): Promise<readonly AppendResult[]> => {
    const mine = (nth += 1);
    await around('before', mine);
    const results = await log.append(batch);
    await around('after', mine);
    return results;
  };
  return new Proxy(log, {
    get: (target, name) => {
      if (name === 'append') return appendAround;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

interface Life {
  readonly visitors: readonly number[];
  readonly largestBatch: number;
  readonly crash: { readonly moment: Moment; readonly nth: number } | null;
  readonly rebuilds: readonly string[];
}

/** From a start to a crash, or until everything is decided. */
async function live(log: MemoryEventStore, rebuild: Reactor['rebuild'], life: Life): Promise<void> {
  await append(log, life.visitors.map((person) => touch([`user:u-${person}`]))); // prettier-ignore
  const store = interrupted(log, (moment, nth) => {
    if (moment === life.crash?.moment && nth === life.crash.nth) throw CRASH;
  });
  const reactor = openAfterThreeVisits(rebuild);
  const subscriptions = [visits, reactor];
  const runner = new SubscriptionRunner({
    pool: db.pool,
    store,
    subscriptions,
    largestBatch: life.largestBatch,
  });
  for (const name of life.rebuilds)
    if (name === visits.name || rebuild === 'allowed') await runner.rebuild(name);
  try {
    await runner.catchUp();
  } catch (error) {
    if (!(error instanceof BatchFailed) || error.cause !== CRASH) throw error;
  }
  await runner.stop();
}

const life = fc.record<Life>({
  visitors: fc.array(fc.nat(4), { maxLength: 25 }),
  largestBatch: fc.constantFrom(1, 2, 7, 5_000),
  crash: fc.option(
    fc.record({ moment: fc.constantFrom<Moment>('before', 'after'), nth: fc.integer({ min: 1, max: 5 }) }),
  ),
  rebuilds: fc.subarray([visits.name, openAfterThreeVisits().name]),
});

test('each decision is in the log once, however the log is cut, whatever crashes and is rebuilt', async () => {
  let decided = 0;
  const property = fc.asyncProperty(
    fc.array(life, { minLength: 1, maxLength: 5 }),
    fc.constantFrom<Reactor['rebuild'][]>('never', 'allowed'),
    async (lives, rebuild) => {
      await startOver();
      const log = new MemoryEventStore();
      for (const each of lives) await live(log, rebuild, each);
      await live(log, rebuild, { visitors: [], largestBatch: 5_000, crash: null, rebuilds: [] });
      const events = await log.readAll(0n, 10_000);
      expect(decisionsIn(events)).toEqual(decisionsWanted(events));
      decided += decisionsIn(events).length;
    },
  );
  await fc.assert(property, { numRuns: Number(process.env['LAW_RUNS'] ?? 20), endOnFailure: true });
  expect(decided).toBeGreaterThan(0);
}, 300_000);

test('a process that was frozen before its append and wakes up after another took over decides nothing twice', async () => {
  const log = new MemoryEventStore();
  await append(
    log,
    Array.from({ length: 9 }, () => touch(['user:u-1'])),
  );
  let thaw = (): void => undefined;
  let freeze = (): void => undefined;
  const isFrozen = new Promise<void>((resolve) => (freeze = resolve));
  const isThawed = new Promise<void>((resolve) => (thaw = resolve));
  const store = interrupted(log, async (moment, nth) => {
    if (moment !== 'before' || nth !== 2) return;
    freeze();
    await isThawed;
  });
  const options = { pool: db.pool, subscriptions: [visits, openAfterThreeVisits()], leaseMs: 300 };
  const frozen = new SubscriptionRunner({ ...options, store });
  const outcome = frozen.catchUp().then(
    () => 'caught up',
    (error: unknown) => error,
  );
  await isFrozen;
  const second = new SubscriptionRunner({ ...options, store: log });
  await second.catchUp();
  const before = await log.readAll(0n, 100);
  thaw();
  expect(await outcome).toMatchObject({ fault: 'outage' });
  await Promise.all([frozen.stop(), second.stop()]);

  expect(await log.readAll(0n, 100)).toEqual(before);
  expect(decisionsIn(before)).toEqual(decisionsWanted(before));
});

test('a rule that refuses a second decision on its stream is not asked again after a crash', async () => {
  const log = new MemoryEventStore();
  await append(
    log,
    Array.from({ length: 3 }, () => touch(['user:u-1'])),
  );
  const rule = decidingReactor<Subject, Opportunity, OpportunityEvent>({
    ...{ name: 'strict', version: 1, after: [], startFrom: 'beginning', rebuild: 'never' },
    handles: ['TouchpointRecorded'],
    decider: opportunity,
    load: (batch) => Promise.resolve(batch.map(({ position }) => ({ stream: `opportunity-${position}` }))),
    decide({ occurredAt }, _, state) {
      if (state.opening) throw new Refused('already-open', 'It is open');
      return { type: 'OpportunityOpened', occurredAt, data: { opportunityId: 'o', currency: 'EUR' } };
    },
  });
  const store = interrupted(log, (moment, nth) => {
    if (moment === 'after' && nth === 2) throw CRASH;
  });
  const crashing = new SubscriptionRunner({ pool: db.pool, store, subscriptions: [rule] });
  await expect(crashing.catchUp()).rejects.toMatchObject({ fault: 'outage' });
  await crashing.stop();
  const next = new SubscriptionRunner({ pool: db.pool, store: log, subscriptions: [rule] });
  await next.catchUp();
  await next.stop();
  expect(await log.head()).toBe(6n);
  expect((await db.pool.query('SELECT FROM touchline.dead_letter')).rowCount).toBe(0);
});

test('a log that is away is waited for, and no event becomes a dead letter', async () => {
  const log = new MemoryEventStore();
  await append(
    log,
    Array.from({ length: 3 }, () => touch(['user:u-1'])),
  );
  await log.close();
  const subscriptions = [visits, openAfterThreeVisits()];
  const runner = new SubscriptionRunner({ pool: db.pool, store: log, subscriptions });
  await expect(runner.catchUp()).rejects.toMatchObject({ fault: 'outage' });
  expect((await db.pool.query('SELECT FROM touchline.dead_letter')).rowCount).toBe(0);
  await runner.stop();
});

test('a decision names the event that it was taken on', async () => {
  const log = new MemoryEventStore();
  const cause = { ...touch(['user:u-1']), correlationId: 'visit-3' };
  await append(log, [touch(['user:u-1']), touch(['user:u-1']), cause]);
  const runner = new SubscriptionRunner({ pool: db.pool, store: log, subscriptions: [visits, openAfterThreeVisits()] }); // prettier-ignore
  await runner.catchUp();
  await runner.stop();
  expect(await log.readStream('main', 'opportunity-user:u-1')).toMatchObject([
    { type: 'OpportunityOpened', causationId: cause.id, correlationId: 'visit-3', version: 1 },
  ]);
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type pg from 'pg';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import {
  append,
  seen,
  tally,
  forgetTallies,
  tallyTables,
  touch,
  touches,
} from '../../test/sample-projections.js';
import { recorder } from '../../test/sample-reactors.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { readCheckpoints } from './read-checkpoints.js';
import { readDeadLetters } from './dead-letters.js';
import { rebuild } from './rebuild.js';
import { Registry } from './registry.js';
import { SubscriptionRunner } from './runner.js';
import type { Subscription } from './subscription.js';

Logger.overrideLogger(false);

let db: TestDatabase;
let store: MemoryEventStore;
let runners: SubscriptionRunner[];

beforeAll(async () => {
  db = await testDatabase({ max: 20 });
  await tallyTables(db.pool, 'alpha', 'beta');
});
afterAll(() => db.drop());
beforeEach(async () => {
  store = new MemoryEventStore();
  runners = [];
  await forgetTallies(db.pool, 'alpha', 'beta');
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  await store.close();
});

function runner(...subscriptions: readonly Subscription[]): SubscriptionRunner {
  const made = new SubscriptionRunner({ pool: db.pool, store, subscriptions, largestBatch: 7 });
  runners.push(made);
  return made;
}

const range = (from: number, to: number): bigint[] =>
  Array.from({ length: to - from + 1 }, (_, index) => BigInt(from + index));

/** A pool that, once it was asked how far `name` is, lets nobody begin a transaction before `begin()`. */
function heldBeforeBegin(name: string) {
  let asked = false;
  let begin = (): void => undefined;
  let arrive = (): void => undefined;
  const isAboutToBegin = new Promise<void>((resolve) => (arrive = resolve));
  const mayBegin = new Promise<void>((resolve) => (begin = resolve));
  const pool = Object.create(db.pool) as pg.Pool;
  const query = (statement: string | pg.QueryConfig, values?: unknown[]): unknown => {
    const given = typeof statement === 'string' ? values : statement.values;
    asked ||= JSON.stringify(given) === JSON.stringify([[name]]);
    return db.pool.query(statement, values);
  };
  const connect = async (): Promise<pg.PoolClient> => {
    if (asked) {
      arrive();
      await mayBegin;
    }
    return db.pool.connect();
  };
  Object.assign(pool, { query, connect });
  return { pool, isAboutToBegin, begin };
}

describe('startFrom', () => {
  test('a reactor that starts from the beginning is given the events from before it', async () => {
    const effects: bigint[] = [];
    await append(store, touches(10));
    await runner(recorder('react', effects)).catchUp();
    expect(effects).toEqual(range(1, 10));
  });

  test('a reactor that starts from the head is given only what comes after, and starts over from there', async () => {
    const effects: bigint[] = [];
    const live = runner(recorder('react', effects, { startFrom: 'head', rebuild: 'allowed' }));
    await append(store, touches(10));
    await live.catchUp();
    expect(await readCheckpoints(db.pool)).toMatchObject([
      { position: 10n, status: 'running', rebuildTo: null },
    ]);
    await append(store, touches(5));
    await live.catchUp();
    expect(effects).toEqual(range(11, 15));

    await live.rebuild('react');
    await live.catchUp();
    expect(effects.slice(5)).toEqual(range(11, 15));
    expect(await readCheckpoints(db.pool)).toMatchObject([
      { position: 15n, status: 'running', rebuildTo: null },
    ]);
  });

  test('a projection that starts from the head has rows only of what comes after', async () => {
    await append(store, touches(10));
    const live = runner({ ...tally('alpha'), startFrom: 'head' });
    await live.catchUp();
    await append(store, touches(5));
    await live.catchUp();
    await live.rebuild('alpha');
    await live.catchUp();
    expect(await seen(db.pool, 'alpha')).toBe(5);
  });
});

describe('rebuild: never', () => {
  test.each([
    ['reactor', () => recorder('alpha', [])],
    ['projection', () => ({ ...tally('alpha'), rebuild: 'never' as const })],
  ])('a %s is not rebuilt by command', async (_, make) => {
    await append(store, touches(10));
    const live = runner(make());
    await live.catchUp();
    await expect(live.rebuild('alpha')).rejects.toMatchObject({ code: 'rebuild-not-allowed' });
    expect(await readCheckpoints(db.pool)).toMatchObject([{ position: 10n, status: 'running' }]);
  });

  test('a reactor whose version is raised goes on from its checkpoint, and the old version stops', async () => {
    const effects: bigint[] = [];
    const old = runner(recorder('react', effects));
    await append(store, touches(10));
    await old.catchUp();
    const raised = runner(recorder('react', effects, { version: 2 }));
    await raised.catchUp();
    await append(store, touches(5));
    old.start();
    await raised.catchUp();
    expect(effects).toEqual(range(1, 15));
    expect(await readCheckpoints(db.pool)).toMatchObject([{ version: 2, position: 15n }]);
  });

  test('a rebuild of the rows that a reactor reads repeats no effect, and the reactor always finds them', async () => {
    const effects: bigint[] = [];
    const rowsThen: number[] = [];
    const check = async (): Promise<void> => {
      rowsThen.push(await seen(db.pool, 'alpha'));
    };
    const live = runner(tally('alpha'), recorder('react', effects, { after: ['alpha'], check }));
    await append(store, touches(20));
    await live.catchUp();
    expect(await live.rebuild('alpha')).toEqual(['alpha']);
    await append(store, touches(10));
    await live.catchUp();
    expect(effects).toEqual(range(1, 30));
    expect(Math.min(...rowsThen.slice(20))).toBeGreaterThanOrEqual(27);
  });

  test('a reactor that was about to read rows when a rebuild replaced them finds them all', async () => {
    const counted: number[] = [];
    const check = async (): Promise<void> => {
      counted.push(await seen(db.pool, 'alpha'));
    };
    const alpha = tally('alpha');
    const subscriptions = [alpha, recorder('react', [], { after: ['alpha'], check })];
    await append(store, touches(7));
    const projecting = new SubscriptionRunner({ pool: db.pool, store, subscriptions, runs: [alpha] });
    runners.push(projecting);
    await projecting.catchUp();

    const { pool, isAboutToBegin, begin } = heldBeforeBegin('alpha');
    const reacting = new SubscriptionRunner({ pool, store, subscriptions, runs: subscriptions.slice(1) });
    runners.push(reacting);
    const caughtUp = reacting.catchUp();
    await isAboutToBegin;
    await rebuild(db.pool, new Registry(subscriptions).rebuildPlan([alpha]), await store.head());
    await projecting.catchUp();
    begin();
    await caughtUp;
    expect(counted).toEqual(Array(7).fill(7));
  });
});

describe('after', () => {
  test('a reactor never passes a projection, nor a projection a reactor', async () => {
    const effects: bigint[] = [];
    const tooEarly: bigint[] = [];
    const check = async ({ position }: { readonly position: bigint }): Promise<void> => {
      const { rowCount } = await db.pool.query('SELECT FROM touchline.alpha_seen WHERE position = $1', [
        String(position),
      ]);
      if (rowCount !== 1) tooEarly.push(position);
    };
    const last: Subscription = {
      ...tally('beta', {
        check: ({ position }) => {
          if (!effects.includes(position)) tooEarly.push(position);
        },
      }),
      after: ['react'],
    };
    const live = runner(last, recorder('react', effects, { after: ['alpha'], check }), tally('alpha'));
    live.start();
    for (let round = 0; round < 10; round += 1) await append(store, touches(20));
    await live.catchUp();
    expect(tooEarly).toEqual([]);
    expect([effects.length, await seen(db.pool, 'beta')]).toEqual([200, 200]);
  });

  test('a runner moves what it is told to, and waits for what others move', async () => {
    const effects: bigint[] = [];
    const subscriptions = [tally('alpha'), recorder('react', effects, { after: ['alpha'] })];
    const [projections, reactors] = [subscriptions.slice(0, 1), subscriptions.slice(1)];
    const options = { pool: db.pool, store, subscriptions };
    const reacting = new SubscriptionRunner({ ...options, runs: reactors });
    const projecting = new SubscriptionRunner({ ...options, runs: projections });
    runners.push(reacting, projecting);
    await append(store, touches(10));
    reacting.start();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(effects).toEqual([]);
    await projecting.catchUp();
    await reacting.catchUp();
    expect(effects).toEqual(range(1, 10));
    // Commands reach all, whoever moves it.
    expect(await reacting.rebuild('alpha')).toEqual(['alpha']);
    await projecting.catchUp();
    expect(await readCheckpoints(db.pool)).toMatchObject([{ status: 'running' }, { status: 'running' }]);
  });
});

test('an event that a reactor cannot handle becomes a dead letter and is retried alone', async () => {
  const effects: bigint[] = [];
  let poisoned = true;
  const check = ({ position }: { readonly position: bigint }): void => {
    if (poisoned && position === 4n) throw new TypeError('poison');
  };
  await append(store, [...touches(3), touch(['user:sick']), touch(['user:sick']), ...touches(3)]);
  const live = runner(recorder('react', effects, { check }));
  await live.catchUp();
  expect(await readDeadLetters(db.pool, 'react', undefined, 0n, 10)).toMatchObject([
    { position: '4', error: 'TypeError: poison' },
    { position: '5', behind: '4', error: null },
  ]);
  poisoned = false;
  effects.length = 0;
  await live.retryDeadLetters('react');
  expect(effects).toEqual([4n, 5n]);
  expect(await readDeadLetters(db.pool, 'react', undefined, 0n, 10)).toEqual([]);
});

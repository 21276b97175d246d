import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import {
  append,
  counts,
  seen,
  tally,
  forgetTallies,
  tallyTables,
  touch,
  touches,
} from '../../test/sample-projections.js';
import { until } from '../../test/until.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { readCheckpoints } from './read-checkpoints.js';
import { countDeadLetters, readDeadLetters } from './dead-letters.js';
import { PoisonedEvent, type Projection } from './subscription.js';
import { SubscriptionRunner } from './runner.js';

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

function runner(projections: readonly Projection[], options: object = {}): SubscriptionRunner {
  const made = new SubscriptionRunner({ pool: db.pool, store, subscriptions: projections, ...options });
  runners.push(made);
  return made;
}

describe('catching up', () => {
  test('applies every event once and moves the checkpoint with the rows', async () => {
    await append(store, touches(1_234));
    await runner([tally('alpha')], { largestBatch: 100 }).catchUp();
    expect(await seen(db.pool, 'alpha')).toBe(1_234);
    expect(await readCheckpoints(db.pool)).toMatchObject([
      { name: 'alpha', position: 1_234n, status: 'running', rebuildTo: null },
    ]);
  });

  test('comes to its end beside a log that outgrows it, once that stands still', async () => {
    await append(store, touches(400));
    let head = 1_000_000n;
    let looks = 0;
    const knownHead = (): bigint => ((looks += 1) < 8 ? (head += 100_000n) : head);
    const yielding = runner([tally('alpha')], {
      largestBatch: 100,
      yieldsToCollectors: { knownHead, servingLoad: () => 1 },
    });
    yielding.start();
    await yielding.catchUp();
    expect(await seen(db.pool, 'alpha')).toBe(400);
    expect(looks).toBeGreaterThanOrEqual(8); // it did wait for the log to stand still
  });

  test('a batch that takes so long between two statements that the server ends its session is tried smaller', async () => {
    await append(store, touches(400));
    const slow = runner([tally('alpha', { check: () => sleep(1) })], { leaseMs: 100 });
    slow.start();
    expect(await until(async () => (await seen(db.pool, 'alpha')) === 400, 20_000)).toBe(true);
  });

  test('moves on over events nobody handles', async () => {
    await store.record([
      {
        workspace: 'main',
        stream: 'account-acme',
        event: { ...touch([]), type: 'AccountObserved', data: { accountId: 'acme' } },
      },
    ]);
    await runner([tally('alpha')]).catchUp();
    expect(await readCheckpoints(db.pool)).toMatchObject([{ position: 1n }]);
  });

  test('a projection that defers work is told which batches are behind, and is called while it has some left when nothing waits', async () => {
    await append(store, touches(200));
    const ranges: (readonly [upTo: number, behind: boolean | undefined])[] = [];
    const alpha = tally('alpha');
    const deferring: Projection = {
      ...alpha,
      defers: () => Promise.resolve(ranges.length < 3),
      apply: (batch, tx, range) => {
        ranges.push([Number(range.upTo), range.behind]);
        return alpha.apply(batch, tx, range);
      },
    };
    const running = runner([deferring], { largestBatch: 100 });
    await running.catchUp();
    await append(store, touches(1));
    await running.catchUp();
    expect(ranges).toEqual([
      [100, true],
      [200, true],
      [200, false],
      [201, false],
    ]);
  });

  test('a batch that fails leaves no rows', async () => {
    await append(store, touches(10));
    const away = Object.assign(new Error('terminating connection'), { code: '57P01' });
    const failing = tally('alpha', { written: () => Promise.reject(away) });
    const first = runner([failing]);
    await expect(first.catchUp()).rejects.toMatchObject({ fault: 'outage' });
    await first.stop();
    expect(await seen(db.pool, 'alpha')).toBe(0);
    await runner([tally('alpha')]).catchUp();
    expect(await seen(db.pool, 'alpha')).toBe(10);
  });

  test('the next page is read while one is applied, and none is lost or read twice', async () => {
    await append(store, touches(2_000));
    const happened: string[] = [];
    const readPage = store.readPage.bind(store);
    store.readPage = (after, limit, types) => {
      happened.push(`read after ${after}`);
      return readPage(after, limit, types);
    };
    const told = tally('alpha', { written: (upTo) => void happened.push(`written ${upTo}`) });
    await runner([told], { largestBatch: 500 }).catchUp();
    expect(await seen(db.pool, 'alpha')).toBe(2_000);
    expect(happened).toEqual([
      'read after 0',
      'read after 500',
      'written 500',
      'read after 1000',
      'written 1000',
      'read after 1500',
      'written 1500',
      'read after 2000',
      'written 2000',
    ]);
  });
});

describe('running', () => {
  test('sees appends of this process without being told', async () => {
    const live = runner([tally('alpha')]);
    live.start();
    await append(store, touches(1));
    await live.catchUp();
    await append(store, touches(1));
    expect(await until(async () => (await seen(db.pool, 'alpha')) === 2, 10_000)).toBe(true);
  });

  test('never passes the projections whose rows it reads', async () => {
    const slow = tally('alpha', { written: () => new Promise((resolve) => setTimeout(resolve, 5)) });
    const reader = tally('beta', { after: ['alpha'] });
    const live = runner([reader, slow], { largestBatch: 50 });
    live.start();
    for (let round = 0; round < 20; round += 1) await append(store, touches(100));
    await live.catchUp();
    expect(await counts(db.pool, 'beta')).toEqual(await counts(db.pool, 'alpha'));
    expect((await countDeadLetters(db.pool)).size).toBe(0);
  });

  test('projections that wait for each other are refused', () => {
    const circle = [tally('alpha', { after: ['beta'] }), tally('beta', { after: ['alpha'] })];
    expect(() => new SubscriptionRunner({ pool: db.pool, store, subscriptions: circle })).toThrow(
      'alpha, beta',
    );
  });
});

describe('leases', () => {
  test('a second runner takes over when the lease is past, and the first can write nothing more', async () => {
    await append(store, touches(10));
    let thaw = (): void => undefined;
    let frozen = (): void => undefined;
    const isFrozen = new Promise<void>((resolve) => (frozen = resolve));
    const freezing = tally('alpha', {
      written: () => {
        frozen();
        return new Promise<void>((resolve) => (thaw = resolve));
      },
    });
    const late = runner([freezing], { leaseMs: 300 }).catchUp();
    const outcome = late.then(
      () => 'caught up',
      (error: unknown) => error,
    );
    await isFrozen;
    await runner([tally('alpha')], { leaseMs: 300 }).catchUp();
    expect(await seen(db.pool, 'alpha')).toBe(10);
    thaw();
    // The server has ended the frozen session; the late runner then finds everything done.
    expect(await outcome).toMatchObject({ fault: 'outage' });
    expect(await seen(db.pool, 'alpha')).toBe(10);
    expect(await counts(db.pool, 'alpha')).toEqual(
      Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`user:u-${index}`, 1])),
    );
  });

  test.each(['check', 'written'] as const)('one that wakes up late (%s) writes nothing', async (moment) => {
    await append(store, touches(10));
    let thaw = (): void => undefined;
    let freeze: Promise<void> | undefined;
    const isFrozen = new Promise<void>((frozen) => {
      const wait = (): Promise<void> =>
        (freeze ??= new Promise((resolve) => {
          thaw = resolve;
          frozen();
        }));
      const late = runner([tally('alpha', { [moment]: wait })]);
      late.start();
    });
    await isFrozen;
    await db.pool.query(`UPDATE touchline.projection SET lease_until = clock_timestamp() - interval '1 s'`);
    const next = runner([tally('alpha')]).catchUp();
    await new Promise((done) => setTimeout(done, 100));
    thaw();
    await next;
    await append(store, touches(3));
    await runners[1]?.catchUp();
    expect(await seen(db.pool, 'alpha')).toBe(13);
    expect((await countDeadLetters(db.pool)).size).toBe(0);
  });

  test('two runners take a fair share each', async () => {
    const both = () => [tally('alpha'), tally('beta')];
    const one = runner(both(), { leaseMs: 600 });
    one.start();
    await append(store, touches(5));
    await one.catchUp();
    const two = runner(both(), { leaseMs: 600 });
    two.start();
    const owners = async (): Promise<number> =>
      new Set((await readCheckpoints(db.pool)).flatMap(({ owner }) => owner ?? [])).size;
    expect(await until(async () => (await owners()) === 2, 10_000)).toBe(true);
    await append(store, touches(500));
    await Promise.all([one.catchUp(), two.catchUp()]);
    expect(await seen(db.pool, 'alpha')).toBe(505);
    expect(await seen(db.pool, 'beta')).toBe(505);
  });

  test('what one leaves the other takes at once', async () => {
    const one = runner([tally('alpha')]);
    one.start();
    await append(store, touches(5));
    await one.catchUp();
    await one.stop();
    const two = runner([tally('alpha')]);
    two.start();
    await append(store, touches(5));
    await two.catchUp();
    expect(await seen(db.pool, 'alpha')).toBe(10);
  });
});

describe('a failing event', () => {
  const poisoned = (flag: { on: boolean }): Projection =>
    tally('alpha', {
      check: (event) => {
        if (flag.on && event.type === 'TouchpointRecorded' && event.data.properties?.poison)
          throw new TypeError('poison');
      },
    });

  test('becomes a dead letter with what shares its keys, and the rest goes on', async () => {
    const flag = { on: true };
    await append(store, touches(700));
    await append(store, [touch(['user:sick', 'anonymous:a-1'], { poison: true })]);
    await append(store, [touch(['anonymous:a-1', 'email:sick@x.example'])]);
    await append(store, [touch(['email:sick@x.example'])]);
    await append(store, [touch(['user:well'])]);
    await append(store, [touch(['user:sick'])], 'other');
    await append(store, touches(700));
    const live = runner([poisoned(flag)]);
    await live.catchUp();
    expect(await seen(db.pool, 'alpha')).toBe(1_402);
    expect(await readDeadLetters(db.pool, 'alpha', 'main', 0n, 10)).toMatchObject([
      { position: '701', behind: null, error: 'TypeError: poison', attempts: 1 },
      { position: '702', behind: '701', error: null, attempts: 0 },
      { position: '703', behind: '702', error: null, attempts: 0 },
    ]);
    expect(await readDeadLetters(db.pool, 'alpha', 'other', 0n, 10)).toEqual([]);

    await append(store, [touch(['email:sick@x.example'])]);
    await live.catchUp();
    expect(await countDeadLetters(db.pool)).toEqual(new Map([['alpha', 4]]));

    expect(await live.retryDeadLetters('alpha', 'main')).toBe(4);
    expect(await readDeadLetters(db.pool, 'alpha', 'main', 0n, 1)).toMatchObject([{ attempts: 2 }]);

    flag.on = false;
    await live.retryDeadLetters('alpha', 'other');
    expect(await countDeadLetters(db.pool)).toEqual(new Map([['alpha', 4]]));
    await live.retryDeadLetters('alpha', 'main');
    expect((await countDeadLetters(db.pool)).size).toBe(0);
    expect(await seen(db.pool, 'alpha')).toBe(1_406);
    await append(store, [touch(['user:sick'])]);
    await live.catchUp();
    expect(await seen(db.pool, 'alpha')).toBe(1_407);
  });

  test('that the projection names itself is a dead letter under the keys it gives', async () => {
    await append(store, touches(3));
    const naming = tally('alpha', {
      check: (event) => {
        if (event.position === 2n) throw new PoisonedEvent(event, ['lead:l-1'], { cause: new Error('no') });
      },
    });
    await runner([naming]).catchUp();
    expect(await readDeadLetters(db.pool, 'alpha', 'main', 0n, 10)).toMatchObject([
      { position: '2', keys: ['user:u-1', 'lead:l-1'], error: 'Error: no' },
    ]);
  });

  test('healing it rebuilds the projections that have passed it', async () => {
    const flag = { on: true };
    await append(store, [touch(['user:a']), touch(['user:b'], { poison: true }), touch(['user:c'])]);
    // Reads rows of alpha, whatever is there.
    const reader: Projection = {
      ...tally('beta'),
      after: ['alpha'],
      handles: [],
      apply: async (_, tx, { after, upTo }) => {
        await tx.query(
          'INSERT INTO beta_seen SELECT position FROM alpha_seen WHERE position > $1 AND position <= $2',
          [String(after), String(upTo)],
        );
      },
    };
    const live = runner([poisoned(flag), reader]);
    await live.catchUp();
    expect(await seen(db.pool, 'beta')).toBe(2);
    flag.on = false;
    await live.retryDeadLetters('alpha');
    await live.catchUp();
    expect(await seen(db.pool, 'beta')).toBe(3);
  });

  test('a failure over rows that no event brings is left out, shown, and mended by a rebuild', async () => {
    let broken = true;
    const derived: Projection = {
      ...tally('alpha'),
      handles: [],
      apply: (_, __, { after, upTo }) =>
        broken && after < 5n && upTo >= 5n ? Promise.reject(new Error('at five')) : Promise.resolve(),
    };
    await append(store, touches(10));
    const live = runner([derived]);
    await live.catchUp();
    expect(await readDeadLetters(db.pool, 'alpha', 'main', 0n, 10)).toMatchObject([
      { position: '5', overtaken: true, error: 'Error: at five' },
    ]);
    broken = false;
    await live.retryDeadLetters('alpha', 'main');
    await live.catchUp();
    expect((await countDeadLetters(db.pool)).size).toBe(0);
    expect(await readCheckpoints(db.pool)).toMatchObject([{ position: 10n, status: 'running' }]);
  });

  test('a missing table is nobody’s fault: there is no dead letter, the projection says why it stands', async () => {
    await append(store, touches(3));
    const lost = tally('alpha', {
      written: () => Promise.reject(Object.assign(new Error('no such table'), { code: '42P01' })),
    });
    const live = runner([lost]);
    live.start();
    const status = async () => (await readCheckpoints(db.pool))[0];
    await until(async () => (await status())?.status === 'failed', 5_000);
    expect(await status()).toMatchObject({ status: 'failed', position: 0n });
    expect((await status())?.error).toContain('no such table');
    expect((await countDeadLetters(db.pool)).size).toBe(0);
  });
});

describe('rebuilding', () => {
  test('gives the rows that running gave, for readers too', async () => {
    await append(store, touches(300));
    const live = runner([tally('alpha'), tally('beta', { after: ['alpha'] })], { largestBatch: 37 });
    await live.catchUp();
    const before = [await counts(db.pool, 'alpha'), await counts(db.pool, 'beta')];
    await db.pool.query(`UPDATE touchline.alpha_count SET events = 0; DELETE FROM touchline.beta_count`);
    expect(await live.rebuild('alpha')).toEqual(['alpha', 'beta']);
    expect(await readCheckpoints(db.pool)).toMatchObject([
      { name: 'alpha', status: 'rebuilding', rebuildTo: null, rebuild: { position: 0n, target: 300n } },
      { name: 'beta', status: 'rebuilding', rebuildTo: null, rebuild: { position: 0n, target: 300n } },
    ]);
    await live.catchUp();
    expect([await counts(db.pool, 'alpha'), await counts(db.pool, 'beta')]).toEqual(before);
    expect(await readCheckpoints(db.pool)).toMatchObject([{ status: 'running' }, { status: 'running' }]);
  });

  test('while running', async () => {
    const live = runner([tally('alpha'), tally('beta', { after: ['alpha'] })], { largestBatch: 20 });
    live.start();
    for (let round = 0; round < 10; round += 1) {
      await append(store, touches(100));
      if (round % 3 === 1) await live.rebuild(round % 2 ? 'alpha' : 'beta');
    }
    await live.catchUp();
    expect(await seen(db.pool, 'alpha')).toBe(1_000);
    expect(await counts(db.pool, 'beta')).toEqual(await counts(db.pool, 'alpha'));
  });

  test('happens by itself when the version in the code is raised, and older code leaves it alone', async () => {
    await append(store, touches(20));
    const old = runner([tally('alpha')]);
    await old.catchUp();
    await db.pool.query('UPDATE touchline.alpha_count SET events = 0');
    await runner([tally('alpha', { version: 2 })]).catchUp();
    expect(Object.values(await counts(db.pool, 'alpha'))).toEqual(Array(10).fill(2));
    expect(await readCheckpoints(db.pool)).toMatchObject([{ version: 2, status: 'running' }]);
    old.start();
    await append(store, touches(1));
    await new Promise((done) => setTimeout(done, 200));
    expect(await readCheckpoints(db.pool)).toMatchObject([{ version: 2, position: 20n }]);
  });

  test('an unknown name is refused', async () => {
    await expect(runner([tally('alpha')]).rebuild('alhpa')).rejects.toMatchObject({
      code: 'projection-not-found',
    });
  });
});

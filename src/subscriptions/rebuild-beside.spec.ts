import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import {
  append,
  counts,
  forgetTallies,
  seen,
  tally,
  tallyTables,
  touch,
  touches,
  type TallyOptions,
} from '../../test/sample-projections.js';
import { recorder } from '../../test/sample-reactors.js';
import { until } from '../../test/until.js';
import { withClient } from '../database/client.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { Freshness } from './api/freshness.js';
import { readDeadLetters } from './dead-letters.js';
import { type Checkpoint, readCheckpoints } from './read-checkpoints.js';
import { SubscriptionRunner } from './runner.js';
import { Signal } from './signal.js';
import type { Projection, Subscription } from './subscription.js';

Logger.overrideLogger(false);

let db: TestDatabase;
let store: MemoryEventStore;
let runners: SubscriptionRunner[];
let freshness: Freshness;

beforeAll(async () => {
  db = await testDatabase({ max: 20 });
  await tallyTables(db.pool, 'alpha', 'beta');
  freshness = new Freshness(db.pool, new Signal());
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
  const made = new SubscriptionRunner({ pool: db.pool, store, subscriptions, largestBatch: 50 });
  runners.push(made);
  return made;
}

const checkpointOf = async (name: string): Promise<Checkpoint | undefined> =>
  (await readCheckpoints(db.pool, [name]))[0];
const isRebuilt = async (name: string): Promise<boolean> => (await checkpointOf(name))?.rebuild === null;

/** A projection whose batches in builds beside the live one, all but those of position 0, wait until they are let go. */
function held(options: TallyOptions = {}, name = 'alpha') {
  let letGo = (): void => undefined;
  const free = new Promise<void>((resolve) => (letGo = resolve));
  const plain = tally(name, options);
  const projection: Projection = {
    ...plain,
    async apply(batch, tx, range) {
      const { rows } = await tx.query<{ isNext: boolean }>(
        `SELECT NOT is_live AS "isNext" FROM touchline.build_schema WHERE name = current_schema()`,
      );
      if (rows[0]?.isNext && range.after > 0n) await free;
      await plain.apply(batch, tx, range);
    },
  };
  return { projection, letGo };
}

describe('while a read model is rebuilt', () => {
  test('the live rows go on, are answered from, and progress is shown', async () => {
    const { projection, letGo } = held();
    await append(store, touches(200));
    const live = runner(projection);
    live.start();
    await live.catchUp();
    await live.rebuild('alpha');
    expect(await until(async () => (await checkpointOf('alpha'))?.rebuild?.position === 50n, 10_000)).toBe(
      true,
    );

    await append(store, touches(100));
    expect(await until(async () => (await freshness.asOf(['alpha'])) === 300n, 10_000)).toBe(true);
    expect(await seen(db.pool, 'alpha')).toBe(300);
    expect(await checkpointOf('alpha')).toMatchObject({
      status: 'rebuilding',
      rebuildTo: null,
      rebuild: { version: 1, position: 50n, target: 300n, error: null },
    });
    letGo();
    await live.catchUp();
    expect(await checkpointOf('alpha')).toMatchObject({ status: 'running', comparison: { isSame: true } });
    expect(await seen(db.pool, 'alpha')).toBe(300);
  });

  test('the live rows are not paused before the new ones have nearly reached them, however short the log', async () => {
    const { projection, letGo } = held();
    await append(store, touches(200));
    const live = runner(projection, tally('beta', { after: ['alpha'] }));
    live.start();
    await live.catchUp();
    const epochs = async () =>
      (await db.pool.query('SELECT name, epoch FROM touchline.projection WHERE is_live ORDER BY name')).rows;
    const before = await epochs();
    await live.rebuild('alpha');
    expect(await until(async () => (await checkpointOf('beta'))?.rebuild?.position === 50n, 10_000)).toBe(
      true,
    );
    for (let look = 1; look <= 10; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await epochs()).toEqual(before);
    }
    letGo();
    await live.catchUp();
    expect(await seen(db.pool, 'beta')).toBe(200);
  });

  test('its rate and the time left are measured by the database, for every process to tell', async () => {
    await append(store, touches(600));
    const slow = tally('alpha', { written: () => new Promise((resolve) => setTimeout(resolve, 300)) });
    const live = runner(slow);
    await live.catchUp();
    await live.rebuild('alpha');
    live.start();
    const isMeasured = async () => ((await checkpointOf('alpha'))?.rebuild?.rate ?? 0) > 0;
    expect(await until(isMeasured, 20_000)).toBe(true);
    expect((await checkpointOf('alpha'))?.rebuild?.secondsLeft).toBeGreaterThanOrEqual(0);
  });

  test('a build that cannot go on says why, and the live rows go on', async () => {
    await append(store, touches(10));
    await runner(tally('alpha')).catchUp();
    const lost = tally('alpha', {
      version: 2,
      written: () => Promise.reject(Object.assign(new Error('no such table'), { code: '42P01' })),
    });
    const old = runner(tally('alpha'));
    old.start();
    runner(lost).start();
    const error = async () => (await checkpointOf('alpha'))?.rebuild?.error ?? '';
    expect(await until(async () => (await error()).includes('no such table'), 10_000)).toBe(true);
    await append(store, touches(10));
    expect(await until(async () => (await freshness.asOf(['alpha'])) === 20n, 10_000)).toBe(true);
    expect(await checkpointOf('alpha')).toMatchObject({ version: 1, status: 'rebuilding', error: null });
  });

  test('a second request starts it again, and one for what it reads takes it along', async () => {
    const alpha = held();
    const live = runner(alpha.projection, tally('beta', { after: ['alpha'] }));
    await append(store, touches(200));
    live.start();
    await live.catchUp();
    await live.rebuild('beta');
    await live.rebuild('alpha');
    await live.rebuild('beta');
    alpha.letGo();
    await live.catchUp();
    expect([await seen(db.pool, 'alpha'), await seen(db.pool, 'beta')]).toEqual([200, 200]);
    const settled = async () =>
      (await db.pool.query('SELECT FROM touchline.build_schema WHERE NOT is_live')).rowCount === 0;
    expect(await until(settled, 10_000)).toBe(true);
  });
});

describe('a reactor', () => {
  test('that may be rebuilt starts over once the rows that it reads are replaced, and not before', async () => {
    const effects: bigint[] = [];
    const { projection, letGo } = held();
    const react = recorder('react', effects, { after: ['alpha'], rebuild: 'allowed' });
    await append(store, touches(100));
    const live = runner(projection, react);
    live.start();
    await live.catchUp();
    expect(await live.rebuild('alpha')).toEqual(['alpha', 'react']);
    expect(await until(async () => (await checkpointOf('alpha'))?.rebuild?.position === 50n, 10_000)).toBe(
      true,
    );
    await append(store, touches(10));
    expect(await until(() => Promise.resolve(effects.length === 110), 10_000)).toBe(true);
    letGo();
    expect(await until(() => Promise.resolve(effects.length === 220), 20_000)).toBe(true);
    expect(effects.slice(110)).toEqual(effects.slice(0, 110));
  });
});

describe('a long query', () => {
  test.each([
    ['that holds the table', 'BEGIN; SELECT FROM touchline.alpha_seen LIMIT 1'],
    [
      'of one snapshot that has not read the table yet',
      'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT now()',
    ],
  ])(
    '%s is answered from the rows it began with; nobody else waits for it',
    async (_, begin) => {
      await append(store, touches(100));
      const live = runner(tally('alpha'));
      live.start();
      await live.catchUp();
      await withClient(db.pool, async (query) => {
        await query.query(begin);
        await live.rebuild('alpha');
        const isLevel = async () => (await checkpointOf('alpha'))?.rebuild?.position === 100n;
        expect(await until(isLevel, 10_000)).toBe(true);
        for (let round = 1; round <= 20; round += 1) {
          await append(store, touches(5));
          expect(await seen(db.pool, 'alpha')).toBeGreaterThanOrEqual(100);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        expect(await until(async () => (await freshness.asOf(['alpha'])) === 200n, 10_000)).toBe(true);
        expect(await isRebuilt('alpha')).toBe(false);
        const { rows } = await query.query<{ count: string }>(
          'SELECT count(*) FROM touchline.alpha_seen WHERE position <= 100',
        );
        expect(rows).toEqual([{ count: '100' }]);
        await query.query('COMMIT');
      });
      expect(await until(() => isRebuilt('alpha'), 60_000)).toBe(true);
      expect(await seen(db.pool, 'alpha')).toBe(200);
    },
    90_000,
  );
});

describe('a raised version', () => {
  test('is built beside the rows of the old one, which processes of the old one move until it takes their place', async () => {
    await append(store, touches(200));
    const old = runner(tally('alpha'));
    old.start();
    await old.catchUp();
    const { projection, letGo } = held({ version: 2 });
    const raised = runner(projection);
    raised.start();
    await append(store, touches(100));
    expect(await until(async () => (await freshness.asOf(['alpha'])) === 300n, 10_000)).toBe(true);
    expect(await checkpointOf('alpha')).toMatchObject({ version: 1, rebuild: { version: 2 } });

    letGo();
    await raised.catchUp();
    expect(await checkpointOf('alpha')).toMatchObject({
      version: 2,
      comparison: { version: 1, isSame: null, tables: [{ rows: 300, rowsBefore: 300 }, {}] },
    });
    await append(store, touches(50));
    await raised.catchUp();
    expect(await seen(db.pool, 'alpha')).toBe(350);
  });

  test('is never written into the rows of the old one, and an old process does not end its build', async () => {
    await append(store, touches(100));
    const old = runner(tally('alpha'));
    await old.catchUp();
    const { projection, letGo } = held({ version: 2 });
    const raised = runner(projection);
    raised.start();
    expect(await until(async () => (await checkpointOf('alpha'))?.rebuild?.position === 50n, 10_000)).toBe(
      true,
    );
    await append(store, touches(1));
    await old.rebuild('alpha');
    expect(await checkpointOf('alpha')).toMatchObject({
      version: 1,
      position: 100n,
      rebuild: { version: 2 },
    });
    letGo();
    await raised.catchUp();
    expect(await checkpointOf('alpha')).toMatchObject({ version: 2, position: 101n });
  });
});

describe('dead letters', () => {
  const poisoned = (isPoisoned: () => boolean) =>
    tally('alpha', {
      check: ({ position }) => {
        if (position === 3n && isPoisoned()) throw new TypeError('poison');
      },
    });
  const deadLetters = async () =>
    (await readDeadLetters(db.pool, 'alpha', undefined, 0n, 10)).map(({ position }) => position);

  test.each([
    ['of the old rows are gone with them when the new ones have the events', true, false, ['3'], []],
    ['of the new rows are shown once these are live', false, true, [], ['3']],
    ['that both have are those of the new rows', true, true, ['3'], ['3']],
  ])('%s', async (_, before, after, old, current) => {
    let on = before;
    await append(store, touches(10));
    const live = runner(poisoned(() => on));
    await live.catchUp();
    expect(await deadLetters()).toEqual(old);
    on = after;
    await live.rebuild('alpha');
    expect(await deadLetters()).toEqual(old);
    await live.catchUp();
    expect(await deadLetters()).toEqual(current);
    expect(await seen(db.pool, 'alpha')).toBe(10 - current.length);
    expect((await checkpointOf('alpha'))?.comparison?.isSame).toBeNull();
  });

  test('of one workspace that only a rebuild can apply take no answer from another', async () => {
    let broken = true;
    const sick = {
      check: ({ position }: { readonly position: bigint }) => {
        if (position === 3n && broken) throw new TypeError('poison');
      },
    };
    const { projection, letGo } = held(sick);
    await append(store, touches(100));
    await append(store, [touch(['user:other'])], 'other');
    const live = runner(projection);
    live.start();
    await live.catchUp();
    await db.pool.query('UPDATE touchline.dead_letter SET overtaken = true');
    broken = false;
    const retried = live.retryDeadLetters('alpha', 'main');
    expect(await until(async () => (await checkpointOf('alpha'))?.rebuild?.position === 50n, 10_000)).toBe(
      true,
    );
    expect(await freshness.asOf(['alpha'])).toBe(101n);
    expect(await counts(db.pool, 'alpha')).toMatchObject({ 'user:other': 1 });
    letGo();
    await retried;
    expect(await until(() => isRebuilt('alpha'), 10_000)).toBe(true);
    expect([await deadLetters(), await seen(db.pool, 'alpha')]).toEqual([[], 101]);
  });
});

test('rows that the same version makes differently are found, by table', async () => {
  await append(store, touches(100));
  const live = runner(tally('alpha'));
  await live.catchUp();
  await db.pool.query(`UPDATE touchline.alpha_count SET events = events + 1 WHERE key = 'user:u-3'`);
  await live.rebuild('alpha');
  await live.catchUp();
  expect((await checkpointOf('alpha'))?.comparison).toMatchObject({
    isSame: false,
    tables: [
      { table: 'alpha_seen', rows: 100, rowsBefore: 100, isSame: true },
      { table: 'alpha_count', rows: 10, rowsBefore: 10, isSame: false },
    ],
  });
  expect(Object.values(await counts(db.pool, 'alpha'))).toEqual(Array(10).fill(10));
});

test('a read model that is new to a log with events has nothing to be asked for until it has caught up', async () => {
  const { projection } = held();
  let letGo = (): void => undefined;
  const free = new Promise<void>((resolve) => (letGo = resolve));
  await append(store, touches(10));
  const live = runner({
    ...projection,
    apply: async (...args) => free.then(() => projection.apply(...args)),
  });
  live.start();
  expect(await until(async () => (await checkpointOf('alpha'))?.rebuildTo === 10n, 10_000)).toBe(true);
  await expect(freshness.asOf(['alpha'])).rejects.toMatchObject({ code: 'projection-rebuilding' });
  letGo();
  await live.catchUp();
  expect(await freshness.asOf(['alpha'])).toBe(10n);
});

test('a projection whose table was not added as a read model says so when it is to be rebuilt', async () => {
  await append(store, touches(10));
  const live = runner({ ...tally('alpha'), tables: ['alpha_seen', 'alpha_lost'] });
  await live.catchUp();
  await live.rebuild('alpha');
  live.start();
  const error = async () => (await checkpointOf('alpha'))?.rebuild?.error ?? '';
  expect(
    await until(async () => (await error()).includes('alpha_lost of alpha cannot be rebuilt'), 10_000),
  ).toBe(true);
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { arrive } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { day, opportunityEvents, roles, entry, pageView, type Entry } from '../../test/sample-events.js';
import { OTHER_MODEL, TEST_MODEL } from '../../test/journeys.js';
import { OPERATOR, subscriptionsApi, type SubscriptionsApi } from '../../test/subscriptions-api.js';
import { currentRows } from '../../test/read-model-rows.js';
import { createLogPool } from '../database/database.js';
import type { RecordedEvent } from '../domain/events.js';
import { PostgresEventStore } from '../event-store/postgres.js';
import { projections } from '../projections/all.js';
import type { DeadLetterRow } from './dead-letters.js';
import type { Projection } from './subscription.js';
import { SubscriptionRunner } from './runner.js';

Logger.overrideLogger(false);

interface ListedProjection {
  readonly name: string;
  readonly lag: number;
  readonly status: string;
  readonly deadLetters: number;
}

let db: TestDatabase;
let reference: TestDatabase;
let store: PostgresEventStore;
let runner: SubscriptionRunner;
let api: SubscriptionsApi;
let mended: boolean;

beforeEach(async () => {
  [db, reference, mended] = [await testDatabase(), await testDatabase(), false];
  store = new PostgresEventStore(createLogPool(db.url));
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions: projections.map(mendable) });
  api = await subscriptionsApi({ pool: db.pool, store, runner });
});
afterEach(async () => {
  await api.close();
  await runner.stop();
  await store.close();
  await db.drop();
  await reference.drop();
});

/** As if a later version could read what this one cannot: it is given the sound event. */
function mendable(projection: Projection): Projection {
  const read = (event: RecordedEvent): RecordedEvent => {
    const sound = [sick, otherModel, account].find((each) => each.event.id === event.id);
    return mended && sound ? ({ ...event, data: sound.event.data } as RecordedEvent) : event;
  };
  return { ...projection, apply: (batch, tx, range) => projection.apply(batch.map(read), tx, range) };
}

const EMAIL = 'email:ada@acme.example';
const model = entry('model', 'model', 'JourneyModelPublished', 0, { document: TEST_MODEL });
/** Models are remembered by their events, so each test has its own. */
const otherModel = entry('other model', 'model', 'JourneyModelPublished', 0, { document: TEST_MODEL });
const account = entry('account', 'account-acme', 'AccountObserved', 1, {
  accountId: 'acme',
  domain: 'acme.example',
});
const again = entry('again', 'account-acme', 'AccountObserved', 2, { accountId: 'acme', name: 'Acme' });
const others = (name: string): Entry[] =>
  Array.from({ length: 8 }, (_, nth) => pageView(`${name} ${nth}`, 1 + nth, [`user:o-${nth}`]));
const sick = pageView('sick', 4, [EMAIL], { traits: { title: 'CTO' } });
const before = [...others('before'), pageView('first', 2, [EMAIL, 'anonymous:a'])];
/** What comes after Ada's sick touchpoint: of hers the first, third, fourth and fifth. */
const after = [
  pageView('later', 6, ['anonymous:a']),
  ...opportunityEvents('opp-1', { amount: '100.00', openedAt: day(10), contacts: roles('ada@acme.example') }),
  entry('claim', 'identity-user:ada', 'IdentityClaimed', 7, {
    identity: ['user:ada', EMAIL],
    traits: { title: 'CFO' },
  }),
  pageView('as user', 5, ['user:ada']),
  ...others('after'),
];
const malformed = ({ stream, event }: Entry, data: unknown): Entry =>
  ({ stream, event: { ...event, data } }) as unknown as Entry;

const listed = async (): Promise<readonly ListedProjection[]> =>
  (await api.ask<{ projections: ListedProjection[] }>('GET', '')).projections;
const deadLetters = async (workspace?: string): Promise<readonly DeadLetterRow[]> =>
  (await api.ask<{ items: DeadLetterRow[] }>('GET', '/journey/dead-letters', workspace)).items;
const retry = () => api.ask<object>('POST', '/journey/dead-letters/retry?workspace=main', OPERATOR);

/** Touchpoints of everybody but Ada. */
async function ofOthers(): Promise<number> {
  const { rows } = await db.pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM touchline.journey WHERE superseded_at IS NULL AND identity[1] LIKE 'user:o-%'`,
  );
  return rows[0]?.count ?? 0;
}

/** The rows of a run over the same log that never failed. */
async function neverFailed(): Promise<unknown> {
  const sound = new SubscriptionRunner({
    pool: reference.pool,
    store,
    subscriptions: projections.map(mendable),
  });
  await sound.catchUp();
  await sound.stop();
  return currentRows(reference.pool);
}

describe('a touchpoint that cannot be applied', () => {
  const ada = { 10: null, 11: '10', 13: '11', 14: '10', 15: '14' };
  const alone = { 10: null };
  const { data } = sick.event;

  test.each<[what: string, data: unknown, behind: Readonly<Record<string, string | null>>]>([
    ['content whose URL is a number', { ...data, content: { url: 5 } }, ada],
    ['no verdict, which its table wants', { ...data, verdict: undefined }, ada],
    ['a name that is an object', { ...data, name: { first: 'Ada' } }, ada],
    ['an identity that is a number', { ...data, identity: [5] }, alone],
    ['no identity', { ...data, identity: undefined }, alone],
    ['no data at all', null, alone],
  ])('stops its lead and nobody else, and heals: %s', async (_, broken, behind) => {
    await arrive(store, 'main', [model, ...before.slice(1)]);
    await runner.catchUp();
    await arrive(store, 'main', [malformed(sick, broken), ...after]);
    await runner.catchUp();

    expect(await listed()).toMatchObject([
      { name: 'attribution', lag: 0, status: 'running', deadLetters: 0 },
      { name: 'catalogue', lag: 0, status: 'running', deadLetters: 0 },
      { name: 'journey', lag: 0, status: 'running', deadLetters: Object.keys(behind).length },
      { name: 'lifecycle', lag: 0, status: 'running', deadLetters: 0 },
      { name: 'opportunities', lag: 0, status: 'running', deadLetters: 0 },
    ]);
    const items = await deadLetters();
    expect(Object.fromEntries(items.map((each) => [each.position, each.behind]))).toEqual(behind);
    expect(items[0]).toMatchObject({ eventId: sick.event.id, attempts: 1, overtaken: false });
    expect(items[0]?.error).toMatch(/\S/);
    expect(await ofOthers()).toBe(15);

    await arrive(store, 'main', [pageView('ada again', 9, [EMAIL]), ...others('again')]);
    await runner.catchUp();
    const waiting = behind === ada ? 6 : 1;
    expect(await deadLetters()).toHaveLength(waiting);
    expect(await ofOthers()).toBe(23);

    expect(await retry()).toEqual({ tried: waiting, deadLetters: waiting });
    expect(await deadLetters()).toMatchObject([{ position: '10', attempts: 2 }, ...Array<object>(waiting - 1).fill({ attempts: 0 })]); // prettier-ignore

    mended = true;
    expect(await retry()).toEqual({ tried: waiting, deadLetters: 0 });
    await runner.catchUp();
    expect(await currentRows(db.pool)).toEqual(await neverFailed());
    expect((await listed()).filter((each) => each.deadLetters > 0)).toEqual([]);
  });

  test('is overtaken by a model that comes after it, not by one before', async () => {
    await arrive(store, 'main', [model, malformed(sick, { ...sick.event.data, content: { url: 5 } })]);
    await runner.catchUp();
    expect(await deadLetters()).toMatchObject([{ position: '2', overtaken: false }]);
    const next = entry('next', 'model', 'JourneyModelPublished', 1, { document: { ...TEST_MODEL, name: 'next' } }); // prettier-ignore
    await arrive(store, 'main', [next]);
    await runner.catchUp();
    expect(await deadLetters()).toMatchObject([{ position: '2', overtaken: true }]);

    mended = true;
    await retry();
    await runner.catchUp();
    expect(await deadLetters()).toEqual([]);
    expect(await currentRows(db.pool)).toEqual(await neverFailed());
  });
});

test('a model that is none stops its workspace and no other', async () => {
  const next = entry('the next', 'model', 'JourneyModelPublished', 1, { document: OTHER_MODEL });
  await arrive(store, 'other', before);
  await arrive(store, 'main', [
    malformed(otherModel, { document: {} }),
    ...before,
    pageView('second', 5, [EMAIL]),
    next,
  ]);
  await arrive(store, 'other', others('later'));
  await runner.catchUp();
  expect(await deadLetters()).toHaveLength(12);
  expect((await deadLetters())[0]).toMatchObject({ behind: null, keys: ['workspace:main'] });
  expect(await deadLetters('other')).toEqual([]);
  expect(await ofOthers()).toBe(16);

  mended = true;
  expect(await retry()).toEqual({ tried: 12, deadLetters: 0 });
  await runner.catchUp();
  expect(await currentRows(db.pool)).toEqual(await neverFailed());
});

/** B-tree entries take 2,704 bytes at most, compressed. */
const TOO_LONG_FOR_AN_INDEX = Array.from({ length: 9_000 }, (_, nth) => nth.toString(36)).join('.');

test('an account that cannot be applied waits with what is told of it later', async () => {
  await arrive(store, 'main', [
    malformed(account, { accountId: 'acme', domain: TOO_LONG_FOR_AN_INDEX }),
    pageView('ada', 1, [EMAIL]),
    again,
  ]);
  await runner.catchUp();
  expect(await deadLetters()).toMatchObject([
    { position: '1', behind: null },
    { position: '3', behind: '1' },
  ]);

  mended = true;
  expect(await retry()).toEqual({ tried: 2, deadLetters: 0 });
  await runner.catchUp();
  expect(await currentRows(db.pool)).toEqual(await neverFailed());
});

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { arrive } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { day, opportunityEvents, roles, entry, pageView, type Entry } from '../../test/sample-events.js';
import { TEST_MODEL } from '../../test/journeys.js';
import { currentRows } from '../../test/read-model-rows.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { readDeadLetters } from './dead-letters.js';
import { PoisonedEvent, type Projection } from './subscription.js';
import { SubscriptionRunner } from './runner.js';

Logger.overrideLogger(false);

let db: TestDatabase;
let reference: TestDatabase;
let store: MemoryEventStore;
let runner: SubscriptionRunner;
let mended: boolean;

beforeEach(async () => {
  [db, reference, mended] = [await testDatabase(), await testDatabase(), false];
  store = new MemoryEventStore(() => day(301));
});
afterEach(async () => {
  await runner.stop();
  await db.drop();
  await reference.drop();
});

const EMAIL = 'email:ada@acme.example';
const opportunityOf = (id: string): Entry[] =>
  opportunityEvents(
    id,
    { amount: '100.00', currency: 'EUR', openedAt: day(10), contacts: roles('ada@acme.example') },
    { stage: 'proposal' },
    { status: 'won', closedAt: day(20) },
  );
const sick = opportunityOf('sick');
const before = [
  entry('model', 'model', 'JourneyModelPublished', 0, { document: TEST_MODEL }),
  pageView('first', 2, [EMAIL]),
  ...opportunityOf('well'),
  ...sick,
];
/** A touch of both opportunities that arrives late, one of none, and what is said of the opportunities later. */
const after = [
  pageView('late', 5, [EMAIL, 'anonymous:a']),
  pageView('before', 3, ['anonymous:a']),
  ...opportunityOf('other'),
  pageView('at last', 40, [EMAIL]),
];

/** The named projection cannot take the sick opportunity's events of one type until it is mended. */
const failing = (name: string, type: string): Projection[] =>
  projections.map((projection) => ({
    ...projection,
    apply: (batch, tx, range) => {
      const event = batch.find((each) => each.type === type && each.stream === 'opportunity-sick');
      if (event && projection.name === name && !mended)
        throw new PoisonedEvent(event, ['opportunity:sick'], { cause: new Error('not yet') });
      return projection.apply(batch, tx, range);
    },
  }));
const deadLetters = async (name: string) =>
  (await readDeadLetters(db.pool, name, 'main', 0n, 100)).map(({ type }) => type);

/** Amounts credited for revenue, by opportunity, under one model. */
async function credited(): Promise<Record<string, number[]>> {
  const { rows } = await db.pool.query<{ id: string; amounts: string[] }>(
    `SELECT opportunity_id AS id, amounts FROM touchline.attribution_path JOIN touchline.attribution_share USING (path_id)
     WHERE superseded_at IS NULL AND metric = 'revenue' AND model = 'linear' ORDER BY opportunity_id`,
  );
  return Object.fromEntries(rows.map(({ id, amounts }) => [id, amounts.map(Number)]));
}

test.each([
  ['opportunities', 'OpportunityOpened', 4],
  ['opportunities', 'OpportunityChanged', 2],
  ['opportunities', 'ContactRoleAssigned', 3],
  ['attribution', 'OpportunityOpened', 4],
  ['attribution', 'OpportunityWon', 1],
])('%s that cannot apply %s stop at that opportunity alone, and heal', async (name, type, count) => {
  const chain = failing(name, type);
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions: chain, largestBatch: 3 });
  await arrive(store, 'main', before);
  await runner.catchUp();
  await arrive(store, 'main', after);
  await runner.catchUp();
  expect(await deadLetters(name)).toEqual(sick.slice(-count).map(({ event }) => event.type));
  const third = [3334, 3333, 3333];
  expect(await credited()).toMatchObject({ well: third, other: third });
  expect(await credited()).not.toHaveProperty('sick', third);

  mended = true;
  expect(await runner.retryDeadLetters(name, 'main')).toBe(count);
  await runner.catchUp();
  expect(await deadLetters(name)).toEqual([]);
  expect(await credited()).toEqual({ well: third, other: third, sick: third });

  const never = new SubscriptionRunner({ pool: reference.pool, store, subscriptions: projections });
  await never.catchUp();
  await never.stop();
  expect(await currentRows(db.pool)).toEqual(await currentRows(reference.pool));
});

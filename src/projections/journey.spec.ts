import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { eventsOf, happenings, logged, OTHER_MODEL, published, TEST_MODEL } from '../../test/journeys.js';
import { compareWithOracle } from '../../test/oracle-rows.js';
import { deleteRows, project, rowsOf } from '../../test/project.js';
import { JOURNEY_VERSIONS } from '../../test/read-model-rows.js';
import type { NewEvent, RecordedEvent } from '../domain/events.js';
import { journey, journeyKeeping } from './journey.js';
import type { Projection } from '../subscriptions/subscription.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const WORKING = ['lead', 'identity_state', 'account_state', 'identity_fact'];

/** Everything, with the positions. */
async function history(
  log: readonly RecordedEvent[],
  batchSize: number,
  { projection = journey, owner }: { projection?: Projection; owner?: object } = {},
): Promise<Record<string, string[]>> {
  await deleteRows(db.pool, journey);
  await project(db.pool, projection, log, batchSize, owner ?? null);
  const tables = [...JOURNEY_VERSIONS, ...WORKING, 'journey_model'];
  return Object.fromEntries(
    await Promise.all(
      tables.map(async (table) => [table, await rowsOf(db.pool, `touchline.${table}`)] as const),
    ),
  );
}

/** What is true now, without when it became known. */
async function current(log: readonly RecordedEvent[], batchSize: number): Promise<Record<string, string[]>> {
  await deleteRows(db.pool, journey);
  await project(db.pool, journey, log, batchSize);
  const leased = JOURNEY_VERSIONS.map(
    async (table) =>
      [
        table,
        await rowsOf(db.pool, `touchline.${table}`, {
          where: 'superseded_at IS NULL',
          without: ['known_from', 'position'],
        }),
      ] as const,
  );
  const lead = rowsOf(db.pool, 'touchline.lead', { without: ['position', 'state'] });
  return { ...Object.fromEntries(await Promise.all(leased)), lead: await lead };
}

interface Arrivals {
  readonly sorted: readonly NewEvent[];
  readonly one: readonly NewEvent[];
  readonly two: readonly NewEvent[];
}

/** Events in three orders of arrival, with two models published somewhere among them, one after the other. */
const arrivals = (maxLength: number): fc.Arbitrary<Arrivals> =>
  happenings(maxLength).chain((all) => {
    const events = [...eventsOf(all)];
    const order = (of: NewEvent[]) =>
      withModels(of, fc.shuffledSubarray(of, { minLength: of.length, maxLength: of.length }));
    return fc
      .record({
        sorted: withModels(events, fc.constant(events.toSorted((a, b) => +a.occurredAt - +b.occurredAt))),
        one: order(events),
        two: order(events),
      })
      .map((each) => ({ ...each, [fc.toStringMethod]: () => Object.values(each).map(printed).join('\n\n') }));
  });

const withModels = (
  events: readonly NewEvent[],
  order: fc.Arbitrary<readonly NewEvent[]>,
): fc.Arbitrary<readonly NewEvent[]> =>
  fc.tuple(order, fc.nat(events.length), fc.nat(events.length)).map(([all, a, b]) => {
    const [first, second] = [Math.min(a, b), Math.max(a, b)];
    const models = [published(TEST_MODEL, 1), published(OTHER_MODEL, 2)];
    return [
      ...all.slice(0, first),
      ...models.slice(0, 1),
      ...all.slice(first, second),
      ...models.slice(1),
      ...all.slice(second),
    ];
  });

const printed = (events: readonly NewEvent[]): string =>
  events
    .map(({ id, type, occurredAt, data }) =>
      [
        id.slice(0, 4),
        occurredAt.toISOString().slice(5, 16),
        type,
        type === 'JourneyModelPublished' ? '' : JSON.stringify(data),
      ].join(' '),
    )
    .join('\n');

const runs = (numRuns: number) => ({
  numRuns: Number(process.env['LAW_RUNS'] ?? numRuns),
  ...(process.env['LAW_SEED'] && { seed: Number(process.env['LAW_SEED']) }),
});

test('batches of 1 and of 5,000 write the same rows, history included', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals(40), fc.integer({ min: 2, max: 9 }), async ({ one }, size) => {
      const log = logged(one);
      const single = await history(log, 1);
      expect(await history(log, 5000)).toEqual(single);
      expect(await history(log, size)).toEqual(single);
    }),
    runs(30),
  );
}, 600_000);

test('what is kept from batch to batch, much of it or little, changes no row', async () => {
  const few = journeyKeeping({ leads: 3, keys: 8, touchpoints: 6 });
  await fc.assert(
    fc.asyncProperty(arrivals(40), fc.integer({ min: 1, max: 5 }), async ({ one }, size) => {
      const log = logged(one);
      const single = await history(log, 1);
      expect(await history(log, size, { owner: {} })).toEqual(single);
      expect(await history(log, size, { projection: few, owner: {} })).toEqual(single);
    }),
    runs(30),
  );
}, 600_000);

test('what is true now does not depend on the order of arrival', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals(40), async ({ one, two, sorted }) => {
      const expected = await current(logged(sorted), 5000);
      expect(await current(logged(one), 7)).toEqual(expected);
      expect(await current(logged(two), 5000)).toEqual(expected);
    }),
    runs(30),
  );
}, 600_000);

test('what comes out event by event is what the whole set of facts says', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals(40), async ({ one }) => {
      const log = logged(one);
      await deleteRows(db.pool, journey);
      await project(db.pool, journey, log, 11);
      const { found, told } = await compareWithOracle(db.pool, log, OTHER_MODEL);
      expect(found).toEqual(told);
    }),
    runs(30),
  );
}, 600_000);

test('the same keys in two workspaces are different people', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals(25), async ({ one, two }) => {
      const ours = logged(one, 'main');
      const alone = await current(ours, 5000);
      const theirs = logged(two, 'other');
      const mixed = ours.flatMap((event, nth) => [theirs[nth], event]).filter((event) => event !== undefined);
      const both = await current(
        mixed.map((event, nth) => ({ ...event, position: BigInt(nth + 1) })),
        9,
      );
      const main = Object.entries(both).map(([table, rows]) => [
        table,
        rows.filter((row) => row.includes('"workspace": "main"')),
      ]);
      expect(Object.fromEntries(main)).toEqual(alone);
    }),
    runs(15),
  );
}, 600_000);

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import {
  day,
  opportunityEvents,
  deleteReadModels,
  logOf,
  project,
  rebuildCredits,
  roles,
  entry,
  pageView,
} from '../../test/sample-events.js';
import type { Entry } from '../../test/sample-events.js';
import { TEST_MODEL } from '../../test/journeys.js';
import { inTransaction } from '../../test/project.js';
import { creditsAsOf, currentRows } from '../../test/read-model-rows.js';
import { attribution } from './attribution.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const RUNS = Number(process.env['FC_RUNS'] ?? 3);

const model = entry('model of late events', 'model', 'JourneyModelPublished', 0, { document: TEST_MODEL });
/** Touches of one lead before the opportunity is closed, some of them before it is opened. */
const touches = (count: number): Entry[] =>
  Array.from({ length: count }, (_, nth) =>
    pageView(`touch ${nth}`, 1 + (35 * nth) / count, ['email:ada@acme.example']),
  );
const opportunity = opportunityEvents(
  'opp-1',
  { amount: '100.00', currency: 'EUR', openedAt: day(4), contacts: roles('ada@acme.example') },
  { amount: '120.00' },
  { status: 'won', closedAt: day(40) },
);

interface Stored {
  readonly rows: number;
  readonly elements: number;
}
async function stored(): Promise<Stored> {
  const { rows } = await db.pool.query<Stored>(
    `SELECT ((SELECT count(*) FROM touchline.attribution_path) + count(*))::int AS rows,
       coalesce(sum(cardinality(weights)), 0)::int AS elements FROM touchline.attribution_share`,
  );
  return rows[0] ?? { rows: 0, elements: 0 };
}
async function projected(entries: readonly Entry[], size: number): Promise<Stored> {
  await deleteReadModels(db.pool);
  await project(db.pool, logOf(entries), size);
  return stored();
}

async function versionsWritten(): Promise<number> {
  const { rows } = await db.pool.query<{ last_value: string }>(
    `SELECT last_value FROM touchline_attribution_1.attribution_path_path_id_seq`,
  );
  return Number(rows[0]?.last_value);
}

/** An empty batch, as when nothing of the log waits. */
const attributionUpToDate = (head: number): Promise<void> =>
  inTransaction(db.pool, (tx) => attribution.apply([], tx, { after: BigInt(head), upTo: BigInt(head) }));

/** Orders of arrival of an opportunity's events and the touches of its lead; events of a stream stay in order. */
const ORDERS: Readonly<Record<string, (touches: readonly Entry[]) => Entry[]>> = {
  'in reverse': (touches) => [...opportunity, ...touches.toReversed()],
  'after the close': (touches) => [...opportunity, ...touches],
  'between the events of the opportunity': (touches) => {
    const part = Math.ceil(touches.length / opportunity.length);
    return opportunity.flatMap((event, nth) => [event, ...touches.slice(nth * part, (nth + 1) * part)]);
  },
  'from both ends': (touches) => [
    ...opportunity,
    ...touches.map((_, nth) => touches.at(nth % 2 === 0 ? nth / 2 : -(nth + 1) / 2)).filter((each) => !!each),
  ],
};

describe('one lead whose touchpoints arrive', () => {
  test.each(Object.entries(ORDERS))(
    '%s costs the credit ledger a constant number of versions a batch',
    async (_, order) => {
      const ordered = await projected([model, ...touches(400), ...opportunity], 5_000);
      const few = await projected([model, ...order(touches(200))], 5_000);
      const many = await projected([model, ...order(touches(400))], 5_000);
      expect(many.rows).toBe(few.rows);
      expect(many.elements).toBeLessThanOrEqual(2 * ordered.elements);
    },
    120_000,
  );

  test('one by one after the close does not fill the credit ledger with their square', async () => {
    const few = await projected([model, ...opportunity, ...touches(150)], 1);
    const many = await projected([model, ...opportunity, ...touches(300)], 1);
    expect(many.elements).toBeLessThan(1.5 * few.elements);
  }, 120_000);
});

test('one lead while the log waits has its many touches written as often as its log grows by their number', async () => {
  const [early, late] = [touches(1_900).slice(0, 1_100), touches(1_900).slice(1_100)];
  const log = logOf([model, ...early, ...opportunity, ...late]);
  await deleteReadModels(db.pool);
  const before = await versionsWritten();
  await project(db.pool, log, 50, Infinity);
  expect((await versionsWritten()) - before).toBeLessThan(10);
  const answers = await creditsAsOf(db.pool, BigInt(log.length));
  const part = await creditsAsOf(db.pool, 1_500n);
  await attributionUpToDate(log.length);
  const standing = (await currentRows(db.pool))['attribution'];
  expect(await creditsAsOf(db.pool, BigInt(log.length))).toEqual(answers);
  expect(await creditsAsOf(db.pool, 1_500n)).toEqual(part);
  await deleteReadModels(db.pool);
  await project(db.pool, log);
  expect((await currentRows(db.pool))['attribution']).toEqual(standing);
  expect(await creditsAsOf(db.pool, 1_500n)).toEqual(part);
}, 120_000);

test('an opportunity with many changes in one batch has a bounded number of versions', async () => {
  const changes = Array.from({ length: 60 }, (_, nth) => ({
    amount: `${nth + 1}.00`,
    occurredAt: day(5 + nth / 10),
  }));
  const changed = opportunityEvents(
    'opp-1',
    { amount: '100.00', openedAt: day(4), contacts: roles('ada@acme.example') },
    ...changes,
  );
  const few = await projected([model, ...touches(50), ...changed.slice(0, 30)], 5_000);
  expect(await projected([model, ...touches(50), ...changed], 5_000)).toEqual(few);
});

/** Enough touches for the ledger to drop versions that stood for a moment, in any order. */
const world = fc.integer({ min: 105, max: 140 }).chain((count) => {
  const others = [
    pageView('bob 1', 2, ['email:bob@acme.example', 'anonymous:a']),
    pageView('shared', 3, ['anonymous:a']),
  ];
  const entries = [...touches(count), ...others];
  return fc.record({
    order: fc.constantFrom(...Object.values(ORDERS)),
    touches: fc.oneof(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
    end: fc.constantFrom<Entry[]>(
      [],
      opportunityEvents('opp-1', { amount: '100.00' }, { status: 'won' }, { status: 'open' }).slice(-1),
      [
        entry('claim', 'identity-ada', 'IdentityClaimed', 1, {
          identity: ['email:ada@acme.example', 'anonymous:a'],
        }),
      ],
    ),
    shift: fc.nat(99),
  });
});

test(
  'the credits of a lead with many late touchpoints are the same as of any position, however they were cut into batches',
  () =>
    fc.assert(
      fc.asyncProperty(world, async ({ order, touches, end, shift }) => {
        const entries = [model, ...order(touches), ...end];
        const log = logOf(entries);
        const at = [0.1, 0.3, 0.5, 0.7, 0.9].map((part) =>
          BigInt(Math.round((part + shift / 1_000) * log.length)),
        );
        const answers = async (): Promise<string[][]> => {
          const found: string[][] = [];
          for (const position of at) found.push(await creditsAsOf(db.pool, position));
          return found;
        };
        await projected(entries, 1);
        const live = await answers();
        const standing = (await currentRows(db.pool))['attribution'];
        for (const size of [7, 60, 5_000]) {
          await projected(entries, size);
          expect(await answers()).toEqual(live);
          await rebuildCredits(db.pool, log, size);
          expect(await answers()).toEqual(live);
          expect((await currentRows(db.pool))['attribution']).toEqual(standing);
        }
        await projected(entries.slice(0, Number(at[0])), 5_000);
        expect(await creditsAsOf(db.pool, at[0] ?? 0n)).toEqual(live[0]);
      }),
      { numRuns: RUNS, endOnFailure: true },
    ),
  300_000,
);

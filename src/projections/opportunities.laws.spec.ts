import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import {
  day,
  deleteReadModels,
  logOf,
  rebuildCredits,
  entry,
  pageView,
  type Entry,
} from '../../test/sample-events.js';
import { TEST_MODEL } from '../../test/journeys.js';
import { rowsOf } from '../../test/project.js';
import { allVersions, currentRows, type Rows } from '../../test/read-model-rows.js';
import { every, projectInBatches } from '../../test/tangled-histories.js';
import type { NewEvent } from '../domain/events.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const IDS = ['o1', 'o2'] as const;
const KEYS = ['email:ada@acme.example', 'email:bob@acme.example', 'crm:c1'] as const;
const time = fc.integer({ min: 0, max: 30 });
const instant = time.map((at) => day(at).toISOString());

type Made = (nth: number) => Entry;
type OpportunityType = Extract<
  NewEvent['type'],
  `Opportunity${'Changed' | 'Won' | 'Lost' | 'Reopened' | 'Deleted'}` | 'ContactRoleAssigned'
>;

function event<T extends OpportunityType>(
  type: T,
  parts: fc.Arbitrary<Omit<NewEvent<T>['data'], 'opportunityId'>>,
): fc.Arbitrary<Made> {
  return fc.tuple(time, fc.constantFrom(...IDS), parts).map(([at, opportunityId, more]): Made => {
    const data = { ...more, opportunityId } as unknown as NewEvent<T>['data'];
    return (nth) => entry(`${type} ${nth}`, `opportunity-${opportunityId}`, type, at, data);
  });
}

const status = fc.oneof(
  fc.constant({}),
  fc.constant({ status: 'open' as const }),
  fc.record({ status: fc.constantFrom('won' as const, 'lost' as const), closedAt: instant }),
);
const facts = fc.record(
  {
    amountMinor: fc.constantFrom(100, 700),
    stage: fc.constantFrom('proposal', null),
    accountId: fc.constantFrom('acme', 'acme.example', null),
    openedAt: instant,
    contacts: fc
      .subarray([...KEYS])
      .map((keys) =>
        keys.map((key, at) => ({ keys: [key], role: 'user', ...(at === 0 && { isPrimary: true as const }) })),
      ),
  },
  { requiredKeys: [] },
);
const role = fc.record({
  contact: fc.constantFrom(...KEYS).map((key) => [key]),
  role: fc.constantFrom('user', null),
});
const made: fc.Arbitrary<Made> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(time, fc.constantFrom(...KEYS)).map(
      ([at, key]): Made =>
        (nth) =>
          pageView(`touch ${nth}`, at, [key]),
    ),
  },
  {
    weight: 3,
    arbitrary: event(
      'OpportunityChanged',
      fc.tuple(facts, status).map(([one, other]) => ({ ...one, ...other })),
    ),
  },
  { weight: 2, arbitrary: event('OpportunityDeleted', fc.constant({})) },
  { weight: 2, arbitrary: event('OpportunityWon', fc.constant({ currency: 'EUR', amountMinor: 900 })) },
  { weight: 1, arbitrary: event('OpportunityLost', fc.constant({})) },
  { weight: 1, arbitrary: event('OpportunityReopened', fc.constant({})) },
  { weight: 2, arbitrary: event('ContactRoleAssigned', role) },
);

const OPENED: readonly Entry[] = [
  entry('model', 'model', 'JourneyModelPublished', 0, { document: TEST_MODEL }),
  ...IDS.map((opportunityId) =>
    entry(`opened ${opportunityId}`, `opportunity-${opportunityId}`, 'OpportunityOpened', 5, {
      ...{ opportunityId, currency: 'EUR', amountMinor: 500, accountId: 'acme.example' },
    }),
  ),
];
const histories = fc
  .array(made, { minLength: 2, maxLength: 12 })
  .map((all) => [...all.map((make, nth) => make(nth))])
  .chain((entries) =>
    fc.record({
      entries: fc.constant(entries),
      shuffled: fc.shuffledSubarray(entries, { minLength: entries.length }),
    }),
  );
const runs = { numRuns: Number(process.env['LAW_RUNS'] ?? 15), endOnFailure: true };

async function project(entries: readonly Entry[], size: number): Promise<void> {
  await deleteReadModels(db.pool);
  await projectInBatches(
    db.pool,
    logOf([...OPENED, ...entries]),
    every(size, OPENED.length + entries.length),
  );
}

const STAGES = 'touchline.opportunity_stage';
const withStages = async (rows: Promise<Rows>, options: Parameters<typeof rowsOf>[2]): Promise<Rows> => ({
  ...(await rows),
  stages: await rowsOf(db.pool, STAGES, options),
});
const current = (): Promise<Rows> =>
  withStages(currentRows(db.pool), {
    where: 'superseded_at IS NULL',
    without: ['known_from', 'superseded_at'],
  });
const versions = (): Promise<Rows> => withStages(allVersions(db.pool), {});

test('opportunities and their credits do not depend on the order in which their events arrived', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ({ entries, shuffled }) => {
      await project(entries, 1);
      const rows = await current();
      await project(shuffled, 1);
      expect(await current()).toEqual(rows);
    }),
    runs,
  );
}, 600_000);

test('versions of opportunities and their credits do not depend on the batches, live or rebuilt', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.integer({ min: 2, max: 20 }), async ({ entries }, size) => {
      await project(entries, 1);
      const rows = await versions();
      await project(entries, size);
      expect(await versions()).toEqual(rows);
      await rebuildCredits(db.pool, logOf([...OPENED, ...entries]), 3);
      expect(await versions()).toEqual(rows);
    }),
    runs,
  );
}, 600_000);

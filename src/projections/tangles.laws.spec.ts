import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { deleteReadModels, logOf, rebuildCredits, entry, type Entry } from '../../test/sample-events.js';
import { TEST_MODEL } from '../../test/journeys.js';
import { allVersions, currentRows, type Rows } from '../../test/read-model-rows.js';
import { every, projectInBatches, tangledHistories } from '../../test/tangled-histories.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const runs = {
  numRuns: Number(process.env['LAW_RUNS'] ?? 15),
  endOnFailure: true,
  ...(process.env['LAW_SEED'] && { seed: Number(process.env['LAW_SEED']) }),
};

async function made(
  entries: readonly Entry[],
  ends: readonly number[],
  read: (pool: TestDatabase['pool']) => Promise<Rows>,
): Promise<Rows> {
  await deleteReadModels(db.pool);
  await projectInBatches(db.pool, logOf(entries), ends);
  return read(db.pool);
}

test('whatever comes together in a batch, what is true now depends on the events alone', async () => {
  await fc.assert(
    fc.asyncProperty(tangledHistories, async ({ before, entries, shuffled, mixed }) => {
      const sorted = [...before, ...entries];
      const one = await made(sorted, every(1, sorted.length), currentRows);
      expect(await made(sorted, [before.length], currentRows)).toEqual(one);
      expect(await made([...before, ...shuffled], [before.length], currentRows)).toEqual(one);
      expect(await made(mixed, every(7, mixed.length), currentRows)).toEqual(one);
      expect(await made(mixed, [], currentRows)).toEqual(one);
    }),
    runs,
  );
}, 600_000);

test('and what was true when does not depend on the batches, live or rebuilt', async () => {
  await fc.assert(
    fc.asyncProperty(
      tangledHistories,
      fc.array(fc.nat(60), { maxLength: 4 }),
      async ({ before, shuffled }, cuts) => {
        const log = [...before, ...shuffled];
        const one = await made(log, every(1, log.length), allVersions);
        for (const size of [2, 7, 100]) {
          expect(await made(log, every(size, log.length), allVersions)).toEqual(one);
        }
        expect(await made(log, [before.length], allVersions)).toEqual(one);
        expect(await made(log, cuts, allVersions)).toEqual(one);
        await rebuildCredits(db.pool, logOf(log), 7);
        expect(await allVersions(db.pool)).toEqual(one);
      },
    ),
    runs,
  );
}, 600_000);

const model = entry('crowd', 'model', 'JourneyModelPublished', 0, { document: TEST_MODEL });

/** Many workspaces side by side, event by event: more than is applied, or written, at a time. */
const crowd = fc.array(tangledHistories, { minLength: 60, maxLength: 60 }).map((worlds) => {
  const logs = worlds.map(({ before, shuffled }, nth) => {
    // A model parts the batch, so there is one for all at its beginning.
    const others = shuffled.filter(({ event }) => event.type !== 'JourneyModelPublished');
    return logOf([model, ...before, ...others], `w${nth}`);
  });
  const longest = Math.max(...logs.map(({ length }) => length));
  const mixed = Array.from({ length: longest }, (_, at) => logs.flatMap((log) => log[at] ?? [])).flat();
  return mixed.map((event, at) => ({ ...event, position: BigInt(at + 1) }));
});

test('a batch of a thousand events of many people is what many batches are', async () => {
  await fc.assert(
    fc.asyncProperty(crowd, async (log) => {
      await deleteReadModels(db.pool);
      await projectInBatches(db.pool, log, every(60, log.length));
      const many = await allVersions(db.pool);
      await deleteReadModels(db.pool);
      await projectInBatches(db.pool, log, []);
      expect(await allVersions(db.pool)).toEqual(many);
    }),
    { numRuns: Number(process.env['LAW_RUNS'] ?? 3), endOnFailure: true },
  );
}, 600_000);

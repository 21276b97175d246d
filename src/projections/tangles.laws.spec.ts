import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { forget, logOf, rebuildCredits, type Entry } from '../../test/deals.js';
import { allVersions, currentRows, type Rows } from '../../test/read-model-rows.js';
import { every, projectCut, tangles } from '../../test/tangles.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const runs = {
  numRuns: Number(process.env['LAW_RUNS'] ?? 25),
  endOnFailure: true,
  ...(process.env['LAW_SEED'] && { seed: Number(process.env['LAW_SEED']) }),
};

async function made(
  entries: readonly Entry[],
  ends: readonly number[],
  read: (pool: TestDatabase['pool']) => Promise<Rows>,
): Promise<Rows> {
  await forget(db.pool);
  await projectCut(db.pool, logOf(entries), ends);
  return read(db.pool);
}

test('whatever comes together in a batch, what is true now depends on the events alone', async () => {
  await fc.assert(
    fc.asyncProperty(tangles, async ({ before, entries, shuffled, mixed }) => {
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
    fc.asyncProperty(tangles, fc.array(fc.nat(60), { maxLength: 4 }), async ({ before, shuffled }, cuts) => {
      const log = [...before, ...shuffled];
      const one = await made(log, every(1, log.length), allVersions);
      expect(await made(log, [before.length], allVersions)).toEqual(one);
      expect(await made(log, cuts, allVersions)).toEqual(one);
      await rebuildCredits(db.pool, logOf(log), 7);
      expect(await allVersions(db.pool)).toEqual(one);
    }),
    runs,
  );
}, 600_000);

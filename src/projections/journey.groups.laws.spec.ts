import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { logOf } from '../../test/sample-events.js';
import { compareWithOracle } from '../../test/oracle-rows.js';
import { inTransaction, rowsOf } from '../../test/project.js';
import { JOURNEY_VERSIONS, WORKING_TABLES } from '../../test/read-model-rows.js';
import { lateBatches, type LateBatch } from '../../test/late-batches.js';
import type { RecordedEvent } from '../domain/events.js';
import { NO_MODEL } from './journey/models.js';
import { journey } from './journey.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const runs = (numRuns: number) => ({
  numRuns: Number(process.env['LAW_RUNS'] ?? numRuns),
  endOnFailure: true,
  ...(process.env['LAW_SEED'] && { seed: Number(process.env['LAW_SEED']) }),
});

async function applyInBatches(
  tx: pg.PoolClient,
  log: readonly RecordedEvent[],
  size: number,
  from = 0,
): Promise<void> {
  for (let after = from; after < log.length; after += size) {
    const batch = log.slice(after, after + size);
    await journey.apply(batch, tx, { after: BigInt(after), upTo: BigInt(after + batch.length) });
  }
}

async function written(tx: pg.PoolClient): Promise<Record<string, string[]>> {
  const tables: Record<string, string[]> = {};
  // A client answers one query after the other.
  for (const table of [...JOURNEY_VERSIONS, ...WORKING_TABLES]) {
    tables[table] = await rowsOf(tx, `touchline.${table}`);
  }
  return tables;
}

/** What a batch makes of a history, for each of the batch sizes; everything is rolled back. */
const outcomes = ({ before, batch }: LateBatch, sizes: readonly number[]): Promise<unknown[]> =>
  inTransaction(db.pool, async (tx) => {
    const log = logOf([...before, ...batch]);
    await applyInBatches(tx, log.slice(0, before.length), 1);
    const found: unknown[] = [];
    for (const size of sizes) {
      await tx.query('SAVEPOINT history');
      await applyInBatches(tx, log, size, before.length);
      found.push(await written(tx));
      await tx.query('ROLLBACK TO SAVEPOINT history');
    }
    for (const table of journey.tables) await tx.query(`DELETE FROM ${table}`);
    return found;
  });

test('what a history comes to is what the whole set of its facts says', async () => {
  await fc.assert(
    fc.asyncProperty(lateBatches, fc.integer({ min: 1, max: 9 }), async ({ before, batch }, size) => {
      const log = logOf([...before, ...batch]);
      const { found, told } = await inTransaction(db.pool, async (tx) => {
        await applyInBatches(tx, log, size);
        const compared = await compareWithOracle(tx, log, NO_MODEL);
        for (const table of journey.tables) await tx.query(`DELETE FROM ${table}`);
        return compared;
      });
      expect(found).toEqual(told);
    }),
    runs(100),
  );
}, 600_000);

test('a batch comes to what its events come to one at a time, whatever leads they share', async () => {
  await fc.assert(
    fc.asyncProperty(lateBatches, fc.integer({ min: 2, max: 4 }), async (world, size) => {
      const [one, ...others] = await outcomes(world, [1, size, 100]);
      for (const other of others) expect(other).toEqual(one);
    }),
    runs(150),
  );
}, 600_000);

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { inTransaction } from '../../test/project.js';
import { creditsAsOf, currentRows } from '../../test/read-model-rows.js';
import {
  day,
  deleteReadModels,
  entry,
  logOf,
  opportunityEvents,
  pageView,
  project,
  roles,
} from '../../test/sample-events.js';
import { defaultModel } from '../commands/publish-model.js';
import { DEFAULT_ATTRIBUTION } from '../domain/attribution/settings.js';
import type { RecordedEvent } from '../domain/events.js';
import { attributionKeeping } from './attribution.js';
import { hasDeferred } from './attribution/dirty.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const BUYERS = [0, 1, 2, 3, 4, 5, 6];
const emailOf = (nr: number): string => `buyer-${nr}@company-${nr}.example`;

/** Two models, the second with a shorter lookback, and what happens before and after it. */
async function history(): Promise<RecordedEvent[]> {
  const document = { ...(await defaultModel()), contents: [] };
  const model = (nr: number, lookbackDays: number) =>
    entry(`model ${nr}`, 'model', 'JourneyModelPublished', 0, {
      document: { ...document, attribution: { ...DEFAULT_ATTRIBUTION, lookbackDays } },
    });
  const visit = (nr: number, name: string, at: number) =>
    pageView(`${name} ${nr}`, at, [`email:${emailOf(nr)}`]);
  return logOf([
    model(1, 365),
    ...BUYERS.flatMap((nr) => [visit(nr, 'early', 1), visit(nr, 'late', 38)]),
    ...BUYERS.flatMap((nr) =>
      opportunityEvents(
        `opp-${nr}`,
        { openedAt: day(40), amount: '100.00', contacts: roles(emailOf(nr)) },
        { status: 'won', closedAt: day(41) },
      ),
    ),
    model(2, 5),
    visit(3, 'turned up', 37),
    visit(5, 'turned up', 2),
  ]);
}

const FEW = attributionKeeping({ opportunities: 2 });

async function apply(log: readonly RecordedEvent[], size: number): Promise<void> {
  await db.pool.query(FEW.tables.map((table) => `DELETE FROM ${table}`).join('; '));
  for (let after = 0; after < log.length; after += size) {
    const batch = log.slice(after, after + size);
    const upTo = BigInt(after + batch.length);
    const handled = batch.filter(({ type }) => FEW.handles.includes(type));
    await inTransaction(db.pool, (tx) => FEW.apply(handled, tx, { after: BigInt(after), upTo }));
  }
}

const creditsOf = async (log: readonly RecordedEvent[]): Promise<string[][]> => {
  const credits: string[][] = [];
  for (let position = 1n; position <= log.length; position += 1n)
    credits.push(await creditsAsOf(db.pool, position));
  return credits;
};

test.each([1, 3, 5_000])(
  'a model that attributes otherwise concerns many opportunities a few at a time, in batches of %i, and no answer differs',
  async (size) => {
    const log = await history();
    await deleteReadModels(db.pool);
    await project(db.pool, log);
    const wanted = await creditsOf(log);
    const current = (await currentRows(db.pool))['attribution'];

    await apply(log, size);
    expect(await creditsOf(log)).toEqual(wanted);
    let steps = 0;
    const end = BigInt(log.length);
    while (await inTransaction(db.pool, (tx) => hasDeferred(tx))) {
      await inTransaction(db.pool, (tx) => FEW.apply([], tx, { after: end, upTo: end }));
      steps += 1;
      expect(await creditsOf(log)).toEqual(wanted);
    }
    expect(steps).toBeGreaterThan(0);
    expect((await currentRows(db.pool))['attribution']).toEqual(current);
  },
  60_000,
);

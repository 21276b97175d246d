import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../../test/database.js';
import { logOf, pageView, type Entry } from '../../../test/sample-events.js';
import { deleteRows, inTransaction, project } from '../../../test/project.js';
import { journey } from '../journey.js';
import { Accounts } from './accounts.js';
import { applyGroup } from './apply-group.js';
import { batchItem } from './batch-item.js';
import { run } from './loading.js';
import { Models } from './models.js';
import { UnitOfWork } from './unit-of-work.js';
import { WorkingSet } from './working-set.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const [ADA, PHONE] = ['user:ada', 'anonymous:phone'] as const;
const BEFORE = [pageView('first', 1, [ADA, PHONE]), pageView('second', 3, [ADA])];

/** Whether an event is applied at once, after others and with its keys read. */
async function isAppliedAtOnce(entry: Entry): Promise<boolean> {
  const log = logOf([...BEFORE, entry]);
  await deleteRows(db.pool, journey);
  await project(db.pool, journey, log.slice(0, BEFORE.length), 1);
  return inTransaction(db.pool, async (tx) => {
    const set = new WorkingSet({ tx, models: new Models(tx), accounts: new Accounts(tx) });
    const range = { after: BigInt(BEFORE.length), upTo: BigInt(log.length) };
    const items = log
      .slice(BEFORE.length)
      .map((event) => batchItem(set, event, range, [], undefined, undefined));
    await set.loader.readKeys(items.flatMap(({ records }) => records));
    const rest = run(applyGroup(new UnitOfWork(set, set.nextGroup()), items));
    await rest;
    expect(set.seal(false)).not.toEqual([]);
    return rest === undefined;
  });
}

describe('nothing is waited for by', () => {
  test.each<[string, Entry]>([
    ['the newest touchpoint of a known key', pageView('new', 5, [ADA])],
    ['the newest touchpoint of an anonymous key', pageView('new', 5, [PHONE])],
    ['a touchpoint that names known keys together again', pageView('new', 5, [ADA, PHONE])],
    ['the first touchpoint of a new anonymous key', pageView('new', 5, ['anonymous:laptop'])],
    [
      'a touchpoint that says something of the person',
      pageView('new', 5, [ADA], { traits: { name: 'Ada' } }),
    ],
  ])('%s', async (_what, entry) => expect(await isAppliedAtOnce(entry)).toBe(true));
});

test('a touchpoint that is not the newest waits for the journey', async () => {
  expect(await isAppliedAtOnce(pageView('late', 2, [ADA]))).toBe(false);
});

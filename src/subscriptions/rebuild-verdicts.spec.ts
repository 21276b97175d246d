import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arrive } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { mailTouches } from '../../test/mails.js';
import { allVersions } from '../../test/read-model-rows.js';
import { entry, type Entry } from '../../test/sample-events.js';
import { ruleId } from '../../test/rule-ids.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { readCheckpoints } from './read-checkpoints.js';
import { SubscriptionRunner } from './runner.js';

const store = new MemoryEventStore();
let db: TestDatabase;
let runner: SubscriptionRunner;
beforeAll(async () => {
  db = await testDatabase({ max: 20 });
  runner = new SubscriptionRunner({ pool: db.pool, store, subscriptions: projections, largestBatch: 20 });
  runner.start();
});
afterAll(async () => {
  await runner.stop();
  await db.drop();
});

const published = entry('rule', 'verdict-rules', 'VerdictRulePublished', 50, {
  rule: { ruleId: ruleId(1), verdict: 'internal', match: { networks: ['198.51.100.2'] } },
});
const withdrawn = entry('withdrawn', 'verdict-rules', 'VerdictRuleWithdrawn', 50, { ruleId: ruleId(1) });

/** Mails with a rule in the middle, which is withdrawn again later in every second one. */
const worlds = fc.tuple(mailTouches(60), fc.boolean()).map(([touches, isWithdrawn]): Entry[] => {
  const third = Math.ceil(touches.length / 3);
  return [
    ...touches.slice(0, third),
    published,
    ...touches.slice(third, 2 * third),
    ...(isWithdrawn ? [withdrawn] : []),
    ...touches.slice(2 * third),
  ];
});

let run = 0;

test.each([
  ['all workspaces', undefined],
  ['one workspace', 'one'],
])(
  'a rebuild of %s gives the same verdicts, with all that follows from them',
  async (_, scope) => {
    const property = fc.asyncProperty(worlds, worlds, async (ours, theirs) => {
      run += 1;
      const workspace = `w${run}`;
      await db.pool.query('INSERT INTO touchline.workspace (slug, name) VALUES ($1, $1)', [workspace]);
      await arrive(store, workspace, ours);
      await arrive(store, `other${run}`, theirs);
      await runner.catchUp();
      const live = await allVersions(db.pool);

      await runner.rebuild('journey', scope && workspace);
      await runner.catchUp();

      expect((await readCheckpoints(db.pool, ['journey']))[0]?.comparison?.isSame).toBe(true);
      expect(await allVersions(db.pool)).toEqual(live);
    });
    await fc.assert(property, { numRuns: Number(process.env['LAW_RUNS'] ?? 3), endOnFailure: true });
  },
  300_000,
);

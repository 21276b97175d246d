import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arrive, buyers } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { allVersions, currentRows } from '../../test/read-model-rows.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { projections } from '../projections/all.js';
import { readCheckpoints } from './read-checkpoints.js';
import { SubscriptionRunner } from './runner.js';

const store = new MemoryEventStore();
let rebuilt: TestDatabase;
let reference: TestDatabase;
let runner: SubscriptionRunner;
let follower: SubscriptionRunner;

beforeAll(async () => {
  [rebuilt, reference] = [await testDatabase({ max: 20 }), await testDatabase()];
  runner = new SubscriptionRunner({
    pool: rebuilt.pool,
    store,
    subscriptions: projections,
    largestBatch: 20,
  });
  follower = new SubscriptionRunner({ pool: reference.pool, store, subscriptions: projections });
  runner.start();
});
afterAll(async () => {
  await runner.stop();
  await follower.stop();
  await rebuilt.drop();
  await reference.drop();
});

/** Rows of other workspaces with where they are stored and who wrote them: the same as long as nobody touches them. */
async function storedRowsOfOthers(workspace: string): Promise<string[]> {
  const { rows: tables } = await rebuilt.pool.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class
     WHERE relkind = 'r' AND relnamespace IN (SELECT to_regnamespace(name) FROM touchline.build_schema WHERE is_live)
     ORDER BY 1`,
  );
  const each = tables.map(
    ({ name }) =>
      `SELECT concat_ws(' ', '${name}', ctid, xmin, to_jsonb(t)) AS row FROM ${name} t WHERE workspace <> $1`,
  );
  const { rows } = await rebuilt.pool.query<{ row: string }>(`${each.join(' UNION ALL ')} ORDER BY 1`, [
    workspace,
  ]);
  return rows.map(({ row }) => row);
}

/** Tables that a rebuild of each projection makes again and that no projection reads while it applies events. */
const FALSIFIED: Readonly<Record<string, readonly string[]>> = {
  journey: ['stage_transition', 'score_change', 'attribution_share'],
  opportunities: ['opportunity_event', 'attribution_share'],
  attribution: ['attribution_share'],
};

let run = 0;

test.each(Object.keys(FALSIFIED))(
  'a rebuild of %s for one workspace gives the rows of a rebuild of all, and touches no row of another',
  async (name) => {
    const property = fc.asyncProperty(buyers(30), buyers(15), fc.nat(), async (log, other, cut) => {
      run += 1;
      const workspace = `w${run}`;
      await rebuilt.pool.query('INSERT INTO touchline.workspace (slug, name) VALUES ($1, $1)', [workspace]);
      const middle = cut % (log.length + 1);
      await arrive(store, workspace, log.slice(0, middle));
      await arrive(store, `other${run}`, other);
      await runner.catchUp();
      for (const table of FALSIFIED[name] ?? [])
        await rebuilt.pool.query(`DELETE FROM touchline.${table} WHERE workspace = $1`, [workspace]);
      const others = await storedRowsOfOthers(workspace);

      const arriving = arrive(store, workspace, log.slice(middle));
      await runner.rebuild(name, workspace);
      await arriving;
      await runner.catchUp();

      expect((await readCheckpoints(rebuilt.pool, [name]))[0]?.comparison?.workspace).toBe(workspace);
      expect(await storedRowsOfOthers(workspace)).toEqual(others);
      await follower.catchUp();
      expect(await currentRows(rebuilt.pool)).toEqual(await currentRows(reference.pool));
      expect(await allVersions(rebuilt.pool)).toEqual(await allVersions(reference.pool));
    });
    await fc.assert(property, { numRuns: Number(process.env['LAW_RUNS'] ?? 3), endOnFailure: true });
  },
  300_000,
);

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import {
  append,
  forgetTallies,
  tally,
  tallyTables,
  touch,
  touches,
  type TallyOptions,
} from '../../test/sample-projections.js';
import { recorder } from '../../test/sample-reactors.js';
import { withClient } from '../database/client.js';
import { Refused } from '../domain/refused.js';
import { MemoryEventStore } from '../event-store/memory.js';
import { readDeadLetters } from './dead-letters.js';
import { type Checkpoint, readCheckpoints } from './read-checkpoints.js';
import { SubscriptionRunner } from './runner.js';
import type { Subscription } from './subscription.js';

let db: TestDatabase;
let store: MemoryEventStore;

beforeAll(async () => {
  db = await testDatabase({ max: 20 });
  await tallyTables(db.pool, 'alpha', 'beta');
  await db.pool.query(
    `INSERT INTO touchline.workspace (slug, name) SELECT slug, slug FROM unnest('{main,other}'::text[]) slug`,
  );
});
afterAll(() => db.drop());
beforeEach(async () => {
  store = new MemoryEventStore();
  await forgetTallies(db.pool, 'alpha', 'beta');
});
afterEach(() => store.close());

const runner = (...subscriptions: readonly Subscription[]): SubscriptionRunner =>
  new SubscriptionRunner({ pool: db.pool, store, subscriptions, largestBatch: 50 });

const alphaAndBeta = (options: TallyOptions = {}): Subscription[] => [
  tally('alpha', options),
  tally('beta', { after: ['alpha'] }),
];

const checkpointOf = async (name: string): Promise<Checkpoint | undefined> =>
  (await readCheckpoints(db.pool, [name]))[0];

/** Rows of a workspace with where they are and who wrote them: all the same when nobody touched them. */
async function storedRows(workspace: string): Promise<string[]> {
  const { rows: schemas } = await db.pool.query<{ name: string; projection: string }>(
    `SELECT name, projection FROM touchline.build_schema WHERE is_live AND projection IN ('alpha', 'beta')`,
  );
  const each = schemas.flatMap(({ name, projection }) =>
    ['seen', 'count'].map(
      (table) =>
        `SELECT concat_ws(' ', '${projection}', ctid, xmin, to_jsonb(t)) AS row
         FROM ${name}.${projection}_${table} t WHERE workspace = $1`,
    ),
  );
  const { rows } = await db.pool.query<{ row: string }>(`${each.join(' UNION ALL ')} ORDER BY 1`, [
    workspace,
  ]);
  return rows.map(({ row }) => row);
}

async function eventsOf(workspace: string, table = 'alpha_count'): Promise<number> {
  const { rows } = await db.pool.query<{ events: number }>(
    `SELECT coalesce(sum(events), 0)::int AS events FROM touchline.${table} WHERE workspace = $1`,
    [workspace],
  );
  return rows[0]?.events ?? 0;
}

/** Adds to a count, as a fault of the code would. */
const falsify = (workspace: string): Promise<unknown> =>
  db.pool.query(
    `UPDATE touchline.alpha_count SET events = events + 1 WHERE workspace = $1 AND key = 'user:u-3'`,
    [workspace],
  );

async function twoWorkspaces(): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await append(store, touches(30));
    await append(store, touches(20), 'other');
  }
}

describe('a rebuild of the rows of one workspace', () => {
  test('makes them again from the log, and touches no row of another workspace and none that was right', async () => {
    const live = runner(...alphaAndBeta());
    await twoWorkspaces();
    await live.catchUp();
    await falsify('main');
    await falsify('other');
    const [ofMain, ofOther] = [await storedRows('main'), await storedRows('other')];

    expect(await live.rebuild('alpha', 'main')).toEqual(['alpha', 'beta']);
    expect(await checkpointOf('beta')).toMatchObject({
      status: 'rebuilding',
      rebuild: { workspace: 'main', position: 0n, target: 200n },
    });
    await live.catchUp();

    expect(await checkpointOf('alpha')).toMatchObject({
      status: 'running',
      rebuild: null,
      position: 200n,
      comparison: {
        workspace: 'main',
        isSame: false,
        tables: [
          { table: 'alpha_seen', rows: 120, rowsBefore: 120, isSame: true },
          { table: 'alpha_count', rows: 10, rowsBefore: 10, isSame: false },
        ],
      },
    });
    expect(await checkpointOf('beta')).toMatchObject({ comparison: { workspace: 'main', isSame: true } });
    expect([await eventsOf('main'), await eventsOf('other')]).toEqual([120, 81]);
    expect(await storedRows('other')).toEqual(ofOther);
    const changed = (await storedRows('main')).filter((row) => !ofMain.includes(row));
    expect(changed).toEqual([expect.stringContaining('"user:u-3"')]);

    await append(store, touches(10));
    await live.catchUp();
    expect([await eventsOf('main'), await eventsOf('main', 'beta_count')]).toEqual([130, 130]);
  });

  test('hands on its events alone, and says that nothing of other workspaces is to be written', async () => {
    const given: string[] = [];
    const alpha = tally('alpha');
    const live = runner({
      ...alpha,
      async apply(batch, tx, range) {
        const { rows } = await tx.query<{ isNext: boolean }>(
          'SELECT NOT is_live AS "isNext" FROM touchline.build_schema WHERE name = current_schema()',
        );
        if (rows[0]?.isNext)
          given.push(
            ...batch.map(({ workspace }) => workspace),
            `leaves out: ${['main', 'other'].filter((one) => range.blocked?.has(one, 'lead:1')).join()}`,
          );
        await alpha.apply(batch, tx, range);
      },
    });
    await twoWorkspaces();
    await live.catchUp();
    await live.rebuild('alpha', 'main');
    await live.catchUp();
    expect([...new Set(given)]).toEqual(['main', 'leaves out: other']);
    expect(given.filter((one) => one === 'main')).toHaveLength(120);
  });

  test('does not wait for snapshots and queries that are open, which go on to see the rows as they were', async () => {
    const live = runner(...alphaAndBeta());
    await twoWorkspaces();
    await live.catchUp();
    await falsify('main');
    await withClient(db.pool, async (query) => {
      await query.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await query.query('SELECT count(*) FROM touchline.beta_count');
      await live.rebuild('alpha', 'main');
      await live.catchUp();
      expect(await eventsOf('main')).toBe(120);
      const { rows } = await query.query<{ sum: number }>(
        `SELECT sum(events)::int FROM touchline.alpha_count WHERE workspace = 'main'`,
      );
      expect(rows).toEqual([{ sum: 121 }]);
      await query.query('COMMIT');
    });
  });

  test('applies its dead letters again, and leaves those of other workspaces', async () => {
    let isBroken = true;
    const check: TallyOptions['check'] = (event) => {
      if (event.type === 'TouchpointRecorded' && event.data.properties?.['poison'] && isBroken)
        throw new Error('poison');
    };
    const live = runner(...alphaAndBeta({ check }));
    await append(store, [touch(['user:a'], { poison: true }), touch(['user:a']), touch(['user:b'])]);
    await append(store, [touch(['user:a'], { poison: true })], 'other');
    await live.catchUp();
    const left = async () =>
      (await readDeadLetters(db.pool, 'alpha', undefined, 0n, 10)).map(({ position }) => position);
    expect(await left()).toEqual(['1', '2', '4']);

    await live.rebuild('alpha', 'main');
    await live.catchUp();
    expect(await left()).toEqual(['1', '2', '4']);

    isBroken = false;
    await live.rebuild('alpha', 'main');
    await live.catchUp();
    expect(await left()).toEqual(['4']);
    expect([await eventsOf('main'), await eventsOf('other')]).toEqual([3, 0]);

    isBroken = true;
    await append(store, [touch(['user:a']), touch(['user:c'], { poison: true })]);
    await live.catchUp();
    expect(await left()).toEqual(['4', '6']);
    expect(await eventsOf('main')).toBe(4);
  });

  test('is not begun while another runs, nor for what has no rows of a workspace', async () => {
    const effects: bigint[] = [];
    const react = recorder('react', effects, { after: ['alpha'], rebuild: 'allowed' });
    const live = runner(...alphaAndBeta(), react);
    await twoWorkspaces();
    await live.catchUp();
    const refusal = (name: string, workspace: string) =>
      live.rebuild(name, workspace).then(
        () => 'done',
        (error: unknown) => (error instanceof Refused ? error.code : error),
      );
    expect(await refusal('alpha', 'nobody')).toBe('workspace-not-found');
    expect(await refusal('react', 'main')).toBe('rebuild-not-allowed');
    await live.rebuild('beta', 'main');
    expect(await refusal('beta', 'main')).toBe('rebuild-in-progress');
    expect(await refusal('alpha', 'other')).toBe('rebuild-in-progress');
    await live.catchUp();
    expect(await refusal('alpha', 'other')).toBe('done');
    await live.catchUp();
    expect(effects).toHaveLength(200);
  });

  test('is refused for a table whose rows belong to no workspace', async () => {
    await db.pool.query(
      `CREATE TABLE touchline.gamma_total (events bigint); SELECT touchline.add_read_model('gamma', 'gamma_total')`,
    );
    const gamma = { ...tally('gamma', { after: ['alpha'] }), tables: ['gamma_total'] };
    await expect(runner(tally('alpha'), gamma).rebuild('alpha', 'main')).rejects.toMatchObject({
      code: 'rebuild-not-allowed',
      message: expect.stringContaining('gamma_total has no column workspace') as unknown,
    });
  });

  test('that a rebuild of all workspaces overtakes is done by that one', async () => {
    const live = runner(...alphaAndBeta());
    await twoWorkspaces();
    await live.catchUp();
    await falsify('main');
    await falsify('other');
    await live.rebuild('alpha', 'main');
    await live.rebuild('beta');
    const { rows } = await db.pool.query(
      'SELECT name, workspace, count(*) OVER (PARTITION BY rebuild)::int AS members FROM touchline.projection WHERE NOT is_live ORDER BY name',
    );
    expect(rows).toEqual([
      { name: 'alpha', workspace: null, members: 2 },
      { name: 'beta', workspace: null, members: 2 },
    ]);
    await live.catchUp();
    expect([await eventsOf('main'), await eventsOf('other')]).toEqual([120, 80]);
  });
});

describe('a retry of dead letters', () => {
  test.each([
    ['of one workspace has the read models after it rebuilt for that workspace alone', 'main', 'main'],
    ['of several workspaces has them rebuilt for all', undefined, null],
  ])('%s', async (_, workspace, expected) => {
    let isBroken = true;
    const check: TallyOptions['check'] = () => {
      if (isBroken) throw new Error('poison');
    };
    const live = runner(...alphaAndBeta({ check }));
    await append(store, [touch(['user:a'])]);
    await append(store, [touch(['user:a'])], 'other');
    await live.catchUp();
    isBroken = false;
    await live.retryDeadLetters('alpha', workspace);
    await live.catchUp();
    expect((await checkpointOf('beta'))?.comparison?.workspace).toBe(expected);
  });
});

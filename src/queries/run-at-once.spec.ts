import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { type ExampleApi, exampleApi, HEAD } from '../../test/example-api.js';
import { pageView } from '../../test/sample-events.js';
import { withClient } from '../database/client.js';
import { ReadModels, type View } from './read-models.js';
import { runAtOnce } from './run-at-once.js';
import { hasFreeConnection } from './shared-snapshot.js';

let api: ExampleApi;
beforeAll(async () => {
  api = await exampleApi();
}, 60_000);
afterAll(() => api?.close());

const NOW = { workspace: 'main', asOf: undefined, minPosition: undefined };
const inView = <T>(work: (view: View) => Promise<T>): Promise<T> =>
  api.app.get(ReadModels, { strict: false }).view(NOW, ['journey'], work);

interface Seen {
  readonly session: number;
  readonly touchpoints: number;
  readonly memory: string;
}
async function look({ tx }: View): Promise<Seen> {
  const { rows } = await tx.query<Seen>(`
    SELECT pg_backend_pid() AS session, (SELECT count(*)::int FROM touchline.journey) AS touchpoints,
           current_setting('work_mem') AS memory`);
  return rows[0] ?? { session: 0, touchpoints: 0, memory: '' };
}

test('queries that run at once on two sessions see the same rows, whatever is committed meanwhile', async () => {
  const [first, second] = await inView(async (view) => {
    await view.tx.query(`SET LOCAL work_mem = '7MB'`);
    await api.add('main', [pageView('meanwhile', 89, ['email:mean@while.example'])]);
    await api.runner.catchUp();
    const begun = Promise.withResolvers<true>();
    return runAtOnce(view, [
      async (own) => {
        await begun.promise;
        return look(own);
      },
      (own) => {
        begun.resolve(true);
        return look(own);
      },
    ]);
  });
  expect(second.session).not.toBe(first.session);
  expect(second).toEqual({ ...first, session: second.session });
  expect(second.memory).toBe('7MB');
  expect((await inView(look)).touchpoints).toBeGreaterThan(first.touchpoints);
});

test('the second session knows whether read models are exactly at the position', async () => {
  const current = await inView((view) =>
    runAtOnce(view, [(own) => own.isCurrent('journey'), (own) => own.isCurrent('journey')]),
  );
  expect(current).toEqual([true, true]);
  const earlier = await api.app
    .get(ReadModels, { strict: false })
    .view({ ...NOW, asOf: BigInt(HEAD) }, ['journey'], (view) =>
      runAtOnce(view, [(own) => own.isCurrent('journey'), (own) => own.isCurrent('journey')]),
    );
  expect(earlier).toEqual([false, false]);
});

test('queries run one after the other while no second connection is free', async () => {
  const { pool } = api.db;
  const sessions = await inView(async (view) => {
    const held: PoolClient[] = [];
    const holdOneMore = async (): Promise<Seen[]> =>
      hasFreeConnection(pool)
        ? withClient(pool, (client) => (held.push(client), holdOneMore()))
        : [...(await runAtOnce(view, [look, look]))];
    return holdOneMore();
  });
  expect(sessions[0]).toEqual(sessions[1]);
});

test('a query that fails ends the request with its error, and those that wait are not run', async () => {
  const run: string[] = [];
  const failing = inView((view) =>
    runAtOnce(view, [
      (own) => own.tx.query('SELECT 1 / 0'),
      (own) => own.tx.query('SELECT pg_sleep(0.2)'),
      () => Promise.resolve(run.push('third')),
    ]),
  );
  await expect(failing).rejects.toThrow('division by zero');
  expect(run).toEqual([]);
});

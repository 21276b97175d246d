import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { testApp, type TestApp } from '../../test/app.js';
import { arrive, buyers } from '../../test/buyers.js';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { pageView } from '../../test/sample-events.js';
import { waitUntilApplied, responsesAsOf, type GetResponse } from '../../test/api-snapshot.js';
import { allVersions, currentRows, rowsAsOf } from '../../test/read-model-rows.js';
import { projections } from '../projections/all.js';
import type { ProjectionsAnswer } from './api/subscriptions.answers.js';
import { SubscriptionRunner } from './runner.js';

Logger.overrideLogger(false);

const OPERATOR = 'ok_0123456789abcdefghij';

let server: TestApp;
let live: TestDatabase;
let follower: SubscriptionRunner;
beforeAll(async () => {
  server = await testApp({ TOUCHLINE_OPERATOR_KEY: OPERATOR });
  live = await testDatabase();
  follower = new SubscriptionRunner({
    pool: live.pool,
    store: server.runtime.store,
    subscriptions: projections,
  });
});
afterAll(async () => {
  await follower.stop();
  await live.drop();
  await server.close();
});

const asks =
  (apiKey: string, method: 'GET' | 'POST' = 'GET') =>
  async (path: string) => {
    const headers = { authorization: `Bearer ${apiKey}` };
    const answer = await server.app.inject({ method, url: path, headers });
    return { status: answer.statusCode, text: answer.body };
  };

/** Asks again and again while `working`: always the same bytes. */
async function asksMeanwhile(
  ask: GetResponse,
  answers: ReadonlyMap<string, string>,
  working: Promise<unknown>,
): Promise<void> {
  let over = false;
  void working.finally(() => (over = true)).catch(() => undefined);
  while (!over) {
    for (const [path, text] of answers) {
      const answer = await ask(path);
      expect([path, answer.status, answer.text]).toEqual([path, 200, text]);
    }
  }
}

/** Of the projections that a rebuild of the named ones concerns: tables that came out different, or were not compared at all. */
async function differingTables(names: readonly string[]): Promise<string[]> {
  const { projections } = JSON.parse((await asks(OPERATOR)('/api/projections')).text) as ProjectionsAnswer;
  const concerned = new Set(names.flatMap((name) => BUILDS_ON[name] ?? []));
  return projections
    .filter(({ name }) => concerned.has(name))
    .flatMap(({ name, comparison }) => {
      if (!comparison) return [`${name}: not compared`];
      // Null: credits that were left to a later batch, in either build, are not compared.
      return comparison.tables.filter(({ isSame }) => isSame === false).map(({ table }) => table);
    });
}

const NAMES = [['journey'], ['opportunities'], ['attribution'], ['attribution', 'journey', 'opportunities']];
const BUILDS_ON: Readonly<Record<string, readonly string[]>> = {
  journey: ['journey', 'attribution', 'lifecycle'],
  opportunities: ['opportunities', 'attribution'],
  attribution: ['attribution'],
};

test.each(Object.keys(BUILDS_ON))('a rebuild of %s is done when nothing else happens', async (name) => {
  const ask = asks(server.keys.apiKey);
  await arrive(server.runtime.store, 'main', [pageView(`before ${name}`, 1, ['user:ada'])]);
  await waitUntilApplied(ask);
  expect((await asks(OPERATOR, 'POST')(`/api/projections/${name}/rebuild`)).status).toBe(202);
  await waitUntilApplied(ask, 20_000);
});

let run = 0;

test.each(NAMES.map((names) => [names.join(', '), names] as const))(
  'a rebuild of %s while events arrive gives the rows and the answers there were',
  async (_, names) => {
    const property = fc.asyncProperty(buyers(40), fc.nat(), async (log, cut) => {
      const workspace = `w${++run}`;
      const { apiKey } = await server.workspaces.add(workspace);
      const ask = asks(apiKey);
      const store = server.runtime.store;
      const middle = cut % (log.length + 1);
      await arrive(store, workspace, log.slice(0, middle));
      const position = await waitUntilApplied(ask);
      const answers = await responsesAsOf(ask, position);
      const rows = await rowsAsOf(server.database.pool, BigInt(position));

      const arriving = arrive(store, workspace, log.slice(middle));
      for (const name of names) {
        const { status, text } = await asks(OPERATOR, 'POST')(`/api/projections/${name}/rebuild`);
        expect([status, JSON.parse(text)]).toEqual([202, { rebuilding: BUILDS_ON[name] }]);
      }
      await asksMeanwhile(
        ask,
        answers,
        arriving.then(() => waitUntilApplied(ask)),
      );

      expect(await differingTables(names)).toEqual([]);
      expect(await responsesAsOf(ask, position)).toEqual(answers);
      expect(await rowsAsOf(server.database.pool, BigInt(position))).toEqual(rows);
      await follower.catchUp();
      expect(await currentRows(server.database.pool)).toEqual(await currentRows(live.pool));
      expect(await allVersions(server.database.pool)).toEqual(await allVersions(live.pool));
    });
    await fc.assert(property, { numRuns: Number(process.env['LAW_RUNS'] ?? 3), endOnFailure: true });
  },
  300_000,
);

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedEvent } from '../../src/domain/events.js';
import { EventStoreDbEventStore } from '../../src/event-store/eventstoredb.js';
import { ProtocolServer } from '../eventstoredb/server.js';
import { eventsAfter } from '../events-after.js';
import { waitUntilApplied, responsesAsOf, type GetResponse } from '../api-snapshot.js';
import { until } from '../until.js';
import { runBuilt } from './command.js';
import { API_KEY, freePort, poolOf, SERVER_WRITE_KEY, ServerProcess } from './server-process.js';
import { Traffic } from './traffic.js';
import { caughtUp, expectMoneyConserved } from './invariants.js';

const folders: string[] = [];
const servers: ServerProcess[] = [];
let esdb: ProtocolServer;

beforeAll(async () => {
  esdb = await ProtocolServer.start();
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  await esdb.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'touchline-eventstoredb-'));
  folders.push(made);
  return made;
}

const inEventStoreDb = () => ({ EVENT_STORE: 'eventstoredb', EVENTSTOREDB_URL: esdb.url });

async function start(dataDir: string, env = {}, port?: number): Promise<ServerProcess> {
  const server = await ServerProcess.start({ dataDir, port: port ?? (await freePort()), env });
  servers.push(server);
  return server;
}

const askOf =
  ({ url }: ServerProcess): GetResponse =>
  async (path) => {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${API_KEY}` } });
    return { status: answer.status, text: await answer.text() };
  };

/**
 * What two runs of one story cannot have in common: positions (a cursor holds one), the time of recording, and the random ids of what commands
 * decided. Everything else must be the same to the byte.
 */
const ofAnyRun = (text: string): string =>
  text
    .replaceAll(/"(asOf|position|knownFrom)":"\d+"/g, '"$1":"…"')
    .replaceAll(/asOf=\d+/g, 'asOf=…')
    .replaceAll(/"next":"[^"]+"/g, '"next":"…"')
    .replaceAll(/"(recordedAt|publishedAt)":"[^"]+"/g, '"$1":"…"')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, '…');

/** What has decayed until the last event was recorded, which was some seconds apart in the two runs. */
const DECAYED = /"(score|worth)":(-?[\d.]+)(?:,"at":"[^"]+")?/g;
const scoresOf = (text: string): number[] => [...text.matchAll(DECAYED)].map(([, , score]) => Number(score));

/** The same in the table that the demo prints, with one decimal. */
const PRINTED = /│ +(-?\d+\.\d) (?=│)/g;

const furthestApart = (some: readonly number[] = [], others: readonly number[] = []): number => {
  expect(others).toHaveLength(some.length);
  return Math.max(...some.map((score, index) => Math.abs(score - (others[index] ?? NaN))));
};

test('the API gives the same responses with the log in EventStoreDB as in PostgreSQL', async () => {
  const stories = [{}, inEventStoreDb()].map(async (env) => {
    const dataDir = await folder();
    const server = await start(dataDir, env);
    const settings = {
      PORT: new URL(server.url).port,
      TOUCHLINE_DATA_DIR: dataDir,
      TOUCHLINE_SERVER_WRITE_KEY: SERVER_WRITE_KEY,
      TOUCHLINE_API_KEY: API_KEY,
      ...env,
    };
    const demo = await runBuilt('cli/main.js', ['demo', '--people', '60'], settings);
    expect([demo.code, demo.error]).toEqual([0, '']);
    const ask = askOf(server);
    const answers = await responsesAsOf(ask, await waitUntilApplied(ask));
    await server.stop();
    const told = demo.out.slice(demo.out.indexOf('\n1. ')).replaceAll(server.url, 'http://localhost');
    const texts = [...answers].map(([path, text]) => `${ofAnyRun(path)}: ${ofAnyRun(text)}`);
    return {
      printed: ofAnyRun(told).replaceAll(PRINTED, '│ … '),
      printedScores: [...told.matchAll(PRINTED)].map(([, score]) => Number(score)),
      answers: texts.map((text) => text.replaceAll(DECAYED, '"$1":"…"')),
      scores: texts.flatMap(scoresOf),
    };
  });
  const [inPostgres, inEsdb] = await Promise.all(stories);
  expect(inPostgres?.answers.length).toBeGreaterThan(100);
  expect(inEsdb?.printed).toBe(inPostgres?.printed);
  expect(inEsdb?.answers).toEqual(inPostgres?.answers);
  expect(inPostgres?.printedScores.length).toBeGreaterThan(5);
  expect(furthestApart(inPostgres?.printedScores, inEsdb?.printedScores)).toBeLessThan(0.11);
  expect(inPostgres?.scores.length).toBeGreaterThan(100);
  expect(furthestApart(inPostgres?.scores, inEsdb?.scores)).toBeLessThan(0.011);
}, 240_000);

test('stopping EventStoreDB and killing Touchline under load loses and duplicates nothing, with 503 in between', async () => {
  const own = await ProtocolServer.start();
  const env = { EVENT_STORE: 'eventstoredb', EVENTSTOREDB_URL: own.url };
  const dataDir = await folder();
  const port = await freePort();
  let server = await start(dataDir, env, port);
  const traffic = new Traffic(server.url);
  traffic.start({ batches: 4, singles: 12, opportunities: 2, pauseMs: 20 });
  let peak = 0;
  const goesOn = async (): Promise<boolean> => {
    const before = traffic.acknowledged.messages.size;
    peak = Math.max(peak, await server.memory());
    return until(() => traffic.acknowledged.messages.size > before + 300, 60_000);
  };
  expect(await goesOn()).toBe(true);
  for (let kill = 0; kill < 3; kill++) {
    await server.kill();
    server = await start(dataDir, env, port);
    expect(await goesOn()).toBe(true);
  }
  await own.stop();
  await sleep(2_000);
  await own.start();
  expect(await goesOn()).toBe(true);
  traffic.refusals.statuses.clear();
  own.faults.silent = true;
  expect(await until(() => (traffic.refusals.statuses.get(503) ?? 0) >= 10, 60_000)).toBe(true);
  own.faults.silent = false;
  expect(await goesOn()).toBe(true);
  await traffic.stop();
  await caughtUp(server.url, 120_000);

  expect([...traffic.refusals.statuses.keys()]).toEqual([503]);
  expect(traffic.refusals.withoutRetryAfter).toBe(0);
  expect(peak).toBeLessThan(500e6);
  const pool = await poolOf(dataDir);
  const store = new EventStoreDbEventStore(own.url, pool);
  const log = await eventsAfter(store);
  expectLogWhole(log, traffic);
  await expectMoneyConserved(pool, traffic.acknowledged);
  await store.close();
  await pool.end();
  await server.stop();
  await own.stop();
}, 300_000);

/** Laws 1 and 3: what was acknowledged is there, once, where its receipt said, in the order of its stream. */
function expectLogWhole(log: readonly RecordedEvent[], { acknowledged }: Traffic): void {
  const positions = new Map<string, string>();
  for (const event of log)
    if (event.type === 'TouchpointRecorded')
      positions.set(
        String((event.data as { properties?: { mid?: string } }).properties?.mid),
        String(event.position),
      );
  expect(positions.size).toBe(log.filter(({ type }) => type === 'TouchpointRecorded').length);
  expect([...acknowledged.messages].filter((mid) => !positions.has(mid))).toEqual([]);
  expect([...acknowledged.positions].filter(([mid, at]) => positions.get(mid) !== at)).toEqual([]);
  for (const events of Map.groupBy(log, ({ workspace, stream }) => `${workspace}/${stream}`).values())
    expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));
}

describe('a start without a usable EventStoreDB', () => {
  test.each([
    ['esdb://admin:secret@127.0.0.1:1?tls=false', 'ECONNREFUSED'],
    ['esdb://admin:secret@127.0.0.1:x', 'expected port number'],
  ])(
    'fails with one line: %s',
    async (url, why) => {
      const settings = {
        ...{ PORT: String(await freePort()), TOUCHLINE_DATA_DIR: await folder() },
        ...{ EVENT_STORE: 'eventstoredb', EVENTSTOREDB_URL: url },
      };
      const ended = await runBuilt('main.js', [], settings);
      expect([ended.code, ended.error]).toEqual([
        1,
        expect.stringMatching(/^touchline: EVENTSTOREDB_URL: [^\n]+\n$/),
      ]);
      expect(ended.error).toContain(why);
      expect(ended.error + ended.out).not.toContain('secret');
    },
    60_000,
  );
});

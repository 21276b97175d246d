import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ProjectionsAnswer } from '../../src/subscriptions/api/subscriptions.answers.js';
import { waitUntilApplied, responsesAsOf, type GetResponse } from '../api-snapshot.js';
import { until } from '../until.js';
import { biUrl } from './bi-sessions.js';
import { type ProcessResult, runBuilt } from './command.js';
import { API_KEY, freePort, OPERATOR_KEY, ServerProcess, WRITE_KEY } from './server-process.js';
import { Traffic } from './traffic.js';

let dataDir: string;
let server: ServerProcess;
let position: string;
let answers: ReadonlyMap<string, string>;
/** Between two requests of a client: without it the clients alone keep every core busy, and background work has a tenth of one. */
const PAUSE_MS = 20;

const start = async (): Promise<void> => {
  server = await ServerProcess.start({ dataDir, port: await freePort() });
};
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-rebuild-'));
  await start();
  const clients = new Traffic(server.url);
  clients.start({ batches: 1, singles: 2, opportunities: 1 });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await clients.stop();
  position = await waitUntilApplied(ask);
  answers = await responsesAsOf(ask, position);
}, 120_000);
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const ask: GetResponse = async (path) => {
  const answer = await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${API_KEY}` } });
  return { status: answer.status, text: await answer.text() };
};
const rebuild = (...args: readonly string[]): Promise<ProcessResult> =>
  runBuilt('cli/main.js', ['rebuild', ...args], { TOUCHLINE_DATA_DIR: dataDir });

/** Sends touchpoints one after another while the work goes on. @returns how many */
async function busy(work: () => Promise<void>): Promise<number> {
  let over = false;
  const working = work().finally(() => (over = true));
  let sent = 0;
  for (; !over; sent += 1) {
    const email = `buyer-${sent % 50}@company-${sent % 20}.example`;
    const body = JSON.stringify({ messageId: `busy-${sent}`, kind: 'page_view', email });
    const headers = { 'x-write-key': WRITE_KEY, 'content-type': 'application/json' };
    const answer = await fetch(`${server.url}/touchpoints`, { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
    await sleep(PAUSE_MS);
  }
  await working;
  return sent;
}

/** Tables whose rows came out different in the last rebuild. */
async function differences(): Promise<string[]> {
  const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
  const answer = await fetch(`${server.url}/api/projections`, { headers });
  const { projections } = (await answer.json()) as ProjectionsAnswer;
  return projections.flatMap(({ comparison }) =>
    (comparison?.tables ?? []).flatMap(({ table, isSame }) => (isSame === false ? [table] : [])),
  );
}

/** Asks the API and schema bi one question after the other: the same answers as ever, and never fewer rows than before. */
class Asking {
  answers = 0;
  rows = 0;
  private over = false;
  private readonly asking = [this.askApi(), this.askBi()];

  async stop(): Promise<void> {
    this.over = true;
    await Promise.all(this.asking);
  }

  private async askApi(): Promise<void> {
    while (!this.over)
      for (const [path, text] of answers) {
        const answer = await ask(path);
        expect([path, answer.status, answer.text]).toEqual([path, 200, text]);
        this.answers += 1;
        await sleep(PAUSE_MS);
      }
  }

  private async askBi(): Promise<void> {
    const bi = new pg.Client({ connectionString: await biUrl(dataDir), application_name: 'bi' });
    await bi.connect();
    try {
      while (!this.over) {
        const { rows } = await bi.query<{ rows: number }>(
          'SELECT count(*)::int AS rows FROM bi.fact_touchpoint',
        );
        expect(rows[0]?.rows).toBeGreaterThanOrEqual(this.rows);
        this.rows = rows[0]?.rows ?? 0;
        await sleep(PAUSE_MS);
      }
    } finally {
      await bi.end();
    }
  }
}

test('touchline rebuild on an idle server changes no response', async () => {
  for (const [name, names] of [
    ['attribution', 'attribution'],
    ['opportunities', 'opportunities, attribution'],
    ['journey', 'journey, attribution, lifecycle'],
  ] as const) {
    expect(await rebuild(name)).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        new RegExp(`^Rebuilding ${names}\n(.+ of .+\n)*Rebuilt ${names}\n$`),
      ) as unknown,
      error: '',
    });
    expect(await differences()).toEqual([]);
    expect(await responsesAsOf(ask, position)).toEqual(answers);
  }
}, 120_000);

test('touchline rebuild of one workspace on an idle server keeps every answer the same to the byte', async () => {
  expect(await rebuild('journey', '--workspace', 'main')).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      /^Rebuilding journey, attribution, lifecycle of workspace main\n(.+ of .+\n)*Rebuilt journey, attribution, lifecycle of workspace main\n$/,
    ) as unknown,
    error: '',
  });
  expect(await differences()).toEqual([]);
  expect(await responsesAsOf(ask, position)).toEqual(answers);
  expect((await rebuild('journey', '--workspace', 'mian')).error).toBe(
    'touchline: The workspace "mian" does not exist\n',
  );
}, 120_000);

test('touchline rebuild on a busy server keeps queries and schema bi available', async () => {
  const asking = new Asking();
  const sent = await busy(async () => {
    for (const name of ['journey', 'opportunities'])
      expect(await rebuild(name)).toMatchObject({ code: 0, error: '' });
  }).finally(() => asking.stop());
  expect(sent).toBeGreaterThan(0);
  expect(Math.min(asking.answers, asking.rows)).toBeGreaterThan(0);
  expect(await differences()).toEqual([]);
  expect(await waitUntilApplied(ask)).not.toBe(position);
  expect(await responsesAsOf(ask, position)).toEqual(answers);
}, 120_000);

test('touchline rebuild without a server is done at the next start', async () => {
  await server.stop();
  expect(await rebuild('journey')).toMatchObject({
    code: 0,
    out: 'Rebuilding journey, attribution, lifecycle\nNo server with the role "project" is running; the next one does it\n',
  });
  await start();
  await waitUntilApplied(ask);
  expect(await responsesAsOf(ask, position)).toEqual(answers);
}, 120_000);

test('touchline rebuild with an unknown name reports the known ones', async () => {
  const known = [
    ...['journey', 'opportunities', 'attribution', 'catalogue', 'lifecycle', 'apply_model', 'qualify_leads'],
    ...['hand_off_leads', 'watch_handoffs', 'deliver_webhooks', 'follow_segments'],
  ].join(', ');
  expect(await rebuild('journeys')).toEqual({
    code: 1,
    out: '',
    error: `touchline: There is no projection "journeys"; there are: ${known}\n`,
  });
});

test('touchline rebuild kafka_events publishes every event again', async () => {
  const kafka = { TOUCHLINE_DATA_DIR: dataDir, KAFKA_BROKERS: '127.0.0.1:1' };
  expect(await runBuilt('cli/main.js', ['rebuild', 'kafka_events'], kafka)).toMatchObject({
    code: 0,
    out: 'Rebuilding kafka_events\n',
  });
  expect((await rebuild('kafka_events')).error).toContain('There is no projection "kafka_events"');
});

test('a rebuild over HTTP requires the operator key, for one workspace too', async () => {
  const status = async (key: string, query = ''): Promise<number> => {
    const headers = { authorization: `Bearer ${key}` };
    const url = `${server.url}/api/projections/attribution/rebuild${query}`;
    return (await fetch(url, { method: 'POST', headers })).status;
  };
  expect([await status(API_KEY), await status(WRITE_KEY), await status(OPERATOR_KEY)]).toEqual([
    403, 401, 202,
  ]);
  expect([await status(API_KEY, '?workspace=main'), await status(API_KEY, '?workspace=other')]).toEqual([
    403, 403,
  ]);
  // 409 until the rebuild of all workspaces is done.
  const ofOne = async () => (await status(OPERATOR_KEY, '?workspace=main')) === 202;
  expect(await until(ofOne, 50_000)).toBe(true);
});

test('touchline retry applies dead letters', async () => {
  const retry = (...args: string[]) =>
    runBuilt('cli/main.js', ['retry', ...args], { TOUCHLINE_DATA_DIR: dataDir });
  expect(await retry('journey', 'main')).toMatchObject({
    code: 0,
    out: 'Retried 0 dead letters; 0 are left\n',
  });
  expect((await retry('journeys')).error).toContain('There is no projection "journeys"');
});

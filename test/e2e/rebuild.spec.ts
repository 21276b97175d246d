import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allApplied, answersAsOf, type Ask } from '../questions.js';
import { type Ended, runBuilt } from './command.js';
import { API_KEY, freePort, OPERATOR_KEY, ServerProcess, WRITE_KEY } from './server-process.js';
import { Traffic } from './traffic.js';

let dataDir: string;
let server: ServerProcess;
let position: string;
let answers: ReadonlyMap<string, string>;

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
  position = await allApplied(ask);
  answers = await answersAsOf(ask, position);
}, 120_000);
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const ask: Ask = async (path) => {
  const answer = await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${API_KEY}` } });
  return { status: answer.status, text: await answer.text() };
};
const rebuild = (name: string): Promise<Ended> =>
  runBuilt('cli/main.js', ['rebuild', name], { TOUCHLINE_DATA_DIR: dataDir });

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
  }
  await working;
  return sent;
}

test('beside a quiet server it is done at once, and every answer stays the same to the byte', async () => {
  for (const [name, names] of [
    ['attribution', 'attribution'],
    ['opportunities', 'opportunities, attribution'],
    ['journey', 'journey, attribution'],
  ] as const) {
    expect(await rebuild(name)).toMatchObject({ code: 0, out: `To be made anew from the log: ${names}\n` });
    await allApplied(ask);
    expect(await answersAsOf(ask, position)).toEqual(answers);
  }
}, 120_000);

test('beside a busy one too', async () => {
  const sent = await busy(async () => {
    expect((await rebuild('journey')).code).toBe(0);
    expect((await rebuild('opportunities')).code).toBe(0);
  });
  expect(sent).toBeGreaterThan(0);
  expect(await allApplied(ask)).not.toBe(position);
  expect(await answersAsOf(ask, position)).toEqual(answers);
}, 120_000);

test('without a server the next one does it at its start', async () => {
  await server.stop();
  expect((await rebuild('journey')).code).toBe(0);
  await start();
  await allApplied(ask);
  expect(await answersAsOf(ask, position)).toEqual(answers);
}, 120_000);

test('a name that is none is told', async () => {
  expect(await rebuild('journeys')).toEqual({
    code: 1,
    out: '',
    error: 'touchline: There is no projection "journeys"; there are: journey, opportunities, attribution\n',
  });
});

test('the same command publishes every event again where Kafka is used', async () => {
  const kafka = { TOUCHLINE_DATA_DIR: dataDir, KAFKA_BROKERS: '127.0.0.1:1' };
  expect(await runBuilt('cli/main.js', ['rebuild', 'kafka_events'], kafka)).toMatchObject({
    code: 0,
    out: 'To be made anew from the log: kafka_events\n',
  });
  expect((await rebuild('kafka_events')).error).toContain('There is no projection "kafka_events"');
});

test('an API key does not rebuild over HTTP, and the operator key does', async () => {
  const status = async (key: string): Promise<number> => {
    const headers = { authorization: `Bearer ${key}` };
    return (await fetch(`${server.url}/api/projections/attribution/rebuild`, { method: 'POST', headers }))
      .status;
  };
  expect([await status(API_KEY), await status(WRITE_KEY), await status(OPERATOR_KEY)]).toEqual([
    403, 401, 202,
  ]);
});

test('parked events are applied again by the command', async () => {
  const retry = (...args: string[]) =>
    runBuilt('cli/main.js', ['retry', ...args], { TOUCHLINE_DATA_DIR: dataDir });
  expect(await retry('journey', 'main')).toMatchObject({
    code: 0,
    out: 'Tried 0 parked events again; 0 are parked still\n',
  });
  expect((await retry('journeys')).error).toContain('There is no projection "journeys"');
});

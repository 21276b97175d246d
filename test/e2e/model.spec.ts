import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { wholeDocument } from '../model-document.js';
import { runBuilt } from './command.js';
import { until } from '../until.js';
import { API_KEY, freePort, poolOf, SERVER_WRITE_KEY, ServerProcess } from './server-process.js';

let dataDir: string;
let server: ServerProcess;
let port: number;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-model-'));
  port = await freePort();
  server = await ServerProcess.start({ dataDir, port });
});
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const touchline = (...args: string[]) =>
  runBuilt('cli/main.js', ['model', ...args], { TOUCHLINE_DATA_DIR: dataDir, PORT: String(port) });

async function file(name: string, text: string): Promise<string> {
  const path = join(dataDir, name);
  await writeFile(path, text);
  return path;
}

test('touchline model validates, compares and publishes a file beside a running server', async () => {
  const ours = await file('ours.yaml', stringify(wholeDocument()));
  const { scoring } = wholeDocument();
  const next = await file(
    'next.yaml',
    stringify({ ...wholeDocument(), scoring: { ...scoring, halfLifeDays: 14 } }),
  );
  const broken = await file('broken.yaml', 'name: Broken\ncurrency: euro\n');

  const valid = await touchline('validate', ours);
  expect([valid.code, valid.out]).toEqual([0, expect.stringMatching(/is valid with \d+ warnings?\n$/)]);
  expect(valid.error).toMatch(/ours\.yaml:\d+:\d+: warning: /);
  expect((await touchline('validate', ours, '--strict')).code).toBe(1);
  expect(await touchline('validate', broken)).toEqual({
    code: 1,
    out: '',
    error: expect.stringContaining(`${broken}:2:1: error: currency must be a currency code`),
  });

  const published = await touchline('publish', ours, '--by', 'ada', '--expect', '1');
  expect([published.code, published.out]).toEqual([0, 'Version 2 was published\n']);
  expect((await touchline('publish', ours)).out).toBe(
    'Version 2 is in effect already; nothing was published\n',
  );
  expect(await touchline('publish', next, '--expect', '1')).toMatchObject({
    code: 1,
    error: expect.stringContaining('Version 2 of the journey model is in effect, published by ada'),
  });
  expect((await touchline('publish', broken)).code).toBe(1);

  const change = 'changed  scoring.halfLifeDays: 30 → 14\n';
  expect(await touchline('diff', next)).toMatchObject({ code: 1, out: change });
  expect(await touchline('diff', ours, next)).toMatchObject({ code: 1, out: change });
  expect(await touchline('diff', ours)).toMatchObject({ code: 0, out: 'The models are equal\n' });
  expect((await touchline('diff', broken)).code).toBe(2);

  const history = (await touchline('history')).out.split('\n');
  expect(history[0]).toMatch(/^VERSION +PUBLISHED +BY +NAME$/);
  expect(history[1]).toMatch(/^2 .* ada +Whole$/);
  expect(history[2]).toMatch(/^1 .* touchline +Default journey model$/);

  const shown = await file('shown.yaml', (await touchline('show', '--model-version', '1')).out);
  expect((await touchline('validate', shown, '--strict')).code).toBe(0);
});

test('touchline model names a file that cannot be read, and a workspace that does not exist', async () => {
  expect(await touchline('validate', 'nowhere.yaml')).toEqual({
    code: 1,
    out: '',
    error: 'touchline: nowhere.yaml cannot be read: ENOENT\n',
  });
  expect(await touchline('history', '--workspace', 'nobody')).toMatchObject({
    code: 1,
    error: expect.stringContaining('The workspace "nobody" does not exist'),
  });
});

test('touchline model preview compares a file with the model in effect on what visitors did', async () => {
  const visits = Array.from({ length: 30 }, (_, nth) => ({
    ...{ messageId: `v-${nth}`, kind: 'demo_request', email: `buyer-${nth % 10}@company.example` },
    occurredAt: new Date(Date.now() - (nth + 1) * 3_600_000).toISOString(),
  }));
  const sent = await fetch(`http://localhost:${port}/touchpoints`, {
    ...{ method: 'POST', body: JSON.stringify(visits) },
    headers: { 'x-write-key': SERVER_WRITE_KEY, 'content-type': 'application/json' },
  });
  const { receipts } = (await sent.json()) as { receipts: { position: string }[] };
  const position = receipts.map((each) => BigInt(each.position)).reduce((a, b) => (a > b ? a : b));
  const authorization = `Bearer ${API_KEY}`;
  await fetch(`http://localhost:${port}/api/leads?minPosition=${position}`, { headers: { authorization } });
  const stricter = { ...wholeDocument(), scoring: { halfLifeDays: 30, rules: [] }, leadDefinitions: [] };
  const candidate = await file('candidate.yaml', stringify(stricter));

  const shown = await touchline('preview', candidate, '--weeks', '2');
  expect(shown).toMatchObject({
    code: 0,
    out: expect.stringMatching(/beside version \d+, as of position \d+/),
  });
  expect(shown.out).toMatch(/^qualified leads +\d+ +0$/m);
  const json = JSON.parse((await touchline('preview', candidate, '--json')).out) as { leads: number };
  expect(json.leads).toBe(10);

  const streamed = await fetch(`http://localhost:${port}/api/model/preview`, {
    ...{ method: 'POST', body: stringify(stricter) },
    headers: { authorization, 'content-type': 'application/yaml' },
  });
  const lines = (await streamed.text()).trim().split('\n');
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'result', leads: 10 });
}, 60_000);

test('a client that leaves a preview ends its thread and its query in the database, wherever they are', async () => {
  const pool = await poolOf(dataDir);
  const sessions = async (state = ''): Promise<number> =>
    (await pool.query(`SELECT FROM pg_stat_activity WHERE application_name = 'touchline preview' ${state}`))
      .rowCount ?? 0;
  const holder = await pool.connect();
  // The preview waits for this lock in the middle of its query.
  await holder.query('BEGIN; LOCK touchline.opportunity_contact_key');
  try {
    const leaving = new AbortController();
    const preview = await fetch(`http://localhost:${port}/api/model/preview`, {
      ...{ method: 'POST', body: stringify(wholeDocument()), signal: leaving.signal },
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/yaml' },
    });
    expect(preview.status).toBe(200);
    expect(await until(async () => (await sessions(`AND wait_event_type = 'Lock'`)) > 0, 20_000)).toBe(true);
    leaving.abort();
    expect(await until(async () => (await sessions()) === 0, 20_000)).toBe(true);
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
    await pool.end();
  }
}, 60_000);

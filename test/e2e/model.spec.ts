import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { wholeDocument } from '../model-document.js';
import { runBuilt } from './command.js';
import { freePort, ServerProcess } from './server-process.js';

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

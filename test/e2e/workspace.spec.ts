import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, runBuilt } from './command.js';
import { API_KEY, freePort, ServerProcess, WRITE_KEY } from './server-process.js';

let dataDir: string;
let server: ServerProcess;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-workspace-'));
  server = await ServerProcess.start({ dataDir, port: await freePort() });
});
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

test('keys of a workspace added beside a running server work at once and reach only that workspace', async () => {
  const added = await touchline('workspace', 'add', 'partner');
  expect(added.code).toBe(0);
  const [, writeKey = ''] = /^Write key +(wk_\S+)$/m.exec(added.out) ?? [];
  const [, apiKey = ''] = /^API key +(ak_\S+)$/m.exec(added.out) ?? [];

  const theirs = await record(writeKey, 'ada@acme.example');
  const ours = await record(WRITE_KEY, 'bob@acme.example');

  expect(await statusOf('ada@acme.example', apiKey, theirs)).toBe(200);
  expect(await statusOf('ada@acme.example', API_KEY, ours)).toBe(404);
  expect(await statusOf('bob@acme.example', apiKey, ours)).toBe(404);
  expect(await statusOf('bob@acme.example', API_KEY, ours)).toBe(200);
});

test('a name that is taken or cannot be is refused in one line', async () => {
  expect(await touchline('workspace', 'add', 'main')).toEqual({
    code: 1,
    out: '',
    error: 'touchline: Workspace "main" is there already\n',
  });
  expect((await touchline('workspace', 'add', 'Große Firma')).error).toMatch(
    /^touchline: "Große Firma": use .*\n$/,
  );
});

test('further keys of a workspace work too', async () => {
  const { out } = await touchline('keys', 'add', 'main');
  const [apiKey = ''] = /ak_\S+/.exec(out) ?? [];
  expect(
    (await fetch(`${server.url}/api/log/head`, { headers: { authorization: `Bearer ${apiKey}` } })).status,
  ).toBe(200);
});

test('a command that is not there is told, with those that are', async () => {
  const { code, error } = await touchline('dance');
  expect(code).toBe(2);
  expect(error).toMatch(/no command "dance"/);
  expect(error).toContain('workspace add NAME');
});

const touchline = (...args: string[]): Promise<Ended> =>
  runBuilt('cli/main.js', args, { TOUCHLINE_DATA_DIR: dataDir });

/** @returns the position of the receipt */
async function record(key: string, email: string): Promise<string> {
  const answer = await fetch(`${server.url}/touchpoints`, {
    method: 'POST',
    headers: { 'x-write-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ messageId: email, kind: 'demo_request', email }),
  });
  const { receipts } = (await answer.json()) as { receipts: { status: string; position: string }[] };
  expect(receipts[0]?.status).toBe('accepted');
  return receipts[0]?.position ?? '';
}

async function statusOf(email: string, key: string, position: string): Promise<number> {
  const url = `${server.url}/api/leads/email:${email}?minPosition=${position}`;
  return (await fetch(url, { headers: { authorization: `Bearer ${key}` } })).status;
}

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../until.js';
import { type ProcessResult, runBuilt } from './command.js';
import { API_KEY, freePort, ServerProcess, WRITE_KEY } from './server-process.js';

let dataDir: string;
let port: number;
let server: ServerProcess;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-workspace-'));
  port = await freePort();
  server = await ServerProcess.start({ dataDir, port });
});
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

test('keys of a workspace added to a running server work immediately and give access only to that workspace', async () => {
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

test('an existing or invalid workspace name is refused in one line', async () => {
  expect(await touchline('workspace', 'add', 'main')).toEqual({
    code: 1,
    out: '',
    error: 'touchline: Workspace "main" already exists\n',
  });
  expect((await touchline('workspace', 'add', 'Große Firma')).error).toMatch(
    /^touchline: "Große Firma" is not a valid name: use .*\n$/,
  );
});

test('additional keys of a workspace work until they are revoked, and the others keep working', async () => {
  const { out } = await touchline('keys', 'add', 'main');
  const [apiKey = ''] = /ak_\S+/.exec(out) ?? [];
  const [writeKey = ''] = /wk_\S+/.exec(out) ?? [];
  expect([await asks(apiKey), await collects(writeKey)]).toEqual([200, 200]);

  for (const key of [apiKey, writeKey]) {
    const revoked = await touchline('keys', 'revoke', key.slice(0, 8));
    expect(revoked).toMatchObject({ code: 0, error: '' });
    expect(revoked.out).toMatch(
      /^Revoked (?:public write|API) key \w\w_\S{5} of .*workspace "main"; within ten seconds/,
    );
    expect(revoked.out).not.toContain(key);
  }
  const refused = async () => (await asks(apiKey)) === 401 && (await collects(writeKey)) === 401;
  expect(await until(refused, 12_000)).toBe(true);
  expect([await asks(API_KEY), await collects(WRITE_KEY)]).toEqual([200, 200]);

  const listed = (await touchline('keys', 'list', 'main')).out;
  const line = (key: string, rest: string) =>
    expect.stringMatching(new RegExp(`^${key.slice(0, 8)} +${rest}$`, 'm'));
  expect(listed).toEqual(line(apiKey, 'API +- +main +- +- +- +\\S+Z +\\S+Z'));
  expect(listed).toEqual(line(WRITE_KEY, 'write +public +main +web +- +- +\\S+Z +-'));
});

test('a key is created for one scope, listed with it, and accepted by collectors', async () => {
  const { out } = await touchline('keys', 'add', 'main', '--scope', 'server');
  const [, key = ''] = /^Server key +(sk_\S+)$/m.exec(out) ?? [];
  expect(out).not.toMatch(/[wa]k_/);
  expect(await collects(key)).toBe(200);
  const listed = (await touchline('keys', 'list', 'main')).out;
  expect(listed).toMatch(new RegExp(`^${key.slice(0, 8)} +write +server +main +web +- +- +\\S+Z +-$`, 'm'));

  const prefix = key.slice(0, 8);
  expect((await touchline('keys', 'limit', prefix, '--events', '100', '--requests', '10')).code).toBe(0);
  expect((await touchline('keys', 'limit', prefix, '--requests', 'default')).code).toBe(0);
  const limited = (await touchline('keys', 'list', 'main')).out;
  expect(limited).toMatch(new RegExp(`^${prefix} +write +server +main +web +100 +- +\\S+Z +-$`, 'm'));
  expect((await touchline('keys', 'limit', prefix, '--events', '0')).error).toMatch(
    /^touchline: "0" is invalid: use/,
  );
  expect((await touchline('keys', 'limit', prefix)).error).toMatch(/--events or --requests/);

  expect(await touchline('keys', 'add', 'main', '--scope', 'browser')).toMatchObject({
    code: 1,
    error: 'touchline: "browser" is not a scope: use public or server\n',
  });
  expect((await touchline('keys', 'add', 'main', '--scope')).code).toBe(2);
});

test('the last key of its kind is revoked only with --force, and no start reactivates it', async () => {
  const refused = await touchline('keys', 'revoke', API_KEY.slice(0, 8));
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.error).toMatch(
    /^touchline: API key ak_test_ of workspace "main" is the last one: .*--force\n$/,
  );
  expect((await touchline('keys', 'revoke', '--force', API_KEY.slice(0, 8))).code).toBe(0);

  await server.stop();
  server = await ServerProcess.start({ dataDir, port });
  expect(server.output).toContain('TOUCHLINE_API_KEY is a revoked key (ak_test_) and has no effect');
  expect([await asks(API_KEY), await collects(WRITE_KEY)]).toEqual([401, 200]);
});

test('an unknown command is reported with the list of commands', async () => {
  const { code, error } = await touchline('dance');
  expect(code).toBe(2);
  expect(error).toMatch(/unknown command "dance"/);
  expect(error).toContain('workspace add NAME');
});

const touchline = (...args: string[]): Promise<ProcessResult> =>
  runBuilt('cli/main.js', args, { TOUCHLINE_DATA_DIR: dataDir });

/** The status of a question with the key. */
const asks = async (key: string): Promise<number> =>
  (await fetch(`${server.url}/api/log/head`, { headers: { authorization: `Bearer ${key}` } })).status;

/** The status of a batch, which may be empty, with the key. */
const collects = async (key: string): Promise<number> =>
  (
    await fetch(`${server.url}/v1/batch`, {
      method: 'POST',
      headers: { 'x-write-key': key, 'content-type': 'application/json' },
      body: JSON.stringify({ batch: [] }),
    })
  ).status;

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

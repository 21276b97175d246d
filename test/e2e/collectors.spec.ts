import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase, type TestDatabase } from '../database.js';
import { runBuilt } from './command.js';

// Collectors on the command line, on a database that a server would share.
let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'touchline-collectors-'));
  await touchline('workspace', 'add', 'main');
});
afterAll(async () => {
  await database?.drop();
  await rm(folder, { recursive: true });
});

const touchline = (...args: string[]) =>
  runBuilt('cli/main.js', args, { DATABASE_URL: database.url, TOUCHLINE_DATA_DIR: folder });

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

test('a collector is added with its webhook address, given a secret, mapped, listed and its key rotated', async () => {
  const added = await touchline('collector', 'add', 'mail', '--format', 'mailgun');
  expect([added.code, added.error]).toEqual([0, '']);
  const id = /its id is (\S+)/.exec(added.out)?.[1] ?? '';
  expect(added.out).toContain(`Webhook     /webhooks/mailgun/${id}`);

  const secret = await touchline(
    'collector',
    'secret',
    'mail',
    '--file',
    await file('secret', 'shared-secret\n'),
  );
  expect([secret.code, secret.out]).toEqual([0, 'The secret of collector "mail" was added.\n']);
  const mapping = [{ set: { campaign: 'spring' } }];
  const changed = await touchline(
    'collector',
    'change',
    'mail',
    '--file',
    await file('change.json', { mapping }),
  );
  expect([changed.code, changed.error]).toEqual([0, '']);
  const tried = await touchline('collector', 'try', 'mail', '--file', await file('mapping.json', mapping));
  expect(tried.out).toBe('0 tried, 0 would change, 0 would be rejected\n');

  const key = await touchline('collector', 'key', 'mail', '--scope', 'server', '--overlap', '24');
  expect(key.out).toMatch(/\nsk_\S+\n$/);
  const { out } = await touchline('collector', 'show', 'mail');
  expect(JSON.parse(out)).toMatchObject({
    name: 'mail',
    format: 'mailgun',
    mapping,
    writeKeys: [{}],
    secrets: [{}],
  });
  expect(out).not.toContain('shared-secret');
  const list = await touchline('collector', 'list');
  expect(list.out).toMatch(
    /^NAME +FORMAT +ID +KEYS +SECRETS +RULES\nweb .*\nmail +mailgun +\w{32} +1 +1 +1\n$/,
  );
});

test.each([
  [['collector', 'add', 'mail', '--format', 'nonsense'], 'format: must be one of native, segment'],
  [['collector', 'add', 'Mail'], 'name: must have 1 to 63'],
  [['collector', 'add', ''], 'name: must NOT have fewer than 1 characters'],
  [['collector', 'add', 'mail', '--file', '/no/such/file'], '/no/such/file cannot be read: ENOENT'],
  [['collector', 'try', 'web', '--file', '/no/such/file'], '/no/such/file cannot be read: ENOENT'],
  [['collector', 'secret', 'web', '--file', '/no/such/file'], '/no/such/file cannot be read: ENOENT'],
  [['collector', 'secret', 'web', '--file', '/dev/null'], 'secret: must NOT have fewer than 8 characters'],
  [['collector', 'change', 'web', '--file', '/dev/null'], '/dev/null is not JSON'],
  [['collector', 'try', 'web', '--file', '/dev/null'], '/dev/null is not JSON'],
  [['collector', 'show', 'nobody'], 'The collector "nobody" does not exist'],
  [['collector', 'list', '--workspace', 'nobody'], 'The workspace "nobody" does not exist'],
  [['collector', 'key', 'web', '--overlap', 'long'], '"long" is not a number of hours'],
])('touchline %j fails with one line that says why', async (args, message) => {
  const { code, error } = await touchline(...args);
  expect(code).toBe(1);
  expect(error).toMatch(/^touchline: .+\n$/);
  expect(error).toContain(message);
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { openDataSource } from '../database/data-source.js';
import { CONFIGURATION_ENTITIES } from './entities.js';
import { ensureFirstWorkspace } from './first-workspace.js';
import { removeKeys, saveSecrets } from './saved-secrets.js';
import { WorkspaceKeys } from './workspace-keys.js';
import { makeKeys, Workspaces } from './workspaces.js';

let database: TestDatabase;
let configuration: DataSource;
let workspaces: Workspaces;
let dataDir: string;
beforeAll(async () => {
  database = await testDatabase();
  configuration = await openDataSource(database.url, CONFIGURATION_ENTITIES);
  workspaces = new Workspaces(configuration);
});
afterAll(async () => {
  await configuration.destroy();
  await database.drop();
});
beforeEach(async () => {
  await database.pool.query('TRUNCATE touchline.workspace CASCADE');
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-workspaces-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

async function liveKeys(): Promise<number> {
  const { rows } = await database.pool.query(
    `SELECT FROM touchline.api_key WHERE revoked_at IS NULL
     UNION ALL SELECT FROM touchline.write_key WHERE revoked_at IS NULL`,
  );
  return rows.length;
}

const refused = (code: string) => expect.objectContaining({ name: 'Refused', code });

describe('a new workspace', () => {
  test('is refused if its name exists, and leaves nothing behind', async () => {
    await workspaces.add('acme');
    await expect(workspaces.add('acme')).rejects.toEqual(refused('workspace-exists'));
    expect(await workspaces.all()).toHaveLength(1);
  });

  test.each(['', 'Acme', 'acme eu', '-acme', 'a'.repeat(64), 'acme_eu', 'acmé'])(
    'cannot have the name "%s"',
    async (name) => {
      await expect(workspaces.add(name)).rejects.toEqual(refused('workspace-name-invalid'));
    },
  );

  test('cannot have a key of another workspace, and is not created then', async () => {
    const { apiKey } = await workspaces.add('acme');
    await expect(workspaces.add('globex', { apiKey })).rejects.toEqual(refused('key-in-use'));
    expect(await workspaces.find('globex')).toBeUndefined();
  });
});

describe('the first workspace', () => {
  const kept = async (): Promise<unknown> =>
    (JSON.parse(await readFile(join(dataDir, 'keys.json'), 'utf8')) as { keys: unknown }).keys;

  test('gets generated keys that are stored in the data folder', async () => {
    const first = await ensureFirstWorkspace(workspaces, dataDir, {});
    const second = await ensureFirstWorkspace(workspaces, dataDir, {});
    expect(first.created).toBe(true);
    expect(second).toEqual({ created: false, keys: first.keys, revoked: {} });
    expect(await kept()).toEqual(first.keys);
  });

  test('gets the keys of the settings, which are stored nowhere else', async () => {
    const given = makeKeys();
    expect(await ensureFirstWorkspace(workspaces, dataDir, given)).toEqual({
      created: true,
      keys: given,
      revoked: {},
    });
    expect(await kept()).toEqual({});
  });

  test('accepts keys that are set later, and still the earlier ones', async () => {
    const first = await ensureFirstWorkspace(workspaces, dataDir, {});
    await ensureFirstWorkspace(workspaces, dataDir, makeKeys());
    const { rows } = await database.pool.query('SELECT FROM touchline.api_key WHERE revoked_at IS NULL');
    expect(rows).toHaveLength(2);
    expect(await kept()).toEqual(first.keys);
  });

  test('is created completely after a crash between storing its keys and creating it', async () => {
    const keys = makeKeys();
    await saveSecrets(dataDir, { keys });
    expect(await ensureFirstWorkspace(workspaces, dataDir, {})).toEqual({
      created: true,
      keys,
      revoked: {},
    });
  });

  test('keeps the scope of a key that is set as the other kind later', async () => {
    const { writeKey, serverWriteKey } = makeKeys();
    await ensureFirstWorkspace(workspaces, dataDir, { writeKey, serverWriteKey });
    await ensureFirstWorkspace(workspaces, dataDir, { writeKey: serverWriteKey, serverWriteKey: writeKey });
    const { rows } = await database.pool.query(
      'SELECT prefix, scope FROM touchline.write_key ORDER BY scope',
    );
    expect(rows).toEqual([
      { prefix: writeKey.slice(0, 8), scope: 'public' },
      { prefix: serverWriteKey.slice(0, 8), scope: 'server' },
    ]);
  });

  test('is created once by concurrent processes', async () => {
    const folders = await Promise.all([1, 2, 3].map((n) => mkdtemp(join(dataDir, `${n}-`))));
    const started = await Promise.all(folders.map((folder) => ensureFirstWorkspace(workspaces, folder, {})));
    expect(started.filter(({ created }) => created)).toHaveLength(1);
    expect(started.filter(({ created }) => !created).map(({ keys }) => keys)).toEqual([{}, {}]);
  });

  test('does not accept a revoked key in the data folder, and reports it', async () => {
    const { keys } = await ensureFirstWorkspace(workspaces, dataDir, {});
    await workspaces.allow('main', makeKeys());
    await new WorkspaceKeys(configuration).revoke(keys.apiKey ?? '');
    const again = await ensureFirstWorkspace(workspaces, dataDir, {});
    expect(again).toEqual({
      created: false,
      keys: { writeKey: keys.writeKey, serverWriteKey: keys.serverWriteKey },
      revoked: { apiKey: keys.apiKey },
    });
    expect(await liveKeys()).toBe(5);
  });

  test('does not accept a revoked key in the settings, and reports it', async () => {
    const given = makeKeys();
    await ensureFirstWorkspace(workspaces, dataDir, given);
    await new WorkspaceKeys(configuration).revoke(given.writeKey, { force: true });
    expect(await ensureFirstWorkspace(workspaces, dataDir, given)).toMatchObject({
      keys: { apiKey: given.apiKey },
      revoked: { writeKey: given.writeKey },
    });
    expect(await liveKeys()).toBe(2);
  });

  test('created in another database, does not get a key that was revoked before', async () => {
    const { keys } = await ensureFirstWorkspace(workspaces, dataDir, {});
    const revoked = await new WorkspaceKeys(configuration).revoke(keys.apiKey ?? '', { force: true });
    expect(
      await removeKeys(
        dataDir,
        revoked.map(({ keyHash }) => keyHash),
      ),
    ).toBe(true);
    await database.pool.query('TRUNCATE touchline.workspace CASCADE');
    const second = await ensureFirstWorkspace(workspaces, dataDir, {});
    expect(second.keys.writeKey).toBe(keys.writeKey);
    expect(second.keys.apiKey).not.toBe(keys.apiKey);
  });

  test('does not accept a key of another workspace', async () => {
    await ensureFirstWorkspace(workspaces, dataDir, {});
    const { apiKey } = await workspaces.add('partner');
    await expect(ensureFirstWorkspace(workspaces, dataDir, { apiKey })).rejects.toEqual(
      refused('key-in-use'),
    );
  });
});

import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { keyStore } from '../../test/key-store.js';
import { openDataSource } from '../database/data-source.js';
import { StoreUnavailable } from '../event-store/event-store.js';
import { CONFIGURATION_ENTITIES } from '../workspaces/entities.js';
import { WorkspaceKeys } from '../workspaces/workspace-keys.js';
import { Workspaces } from '../workspaces/workspaces.js';

let database: TestDatabase;
let configuration: DataSource;
let workspaces: Workspaces;
beforeAll(async () => {
  database = await testDatabase();
  configuration = await openDataSource(database.url, CONFIGURATION_ENTITIES);
  workspaces = new Workspaces(configuration);
});
afterAll(async () => {
  if (configuration.isInitialized) await configuration.destroy();
  await database.drop();
});

test('a key opens its workspace, each kind its own door', async () => {
  const { writeKey, serverWriteKey, apiKey } = await workspaces.add('first');
  const keys = keyStore(configuration);
  expect(await keys.resolveWriteKey(writeKey)).toEqual({
    workspace: 'first',
    collector: 'web',
    keyScope: 'public',
    quota: expect.objectContaining({ workspace: 'first', limits: {} }),
  });
  expect(await keys.resolveWriteKey(serverWriteKey)).toEqual({
    workspace: 'first',
    collector: 'web',
    quota: expect.objectContaining({ prefix: serverWriteKey.slice(0, 8) }),
  });
  expect(await keys.resolveApiKey(apiKey)).toBe('first');
  expect(await keys.resolveApiKey(writeKey)).toBeUndefined();
  expect(await keys.resolveWriteKey(apiKey)).toBeUndefined();
});

test('only hashes and prefixes of keys are in the database', async () => {
  const made = await workspaces.add('hashed');
  const { rows } = await database.pool.query<{ row: string }>(
    `SELECT k::text AS row FROM touchline.api_key k UNION ALL SELECT k::text FROM touchline.write_key k`,
  );
  const all = rows.map(({ row }) => row).join();
  for (const key of Object.values(made)) {
    expect(all).toContain(key.slice(0, 8));
    expect(all).not.toContain(key.slice(0, 12));
  }
});

test('a known key costs no query, and many unknown ones share one at a time', async () => {
  const { writeKey } = await workspaces.add('counted');
  let loads = 0;
  const counting = {
    query: (sql: string) => {
      loads += 1 / 3; // write keys, API keys and collectors
      return configuration.query(sql);
    },
  };
  const keys = keyStore(counting as unknown as DataSource);
  await keys.resolveWriteKey(writeKey);
  expect(loads).toBeCloseTo(1);
  await Promise.all(Array.from({ length: 100 }, () => keys.resolveWriteKey(writeKey)));
  expect(loads).toBeCloseTo(1);
  await Promise.all(Array.from({ length: 100 }, (_, index) => keys.resolveApiKey(`ak_wrong_${index}`)));
  expect(loads).toBeCloseTo(2);
});

test('made-up keys, one after the other, read the keys ten times a second at most', async () => {
  let loads = 0;
  const counting = {
    query: (sql: string) => {
      loads += 1 / 3;
      return configuration.query(sql);
    },
  };
  const keys = keyStore(counting as unknown as DataSource);
  const end = performance.now() + 500;
  for (let nth = 0; performance.now() < end; nth += 1) await keys.resolveWriteKey(`wk_made_up_${nth}`);
  expect(loads).toBeLessThanOrEqual(7);
});

test('a key made while another look-up is under way is found', async () => {
  const keys = keyStore(configuration);
  const early = keys.resolveApiKey('ak_nobody');
  const { apiKey } = await workspaces.add('meanwhile');
  expect(await keys.resolveApiKey(apiKey)).toBe('meanwhile');
  expect(await early).toBeUndefined();
});

test('a revoked key is refused within ten seconds also where nobody asked meanwhile', async () => {
  const { apiKey } = await workspaces.add('idle');
  const keys = keyStore(configuration);
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  try {
    keys.onModuleInit();
    expect(await keys.resolveApiKey(apiKey)).toBe('idle');
    await new WorkspaceKeys(configuration).revoke(apiKey, { force: true });
    jest.advanceTimersByTime(9_999);
    jest.useRealTimers();
    await sleep(200);
    expect(await keys.resolveApiKey(apiKey)).toBeUndefined();
  } finally {
    jest.useRealTimers();
    keys.onModuleDestroy();
  }
});

test('while the database is away a known key still opens, and an unknown one is not called wrong', async () => {
  const { apiKey } = await workspaces.add('offline');
  const keys = keyStore(configuration);
  expect(await keys.resolveApiKey(apiKey)).toBe('offline');
  await configuration.destroy();
  expect(await keys.resolveApiKey(apiKey)).toBe('offline');
  await expect(keys.resolveApiKey('ak_nobody')).rejects.toThrow(StoreUnavailable);
});

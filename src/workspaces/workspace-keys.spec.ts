import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { testDatabase, type TestDatabase } from '../../test/database.js';
import { openDataSource } from '../database/data-source.js';
import { CONFIGURATION_ENTITIES } from './entities.js';
import { prefixOf } from './key-format.js';
import { WorkspaceKeys } from './workspace-keys.js';
import { type Keys, makeKeys, Workspaces } from './workspaces.js';

let database: TestDatabase;
let configuration: DataSource;
let workspaces: Workspaces;
let keys: WorkspaceKeys;
beforeAll(async () => {
  database = await testDatabase();
  configuration = await openDataSource(database.url, CONFIGURATION_ENTITIES);
  workspaces = new Workspaces(configuration);
  keys = new WorkspaceKeys(configuration);
});
afterAll(async () => {
  await configuration.destroy();
  await database.drop();
});
beforeEach(() => database.pool.query('TRUNCATE touchline.workspace CASCADE'));

const refused = (code: string, message = '') =>
  expect.objectContaining({ name: 'Refused', code, message: expect.stringContaining(message) });

/** A workspace with two keys of each kind and scope, of which one may go. */
async function workspaceWithSpare(slug: string): Promise<Keys> {
  const first = await workspaces.add(slug);
  await workspaces.allow(slug, makeKeys());
  return first;
}

/** Prefixes of the keys that open something, of all workspaces. */
const live = async (): Promise<string[]> =>
  (await keys.list()).filter(({ revokedAt }) => revokedAt === null).map(({ prefix }) => prefix);

describe('the list of keys', () => {
  test('shows what each key gives access to, and only its prefix', async () => {
    const acme = await workspaces.add('acme');
    const globex = await workspaces.add('globex');
    const listed = await keys.list();
    expect(listed).toEqual([
      keyOf('acme', 'API', acme.apiKey),
      keyOf('acme', 'write', acme.writeKey, 'public'),
      keyOf('acme', 'write', acme.serverWriteKey, 'server'),
      keyOf('globex', 'API', globex.apiKey),
      keyOf('globex', 'write', globex.writeKey, 'public'),
      keyOf('globex', 'write', globex.serverWriteKey, 'server'),
    ]);
    expect(await keys.list('globex')).toEqual(listed.slice(3));
  });

  test('keeps revoked keys with the time of revocation', async () => {
    const { apiKey } = await workspaceWithSpare('acme');
    await keys.revoke(prefixOf(apiKey));
    const [first, second] = await keys.list('acme');
    expect(first).toEqual({ ...keyOf('acme', 'API', apiKey), revokedAt: expect.any(Date) });
    expect(second?.revokedAt).toBeNull();
  });

  const keyOf = (workspace: string, kind: string, key: string, scope: string | null = null) => ({
    prefix: prefixOf(key),
    kind,
    scope,
    workspace,
    collector: kind === 'write' ? 'web' : null,
    ...{ eventsPerSecond: null, requestsPerSecond: null },
    createdAt: expect.any(Date),
    revokedAt: null,
  });
});

describe('revoking a key', () => {
  test('by prefix revokes only that key', async () => {
    const { apiKey, writeKey } = await workspaceWithSpare('acme');
    const before = await live();
    expect(await keys.revoke(prefixOf(writeKey))).toMatchObject([
      { prefix: prefixOf(writeKey), kind: 'write', scope: 'public', workspace: 'acme', collector: 'web' },
    ]);
    await keys.revoke(prefixOf(apiKey));
    const gone = [prefixOf(writeKey), prefixOf(apiKey)];
    expect(await live()).toEqual(before.filter((prefix) => !gone.includes(prefix)));
  });

  test('with an unknown prefix is refused', async () => {
    await workspaceWithSpare('acme');
    await expect(keys.revoke('ak_nobod')).rejects.toEqual(refused('key-not-found', '"ak_nobod"'));
    await expect(keys.revoke('ak')).rejects.toEqual(refused('key-not-found'));
    expect(await live()).toHaveLength(6);
  });

  test('twice is refused with the time of the first revocation', async () => {
    const { apiKey } = await workspaceWithSpare('acme');
    await keys.revoke(prefixOf(apiKey));
    const [{ revokedAt } = { revokedAt: null }] = await keys.list('acme');
    const again = expect(keys.revoke(prefixOf(apiKey))).rejects;
    await again.toEqual(refused('key-revoked', revokedAt?.toISOString()));
  });

  test('with an ambiguous prefix is refused, and works with the whole key', async () => {
    const given = { writeKey: 'wk_acme_website_0123456789', apiKey: 'ak_acme_website_0123456789' };
    await workspaces.add('acme', given);
    await workspaces.allow('acme', {
      writeKey: 'wk_acme_mailing_0123456789',
      apiKey: 'ak_acme_reports_0123456789',
    });
    await expect(keys.revoke('ak_acme_')).rejects.toEqual(refused('key-ambiguous', 'API key ak_acme_'));
    await keys.revoke(given.apiKey);
    const [first, second] = await keys.list('acme');
    expect([first?.revokedAt, second?.revokedAt]).toEqual([expect.any(Date), null]);
  });

  test('ignores revoked keys with the same prefix', async () => {
    await workspaces.add('acme', { apiKey: 'ak_acme_one_0123456789abcdef' });
    await workspaces.allow('acme', { apiKey: 'ak_acme_two_0123456789abcdef' });
    await keys.revoke('ak_acme_one_0123456789abcdef');
    await keys.revoke('ak_acme_', { force: true });
    expect((await live()).filter((prefix) => prefix.startsWith('ak'))).toEqual([]);
  });

  test('by its whole text revokes write key and API key with that text', async () => {
    await workspaces.add('acme', { writeKey: 'the-same-text-for-both-kinds' });
    await workspaces.add('globex', { apiKey: 'the-same-text-for-both-kinds' });
    await expect(keys.revoke('the-same')).rejects.toEqual(refused('key-ambiguous'));
    expect(await keys.revoke('the-same-text-for-both-kinds', { force: true })).toHaveLength(2);
  });

  test.each(['writeKey', 'serverWriteKey', 'apiKey'] as const)(
    'that is the last %s is refused unless forced',
    async (kind) => {
      await workspaces.add('globex');
      const prefix = prefixOf((await workspaces.add('acme'))[kind]);
      const before = await live();
      await expect(keys.revoke(prefix)).rejects.toEqual(refused('key-is-last', 'keys add acme'));
      expect(await live()).toEqual(before);
      await keys.revoke(prefix, { force: true });
      expect(await live()).not.toContain(prefix);
    },
  );

  test('concurrently with another one leaves one key', async () => {
    for (let round = 0; round < 10; round += 1) {
      const first = await workspaces.add(`acme-${round}`);
      const second = makeKeys();
      await workspaces.allow(`acme-${round}`, second);
      const outcomes = await Promise.allSettled([keys.revoke(first.apiKey), keys.revoke(second.apiKey)]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }
  });
});

describe('rate limits', () => {
  test('of a write key are set individually, and reset to those of the settings', async () => {
    const { writeKey } = await workspaces.add('acme');
    const limits = async () => {
      const found = (await keys.list('acme')).find(({ prefix }) => prefix === prefixOf(writeKey));
      return [found?.eventsPerSecond, found?.requestsPerSecond];
    };
    await keys.limit(prefixOf(writeKey), { eventsPerSecond: 100, requestsPerSecond: 10 });
    expect(await limits()).toEqual([100, 10]);
    await keys.limit(prefixOf(writeKey), { requestsPerSecond: null });
    expect(await limits()).toEqual([100, null]);
  });

  test('of an API key or of an unknown key are refused', async () => {
    const { apiKey } = await workspaces.add('acme');
    await expect(keys.limit(apiKey, { eventsPerSecond: 1 })).rejects.toEqual(refused('key-has-no-limits'));
    await expect(keys.limit('wk_none', { eventsPerSecond: 1 })).rejects.toEqual(refused('key-not-found'));
  });
});

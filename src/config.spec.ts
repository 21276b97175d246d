import { expect, test } from '@jest/globals';
import { resolve } from 'node:path';
import { BadSettings, readConfig } from './config.js';

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof BadSettings) return error.faults;
    throw error;
  }
  return [];
}

test('an empty environment gives the embedded server with all roles', () => {
  expect(readConfig({})).toEqual({
    port: 3000,
    dataDir: resolve('.touchline'),
    databaseUrl: undefined,
    writeKey: undefined,
    apiKey: undefined,
    roles: new Set(['collect', 'project', 'query', 'react']),
  });
});

test('every setting is read', () => {
  const config = readConfig({
    PORT: '8080',
    TOUCHLINE_DATA_DIR: '/var/lib/touchline',
    DATABASE_URL: 'postgres://touchline:secret@db:5432/touchline',
    TOUCHLINE_WRITE_KEY: 'wk_site',
    TOUCHLINE_API_KEY: 'ak_report',
    EVENT_STORE: 'postgres',
    ROLES: 'query, project',
  });
  expect(config).toEqual({
    port: 8080,
    dataDir: '/var/lib/touchline',
    databaseUrl: 'postgres://touchline:secret@db:5432/touchline',
    writeKey: 'wk_site',
    apiKey: 'ak_report',
    roles: new Set(['project', 'query']),
  });
});

test('an empty variable counts as unset', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: ' ', EVENT_STORE: '', KAFKA_BROKERS: '', ROLES: '' })).toEqual(
    readConfig({}),
  );
});

test('all faults are listed at once', () => {
  const faults = faultsOf({
    PORT: '80000',
    DATABASE_URL: 'mysql://u:hush@h/d',
    TOUCHLINE_WRITE_KEY: 'a key',
    EVENT_STORE: 'redis',
    ROLES: 'collect,cook',
  });
  expect(faults.map((fault) => fault.split(':')[0])).toEqual([
    'PORT',
    'DATABASE_URL',
    'TOUCHLINE_WRITE_KEY',
    'ROLES',
    'EVENT_STORE',
  ]);
  expect(faults.join()).not.toContain('hush');
});

test.each([
  ['PORT', 'http'],
  ['PORT', '-1'],
  ['PORT', '3000.5'],
  ['DATABASE_URL', 'localhost'],
  ['DATABASE_URL', 'postgres://localhost'],
  ['TOUCHLINE_API_KEY', 'a:b'],
  ['ROLES', ','],
  ['EVENT_STORE', 'eventstoredb'],
  ['EVENTSTOREDB_URL', 'esdb://localhost:2113'],
  ['KAFKA_BROKERS', 'localhost:9092'],
])('%s=%s is refused', (name, value) => {
  expect(faultsOf({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
});

test('the API key may not be the write key, which is public', () => {
  expect(faultsOf({ TOUCHLINE_WRITE_KEY: 'same', TOUCHLINE_API_KEY: 'same' })).toEqual([
    expect.stringMatching(/must differ/),
  ]);
});

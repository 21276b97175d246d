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

test('an empty environment configures the embedded server with all roles', () => {
  expect(readConfig({})).toEqual({
    port: 3000,
    grpcPort: undefined,
    publicUrl: undefined,
    trustedProxies: [],
    maxConnections: 2000,
    metricsMemoryBytes: 256 * 1024 * 1024,
    dataDir: resolve('.touchline'),
    databaseUrl: undefined,
    writeKey: undefined,
    serverWriteKey: undefined,
    apiKey: undefined,
    operatorKey: undefined,
    secretKeys: [],
    publicBackdateMs: 30 * 86_400_000,
    quotas: {
      eventsPerSecond: 50_000,
      requestsPerSecond: 20_000,
      concurrentRequests: 1_000,
      concurrentEvents: 15_000,
    },
    rejectedRetention: { ms: 90 * 86_400_000, bytes: 1_000 * 1_048_576 },
    roles: new Set(['collect', 'project', 'query', 'react']),
    eventStore: { kind: 'postgres' },
    placeholders: [],
    webhooks: { allowedNetworks: [], allowHttp: false, retentionMs: 30 * 86_400_000 },
    kafka: undefined,
  });
});

test('every setting is read from its variable', () => {
  const config = readConfig({
    PORT: '8080',
    GRPC_PORT: '9090',
    TOUCHLINE_PUBLIC_URL: 'https://touchline.acme.example/',
    TOUCHLINE_DATA_DIR: '/var/lib/touchline',
    DATABASE_URL: 'postgres://touchline:secret@db:5432/touchline',
    TOUCHLINE_WRITE_KEY: 'wk_site',
    TOUCHLINE_SERVER_WRITE_KEY: 'sk_backend',
    TOUCHLINE_API_KEY: 'ak_report',
    TOUCHLINE_PUBLIC_BACKDATE_DAYS: '0.5',
    TOUCHLINE_KEY_EVENTS_PER_SECOND: '500',
    TOUCHLINE_KEY_REQUESTS_PER_SECOND: '50',
    TOUCHLINE_KEY_CONCURRENT_REQUESTS: '20',
    TOUCHLINE_REJECTED_DAYS: '7',
    TOUCHLINE_REJECTED_MB: '10',
    TOUCHLINE_SECRET_KEY: `${'AB'.repeat(32)}, ${'cd'.repeat(32)}`,
    TOUCHLINE_OPERATOR_KEY: 'ok_0123456789abcdefghij',
    EVENT_STORE: 'eventstoredb',
    EVENTSTOREDB_URL: 'esdb://admin:secret@log:2113?tls=true',
    KAFKA_BROKERS: 'one:9092, [::1]:9093',
    KAFKA_TLS: 'true',
    KAFKA_TLS_CA_FILE: '/etc/ca.pem',
    KAFKA_SASL: 'scram-sha-512',
    KAFKA_USERNAME: 'touchline',
    KAFKA_PASSWORD: 'secret',
    KAFKA_GROUP: 'collectors',
    KAFKA_WRITE_KEY: 'wk_site',
    KAFKA_CREATE_TOPICS: 'false',
    KAFKA_PARTITIONS: '24',
    KAFKA_REPLICATION: '3',
    ROLES: 'query, project',
    PLACEHOLDERS: 'test@example.com, *@mailinator.com,!guest,',
    TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::1',
    MAX_CONNECTIONS: '500',
    TOUCHLINE_WEBHOOK_NETWORKS: '10.20.0.0/16, ::1',
    TOUCHLINE_WEBHOOK_HTTP: 'true',
    TOUCHLINE_WEBHOOK_DAYS: '7',
    TOUCHLINE_METRICS_MEMORY_MB: '64',
  });
  expect(config).toEqual({
    port: 8080,
    grpcPort: 9090,
    publicUrl: 'https://touchline.acme.example',
    trustedProxies: ['10.0.0.0/8', '2001:db8::1'],
    maxConnections: 500,
    metricsMemoryBytes: 64 * 1024 * 1024,
    dataDir: '/var/lib/touchline',
    databaseUrl: 'postgres://touchline:secret@db:5432/touchline',
    writeKey: 'wk_site',
    serverWriteKey: 'sk_backend',
    apiKey: 'ak_report',
    operatorKey: 'ok_0123456789abcdefghij',
    secretKeys: ['AB'.repeat(32), 'cd'.repeat(32)],
    publicBackdateMs: 43_200_000,
    quotas: {
      eventsPerSecond: 500,
      requestsPerSecond: 50,
      concurrentRequests: 20,
      concurrentEvents: 15_000,
    },
    rejectedRetention: { ms: 7 * 86_400_000, bytes: 10 * 1_048_576 },
    roles: new Set(['project', 'query']),
    eventStore: { kind: 'eventstoredb', url: 'esdb://admin:secret@log:2113?tls=true' },
    placeholders: ['test@example.com', '*@mailinator.com', '!guest'],
    webhooks: { allowedNetworks: ['10.20.0.0/16', '::1'], allowHttp: true, retentionMs: 7 * 86_400_000 },
    kafka: {
      brokers: ['one:9092', '[::1]:9093'],
      tls: true,
      tlsCaFile: '/etc/ca.pem',
      sasl: { mechanism: 'scram-sha-512', username: 'touchline', password: 'secret' },
      group: 'collectors',
      writeKey: 'wk_site',
      createTopics: false,
      partitions: 24,
      replication: 3,
    },
  });
});

test('an empty variable counts as unset', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: ' ', EVENT_STORE: '', KAFKA_BROKERS: '', ROLES: '' })).toEqual(
    readConfig({}),
  );
});

test('Kafka is configured by its brokers alone', () => {
  expect(readConfig({ KAFKA_BROKERS: 'localhost:9092' }).kafka).toEqual({
    brokers: ['localhost:9092'],
    tls: false,
    tlsCaFile: undefined,
    sasl: undefined,
    group: 'touchline',
    writeKey: undefined,
    createTopics: true,
    partitions: 12,
    replication: -1,
  });
});

test('all invalid settings are reported at once', () => {
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
  ['TOUCHLINE_OPERATOR_KEY', 'too-short'],
  ['TOUCHLINE_SECRET_KEY', 'too-short'],
  ['TOUCHLINE_PUBLIC_BACKDATE_DAYS', 'a month'],
  ['TOUCHLINE_PUBLIC_BACKDATE_DAYS', '-1'],
  ['TOUCHLINE_KEY_EVENTS_PER_SECOND', '0'],
  ['TOUCHLINE_KEY_REQUESTS_PER_SECOND', '1.5'],
  ['TOUCHLINE_REJECTED_MB', 'none'],
  ['ROLES', ','],
  ['GRPC_PORT', 'many'],
  ['GRPC_PORT', '3000'],
  ['TOUCHLINE_PUBLIC_URL', 'touchline.acme.example'],
  ['TOUCHLINE_PUBLIC_URL', 'ftp://touchline.acme.example'],
  ['TOUCHLINE_PUBLIC_URL', 'https://acme.example/?a=b'],
  ['EVENT_STORE', 'redis'],
  ['EVENTSTOREDB_URL', 'esdb://localhost:2113'],
  ['KAFKA_BROKERS', 'localhost'],
  ['TOUCHLINE_WEBHOOK_NETWORKS', '10.20.0.0/33'],
  ['TOUCHLINE_WEBHOOK_NETWORKS', 'crm.internal'],
  ['TOUCHLINE_WEBHOOK_HTTP', 'yes'],
  ['TOUCHLINE_WEBHOOK_DAYS', '0'],
  ['KAFKA_BROKERS', 'kafka://localhost:9092'],
  ['KAFKA_BROKERS', ','],
  ['PLACEHOLDERS', 'test@example.com,*'],
  ['PLACEHOLDERS', '!'],
  ['KAFKA_GROUP', 'without-brokers'],
])('the setting %s=%s is refused', (name, value) => {
  expect(faultsOf({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
});

test.each([
  [{ EVENT_STORE: 'eventstoredb' }, 'EVENTSTOREDB_URL'],
  [{ EVENT_STORE: 'eventstoredb', EVENTSTOREDB_URL: 'http://admin:hush@log:2113' }, 'EVENTSTOREDB_URL'],
  [{ KAFKA_BROKERS: 'k:9092', KAFKA_TLS: 'yes' }, 'KAFKA_TLS'],
  [{ KAFKA_BROKERS: 'k:9092', KAFKA_TLS_CA_FILE: '/ca.pem' }, 'KAFKA_TLS_CA_FILE'],
  [{ KAFKA_BROKERS: 'k:9092', KAFKA_USERNAME: 'me' }, 'KAFKA_SASL'],
  [
    { KAFKA_BROKERS: 'k:9092', KAFKA_SASL: 'gssapi', KAFKA_USERNAME: 'u', KAFKA_PASSWORD: 'hush' },
    'KAFKA_SASL',
  ],
  [{ KAFKA_BROKERS: 'k:9092', KAFKA_SASL: 'plain', KAFKA_USERNAME: 'u' }, 'KAFKA_PASSWORD'],
  [{ KAFKA_BROKERS: 'k:9092', KAFKA_PARTITIONS: '0' }, 'KAFKA_PARTITIONS'],
] as [Record<string, string>, string][])(
  'the environment %j is refused because of %s',
  (environment, name) => {
    const faults = faultsOf(environment);
    expect(faults).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
    expect(faults.join()).not.toContain('hush');
  },
);

test('the API key must differ from the public write key', () => {
  expect(faultsOf({ TOUCHLINE_WRITE_KEY: 'same', TOUCHLINE_API_KEY: 'same' })).toEqual([
    expect.stringMatching(/must differ/),
  ]);
});

test('the server-side write key must differ from the public one', () => {
  expect(faultsOf({ TOUCHLINE_WRITE_KEY: 'same', TOUCHLINE_SERVER_WRITE_KEY: 'same' })).toEqual([
    expect.stringMatching(/^TOUCHLINE_SERVER_WRITE_KEY: must differ/),
  ]);
});

test.each(['TOUCHLINE_WRITE_KEY', 'TOUCHLINE_SERVER_WRITE_KEY', 'TOUCHLINE_API_KEY'])(
  'the operator key must differ from %s, which a tenant knows',
  (name) => {
    const same = 'the-same-for-both-of-them';
    expect(faultsOf({ [name]: same, TOUCHLINE_OPERATOR_KEY: same })).toEqual([
      expect.stringMatching(/^TOUCHLINE_OPERATOR_KEY: must differ/),
    ]);
  },
);

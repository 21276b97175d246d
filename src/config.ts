import { resolve } from 'node:path';
import { parseNetwork } from './http/admission/client-address.js';
import type { AddFault, ReadSetting } from './config-reader.js';
import { type KafkaConfig, kafkaConfig } from './kafka-config.js';
import {
  metricsMemoryBytes,
  publicBackdateMs,
  type QuotaLimits,
  quotas,
  type RejectedRetention,
  rejectedRetention,
} from './limits-config.js';
import { type WebhookConfig, webhookConfig } from './webhooks-config.js';

/** What a process may do; one process does all of it unless ROLES says otherwise. */
export const ROLES = ['collect', 'project', 'query', 'react'] as const;
export type Role = (typeof ROLES)[number];

/** Where the log is: in PostgreSQL, beside the read models, or in EventStoreDB. `url` may hold a password. */
export type EventStoreConfig =
  { readonly kind: 'postgres' } | { readonly kind: 'eventstoredb'; readonly url: string };

export interface Config {
  readonly port: number;
  /** Undefined: gRPC is not served. */
  readonly grpcPort: number | undefined;
  /** Where browsers reach this server, without a trailing slash; undefined: at the host that a request names. */
  readonly publicUrl: string | undefined;
  /** Proxies whose `X-Forwarded-For` is believed: addresses, or networks as in `10.0.0.0/8`. */
  readonly trustedProxies: readonly string[];
  /** Connections that HTTP takes at once, and gRPC a quarter as many. */
  readonly maxConnections: number;
  /** Absolute path: embedded PostgreSQL and the keys made at first start live here. */
  readonly dataDir: string;
  /** Undefined: start embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Keys to give the first workspace; undefined: make them at first start. */
  readonly writeKey: string | undefined;
  readonly serverWriteKey: string | undefined;
  readonly apiKey: string | undefined;
  /** Opens over HTTP what reaches beyond one workspace; undefined: the command line alone does. */
  readonly operatorKey: string | undefined;
  /**
   * Keys of 32 bytes in hex or base64: the first encrypts secrets of collectors, the others decrypt those of before. Empty: a file of
   * the data folder has the key.
   */
  readonly secretKeys: readonly string[];
  /** How far back from its receipt an event of a public write key may lie, in ms. */
  readonly publicBackdateMs: number;
  /** What one write key may send to this process. */
  readonly quotas: QuotaLimits;
  /** How long, and up to how many bytes a workspace, rejected input is kept. */
  readonly rejectedRetention: RejectedRetention;
  /** What metrics over touches may keep in memory, of all workspaces. */
  readonly metricsMemoryBytes: number;
  readonly roles: ReadonlySet<Role>;
  readonly eventStore: EventStoreConfig;
  /** Ids and addresses that identify nobody, beside the usual ones (domain/placeholder.ts). */
  readonly placeholders: readonly string[];
  /** Where webhooks may lead, and how long what was sent is kept. */
  readonly webhooks: WebhookConfig;
  /** Undefined: nothing is read from Kafka or published to it. */
  readonly kafka: KafkaConfig | undefined;
}

/** Injection token of the validated settings. */
export const CONFIG = Symbol('Config');

/** Every setting that cannot stand, each with what is allowed; thrown once, with all of them. */
export class BadSettings extends Error {
  override readonly name = 'BadSettings';
  constructor(readonly faults: readonly string[]) {
    super(`Invalid settings:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings of a process. An empty variable counts as unset, as Compose files leave them.
 *
 * @throws BadSettings naming every fault at once.
 */
export function readConfig(environment: Environment): Config {
  const faults: string[] = [];
  const fault: AddFault = (text) => faults.push(text);
  const read: ReadSetting = (name) => environment[name]?.trim() || undefined;
  const grpc = read('GRPC_PORT');
  const config: Config = {
    port: port('PORT', read('PORT') ?? '3000', fault),
    grpcPort: grpc === undefined ? undefined : port('GRPC_PORT', grpc, fault),
    publicUrl: publicUrl(read('TOUCHLINE_PUBLIC_URL'), fault),
    trustedProxies: trustedProxies(read('TRUSTED_PROXIES'), fault),
    maxConnections: connections(read('MAX_CONNECTIONS'), fault),
    dataDir: resolve(read('TOUCHLINE_DATA_DIR') ?? '.touchline'),
    databaseUrl: databaseUrl(read('DATABASE_URL'), fault),
    writeKey: key('TOUCHLINE_WRITE_KEY', read('TOUCHLINE_WRITE_KEY'), fault),
    serverWriteKey: key('TOUCHLINE_SERVER_WRITE_KEY', read('TOUCHLINE_SERVER_WRITE_KEY'), fault),
    apiKey: key('TOUCHLINE_API_KEY', read('TOUCHLINE_API_KEY'), fault),
    operatorKey: operatorKey(key('TOUCHLINE_OPERATOR_KEY', read('TOUCHLINE_OPERATOR_KEY'), fault), fault),
    secretKeys: secretKeys(read('TOUCHLINE_SECRET_KEY'), fault),
    publicBackdateMs: publicBackdateMs(read, fault),
    quotas: quotas(read, fault),
    rejectedRetention: rejectedRetention(read, fault),
    metricsMemoryBytes: metricsMemoryBytes(read, fault),
    roles: roles(read('ROLES'), fault),
    eventStore: eventStore(read('EVENT_STORE'), read('EVENTSTOREDB_URL'), fault),
    placeholders: placeholderList(read('PLACEHOLDERS'), fault),
    webhooks: webhookConfig(read, fault),
    kafka: kafkaConfig(read, fault),
  };
  if (config.apiKey && config.apiKey === config.writeKey) {
    fault('TOUCHLINE_API_KEY: must differ from TOUCHLINE_WRITE_KEY, which is visible in web pages');
  }
  if (config.serverWriteKey && config.serverWriteKey === config.writeKey) {
    fault('TOUCHLINE_SERVER_WRITE_KEY: must differ from TOUCHLINE_WRITE_KEY, which is visible in web pages');
  }
  const { operatorKey: operator, apiKey, writeKey, serverWriteKey } = config;
  if (operator && [apiKey, writeKey, serverWriteKey].includes(operator))
    fault('TOUCHLINE_OPERATOR_KEY: must differ from the keys of workspaces');
  if (config.grpcPort && config.grpcPort === config.port) fault('GRPC_PORT: must differ from PORT');
  if (faults.length > 0) throw new BadSettings(faults);
  return config;
}

function port(name: string, value: string, fault: AddFault): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  fault(`${name}: "${value}" is not a port; use a whole number from 0 (any free port) to 65535`);
  return 0;
}

function publicUrl(value: string | undefined, fault: AddFault): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isPlain = url && !url.search && !url.hash && !url.username && !url.password;
  if (isPlain && ['http:', 'https:'].includes(url.protocol))
    return url.origin + url.pathname.replace(/\/+$/, '');
  fault(
    `TOUCHLINE_PUBLIC_URL: "${value}" is not a server URL; use one such as https://touchline.acme.example`,
  );
  return undefined;
}

function trustedProxies(value: string | undefined, fault: AddFault): readonly string[] {
  const networks = (value ?? '').split(',').flatMap((text) => text.trim() || []);
  const wrong = networks.filter((text) => !parseNetwork(text));
  if (wrong.length > 0)
    fault(
      `TRUSTED_PROXIES: ${wrong.join(', ')} is not an address; use addresses or networks such as 10.0.0.0/8`,
    );
  return networks.filter((text) => parseNetwork(text));
}

const DEFAULT_CONNECTIONS = 2_000;

function connections(value: string | undefined, fault: AddFault): number {
  const number = Number(value ?? DEFAULT_CONNECTIONS);
  if (Number.isInteger(number) && number >= 4 && number <= 100_000) return number;
  fault(`MAX_CONNECTIONS: "${value}" is invalid; use a whole number from 4 to 100000`);
  return DEFAULT_CONNECTIONS;
}

function databaseUrl(value: string | undefined, fault: AddFault): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url && ['postgres:', 'postgresql:'].includes(url.protocol) && url.pathname.length > 1) return value;
  // Never echoed: it may hold a password.
  fault(
    'DATABASE_URL: use postgres://user:password@host:port/database, or leave it unset for embedded PostgreSQL',
  );
  return undefined;
}

/** A write key is the user name of HTTP Basic, so it cannot hold a colon. */
function key(name: string, value: string | undefined, fault: AddFault): string | undefined {
  if (value === undefined || /^[\x21-\x39\x3b-\x7e]{1,200}$/.test(value)) return value;
  fault(`${name}: use 1 to 200 visible ASCII characters without spaces or colons`);
  return undefined;
}

/** It opens every workspace's read models to a rebuild, and nobody counts wrong guesses. */
const OPERATOR_KEY_LENGTH = 20;

function operatorKey(value: string | undefined, fault: AddFault): string | undefined {
  if (value !== undefined && value.length < OPERATOR_KEY_LENGTH)
    fault(`TOUCHLINE_OPERATOR_KEY: use at least ${OPERATOR_KEY_LENGTH} characters`);
  return value;
}

/** Never echoed. */
function secretKeys(value: string | undefined, fault: AddFault): readonly string[] {
  const keys = (value ?? '').split(',').flatMap((key) => key.trim() || []);
  if (keys.every((key) => /^([0-9a-f]{64}|[a-z0-9+/_-]{43}=?)$/i.test(key))) return keys;
  fault('TOUCHLINE_SECRET_KEY: use 32 random bytes in hex or base64, as `openssl rand -hex 32` makes them');
  return [];
}

/** `*` alone would make nobody of everybody. */
function placeholderList(value: string | undefined, fault: AddFault): readonly string[] {
  const entries = (value ?? '').split(',').flatMap((entry) => entry.trim() || []);
  for (const entry of entries)
    if (/^!?\**$/.test(entry)) fault(`PLACEHOLDERS: "${entry}" matches every id; add some characters`);
  return entries;
}

const ESDB_URL = /^esdb(\+discover)?:\/\/[^/?]+/;

/** The URL is never echoed: it may hold a password. */
function eventStore(kind: string | undefined, url: string | undefined, fault: AddFault): EventStoreConfig {
  if (kind === 'eventstoredb') {
    if (url === undefined) fault('EVENTSTOREDB_URL: is required with EVENT_STORE=eventstoredb');
    else if (!ESDB_URL.test(url))
      fault('EVENTSTOREDB_URL: use esdb://user:password@host:port or esdb+discover://… for a cluster');
    return { kind, url: url ?? '' };
  }
  if (kind !== undefined && kind !== 'postgres')
    fault(`EVENT_STORE: "${kind}" is unknown; use postgres or eventstoredb`);
  if (url !== undefined) fault('EVENTSTOREDB_URL: has no effect without EVENT_STORE=eventstoredb');
  return { kind: 'postgres' };
}

function roles(value: string | undefined, fault: AddFault): ReadonlySet<Role> {
  if (value === undefined) return new Set(ROLES);
  const named = value.split(',').flatMap((name) => name.trim() || []);
  const unknown = named.filter((name) => !(ROLES as readonly string[]).includes(name));
  if (unknown.length > 0) fault(`ROLES: unknown ${unknown.join(', ')}; use any of ${ROLES.join(',')}`);
  if (named.length === 0) fault(`ROLES: has no role; use any of ${ROLES.join(',')}`);
  return new Set(ROLES.filter((role) => named.includes(role)));
}

import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import type { KeyScope } from '../domain/touchpoint.js';
import { memoize } from '../domain/memoize.js';
import { StoreUnavailable } from '../event-store/event-store.js';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import { CollectorConfigs } from '../workspaces/collector-configs.js';
import type { ApiKey, WriteKey } from '../workspaces/entities.js';
import { hashKey } from '../workspaces/key-format.js';
import { UnknownKeyLog } from './unknown-keys.js';

/** A write key as it is counted, with what it may send where that differs from the settings. */
export interface KeyQuota {
  readonly id: string;
  /** Its first characters, for logs. */
  readonly prefix: string;
  readonly workspace: string;
  readonly limits: { readonly eventsPerSecond?: number; readonly requestsPerSecond?: number };
}

/** What a write key opens. */
export interface CollectorKey {
  readonly workspace: string;
  readonly collector: string;
  /** Of a public key; absent: a server-side key. */
  readonly keyScope?: KeyScope;
  /** Absent: it may send as much as it likes. */
  readonly quota?: KeyQuota;
  /** Absent: of a collector without settings, mapping or format. */
  readonly config?: CollectorConfig;
}

/**
 * What tells which collector a request is of: a write key, its id (in addresses of webhooks), or the app id of a tracker, for
 * which a write key will do as well.
 */
export interface CollectorCredential {
  readonly kind: 'write-key' | 'collector-id' | 'app-id';
  readonly value: string;
}

/** What opens keys. */
export type OpensKeys = Pick<KeyStore, 'resolveWriteKey' | 'resolveApiKey'>;

interface KnownKeys {
  readonly write: ReadonlyMap<string, CollectorKey>;
  readonly api: ReadonlyMap<string, string>;
  /** Configured collectors by their ids. */
  readonly collectors: ReadonlyMap<string, CollectorKey>;
  /** Collectors by the app ids of their trackers. */
  readonly apps: ReadonlyMap<string, CollectorKey>;
}

/** The hashes of so many keys are cached, wrong keys included, so that a busy key is hashed once. */
const HASHED_KEYS = 10_000;
/** In UTF-16 units, as settings allow; the hash of a longer one is not cached. */
const LONGEST_KEY = 200;

/** Keys are read again this often, in ms, whether anybody asks or not: a revoked one stops working within ten seconds. */
const REFRESH_MS = 5_000;
/** Loads begin at least so far apart, in ms: whoever makes up keys must not keep the database busy with them. */
const LOAD_EVERY_MS = 100;

/**
 * All keys of the deployment, held in memory by their hashes, so that a known key costs no query. A key that is not
 * known waits for a fresh load, a tenth of a second at most: one just made works at once, and any number of wrong ones
 * share ten queries a second.
 */
@Injectable()
export class KeyStore implements OnModuleInit, OnModuleDestroy {
  private readonly unknown = new UnknownKeyLog();
  private known: KnownKeys = { write: new Map(), api: new Map(), collectors: new Map(), apps: new Map() };
  private readonly hashOf = memoize(HASHED_KEYS, hashKey, LONGEST_KEY);
  private running: Promise<KnownKeys> | undefined;
  private next: Promise<KnownKeys> | undefined;
  private refresh: NodeJS.Timeout | undefined;
  private loadedAt = -Infinity;

  constructor(
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(CollectorConfigs) private readonly configs: CollectorConfigs,
  ) {}

  onModuleInit(): void {
    this.refresh = setInterval(() => void this.freshLoad().catch(() => undefined), REFRESH_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.refresh);
  }

  /** @throws StoreUnavailable the key is not in memory and the database cannot be asked. */
  resolveWriteKey(key: string): Promise<CollectorKey | undefined> {
    return this.byHash('write', key, ({ write }, hash) => write.get(hash));
  }

  /** The workspace that an API key opens. @throws StoreUnavailable as above. */
  resolveApiKey(key: string): Promise<string | undefined> {
    return this.byHash('API', key, ({ api }, hash) => api.get(hash));
  }

  /** What a credential of a request opens. @throws StoreUnavailable as above. */
  resolve({ kind, value }: CollectorCredential): Promise<CollectorKey | undefined> {
    if (kind === 'write-key') return this.resolveWriteKey(value);
    if (kind === 'collector-id') return this.find(({ collectors }) => collectors.get(value));
    const hash = this.hashOf(value);
    return this.find(({ apps, write }) => apps.get(value) ?? write.get(hash));
  }

  /** What is configured of a collector; undefined: nothing, or it is not there. @throws StoreUnavailable as above. */
  async configOf(workspace: string, name: string): Promise<CollectorConfig | undefined> {
    const isIt = ({ config }: CollectorKey): boolean =>
      config?.workspace === workspace && config.name === name;
    const { collectors } = await this.freshLoad();
    return [...collectors.values()].find(isIt)?.config;
  }

  private async find<T>(find: (known: KnownKeys) => T | undefined): Promise<T | undefined> {
    return find(this.known) ?? find(await this.freshLoad());
  }

  private async byHash<T>(
    kind: 'write' | 'API',
    key: string,
    find: (known: KnownKeys, hash: string) => T | undefined,
  ): Promise<T | undefined> {
    const hash = this.hashOf(key);
    const found = await this.find((known) => find(known, hash));
    if (found === undefined) this.unknown.note(kind, key);
    return found;
  }

  /** A load that starts after this call: the one running may have read too early to see a key just made. */
  private freshLoad(): Promise<KnownKeys> {
    this.next ??= (this.running ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => this.pause())
      .then(() => {
        this.loadedAt = performance.now();
        this.running = this.next;
        this.next = undefined;
        return this.load();
      });
    return this.next;
  }

  private async pause(): Promise<void> {
    const ms = this.loadedAt + LOAD_EVERY_MS - performance.now();
    if (ms > 0) await sleep(Math.min(ms, LOAD_EVERY_MS));
  }

  private async load(): Promise<KnownKeys> {
    try {
      const [write, api, configs] = await Promise.all([
        this.database.query<WriteKeyRow[]>(WRITE_KEYS),
        this.database.query<ApiKeyRow[]>(API_KEYS),
        this.configs.load(),
      ]);
      this.known = knownKeys(write, api, configs);
      return this.known;
    } catch (cause) {
      throw new StoreUnavailable('Keys cannot be read: the database does not answer', 5, { cause });
    }
  }
}

type WriteKeyRow = Pick<
  WriteKey,
  'keyHash' | 'prefix' | 'workspace' | 'collector' | 'scope' | 'eventsPerSecond' | 'requestsPerSecond'
>;
type ApiKeyRow = Pick<ApiKey, 'keyHash' | 'workspace'>;

const WRITE_KEYS = `
  SELECT key_hash AS "keyHash", prefix, workspace, collector, scope,
         events_per_second AS "eventsPerSecond", requests_per_second AS "requestsPerSecond"
  FROM touchline.write_key
  WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`;

const API_KEYS = 'SELECT key_hash AS "keyHash", workspace FROM touchline.api_key WHERE revoked_at IS NULL';

function knownKeys(
  write: readonly WriteKeyRow[],
  api: readonly ApiKeyRow[],
  configs: readonly CollectorConfig[],
): KnownKeys {
  const byName = new Map(configs.map((config) => [collectorName(config.workspace, config.name), config]));
  const collectors = new Map(configs.map((config) => [config.id, openedById(config)]));
  return {
    write: new Map(
      write.map((key) => [
        key.keyHash,
        openedByKey(key, byName.get(collectorName(key.workspace, key.collector))),
      ]),
    ),
    api: new Map(api.map(({ keyHash, workspace }) => [keyHash, workspace])),
    collectors,
    apps: new Map(
      configs.flatMap((config) =>
        (config.settings.appIds ?? []).map((appId) => [
          appId,
          { ...openedById(config), keyScope: 'public' as const },
        ]),
      ),
    ),
  };
}

const collectorName = (workspace: string, name: string): string => `${workspace}/${name}`;

function openedByKey(key: WriteKeyRow, config: CollectorConfig | undefined): CollectorKey {
  const { workspace, collector, scope } = key;
  return {
    ...{ workspace, collector, quota: quotaOf(key, config) },
    ...(scope === 'public' && { keyScope: scope }),
    ...(config && { config }),
  };
}

/** By a webhook, whose request is verified, or an app id, which anybody can read. */
const openedById = (config: CollectorConfig): CollectorKey => ({
  ...{ workspace: config.workspace, collector: config.name, config },
  quota: collectorQuota(config),
});

function quotaOf(key: WriteKeyRow, config: CollectorConfig | undefined): KeyQuota {
  const { keyHash, prefix, workspace, eventsPerSecond, requestsPerSecond } = key;
  const isOwn = eventsPerSecond !== null || requestsPerSecond !== null;
  if (!isOwn && config && Object.keys(limitsOf(config)).length > 0) return collectorQuota(config);
  return {
    ...{ id: keyHash, prefix, workspace },
    limits: {
      ...(eventsPerSecond !== null && { eventsPerSecond }),
      ...(requestsPerSecond !== null && { requestsPerSecond }),
    },
  };
}

/** All that comes to a collector counts together. */
const collectorQuota = (config: CollectorConfig): KeyQuota => ({
  ...{ id: config.id, prefix: config.name, workspace: config.workspace },
  limits: limitsOf(config),
});

function limitsOf({ settings: { eventsPerSecond, requestsPerSecond } }: CollectorConfig): KeyQuota['limits'] {
  return {
    ...(eventsPerSecond !== undefined && { eventsPerSecond }),
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
  };
}

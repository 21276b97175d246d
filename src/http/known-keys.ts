import type { KeyScope } from '../domain/touchpoint.js';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import type { ApiKey, WriteKey } from '../workspaces/entities.js';

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

/** Keys by their hashes, and collectors by what names them. */
export interface KnownKeys {
  readonly write: ReadonlyMap<string, CollectorKey>;
  readonly api: ReadonlyMap<string, string>;
  /** Configured collectors by their ids. */
  readonly collectors: ReadonlyMap<string, CollectorKey>;
  /** Collectors by the app ids of their trackers. */
  readonly apps: ReadonlyMap<string, CollectorKey>;
  /** What is configured, by `collectorName`. */
  readonly configs: ReadonlyMap<string, CollectorConfig>;
}

export type WriteKeyRow = Pick<
  WriteKey,
  'keyHash' | 'prefix' | 'workspace' | 'collector' | 'scope' | 'eventsPerSecond' | 'requestsPerSecond'
>;
export type ApiKeyRow = Pick<ApiKey, 'keyHash' | 'workspace'>;

export const WRITE_KEYS = `
  SELECT key_hash AS "keyHash", prefix, workspace, collector, scope,
         events_per_second AS "eventsPerSecond", requests_per_second AS "requestsPerSecond"
  FROM touchline.write_key
  WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`;

export const API_KEYS =
  'SELECT key_hash AS "keyHash", workspace FROM touchline.api_key WHERE revoked_at IS NULL';

export function knownKeys(
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
    configs: byName,
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

export const collectorName = (workspace: string, name: string): string => `${workspace}/${name}`;

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

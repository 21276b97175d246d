import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { memoize } from '../domain/memoize.js';
import { StoreUnavailable } from '../event-store/event-store.js';
import type { CollectorConfig } from '../workspaces/collector-config.js';
import { CollectorConfigs } from '../workspaces/collector-configs.js';
import { hashKey } from '../workspaces/key-format.js';
import { UnknownKeyLog } from './unknown-keys.js';

import {
  API_KEYS,
  type ApiKeyRow,
  type CollectorCredential,
  type CollectorKey,
  collectorName,
  type KnownKeys,
  knownKeys,
  WRITE_KEYS,
  type WriteKeyRow,
} from './known-keys.js';

/** What opens keys. */
export type OpensKeys = Pick<KeyStore, 'resolveWriteKey' | 'resolveApiKey'>;

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
  private known: KnownKeys = {
    write: new Map(),
    api: new Map(),
    collectors: new Map(),
    apps: new Map(),
    configs: new Map(),
  };
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

  /** Reads keys and collectors now: this process has changed one. @throws StoreUnavailable as above. */
  async reload(): Promise<void> {
    await this.freshLoad();
  }

  /** What a credential of a request opens. @throws StoreUnavailable as above. */
  resolve({ kind, value }: CollectorCredential): Promise<CollectorKey | undefined> {
    if (kind === 'write-key') return this.resolveWriteKey(value);
    if (kind === 'collector-id') return this.find(({ collectors }) => collectors.get(value));
    const hash = this.hashOf(value);
    return this.find(({ apps, write }) => apps.get(value) ?? write.get(hash));
  }

  /** What is configured of a collector, as of the last load; undefined: nothing, or it is not there. */
  configOf(workspace: string, name: string): CollectorConfig | undefined {
    return this.known.configs.get(collectorName(workspace, name));
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

import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, IsNull } from 'typeorm';
import type { KeyScope } from '../domain/touchpoint.js';
import { memoize } from '../domain/memoize.js';
import { StoreUnavailable } from '../event-store/event-store.js';
import { ApiKey, WriteKey } from '../workspaces/entities.js';
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
}

/** What opens keys. */
export type OpensKeys = Pick<KeyStore, 'resolveWriteKey' | 'resolveApiKey'>;

interface KnownKeys {
  readonly write: ReadonlyMap<string, CollectorKey>;
  readonly api: ReadonlyMap<string, string>;
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
  private known: KnownKeys = { write: new Map(), api: new Map() };
  private readonly hashOf = memoize(HASHED_KEYS, hashKey, LONGEST_KEY);
  private running: Promise<KnownKeys> | undefined;
  private next: Promise<KnownKeys> | undefined;
  private refresh: NodeJS.Timeout | undefined;
  private loadedAt = -Infinity;

  constructor(@Inject(DataSource) private readonly database: DataSource) {}

  onModuleInit(): void {
    this.refresh = setInterval(() => void this.freshLoad().catch(() => undefined), REFRESH_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.refresh);
  }

  /** @throws StoreUnavailable the key is not in memory and the database cannot be asked. */
  resolveWriteKey(key: string): Promise<CollectorKey | undefined> {
    return this.resolve('write', key, ({ write }, hash) => write.get(hash));
  }

  /** The workspace that an API key opens. @throws StoreUnavailable as above. */
  resolveApiKey(key: string): Promise<string | undefined> {
    return this.resolve('API', key, ({ api }, hash) => api.get(hash));
  }

  private async resolve<T>(
    kind: 'write' | 'API',
    key: string,
    find: (known: KnownKeys, hash: string) => T | undefined,
  ): Promise<T | undefined> {
    const hash = this.hashOf(key);
    const found = find(this.known, hash) ?? find(await this.freshLoad(), hash);
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
    const live = { revokedAt: IsNull() };
    try {
      const [write, api] = await Promise.all([
        this.database.getRepository(WriteKey).findBy(live),
        this.database.getRepository(ApiKey).findBy(live),
      ]);
      this.known = {
        write: new Map(write.map((key) => [key.keyHash, openedBy(key)])),
        api: new Map(api.map(({ keyHash, workspace }) => [keyHash, workspace])),
      };
      return this.known;
    } catch (cause) {
      throw new StoreUnavailable('Keys cannot be read: the database does not answer', 5, { cause });
    }
  }
}

function openedBy(key: WriteKey): CollectorKey {
  const { workspace, collector, scope } = key;
  return { workspace, collector, ...(scope === 'public' && { keyScope: scope }), quota: quotaOf(key) };
}

const quotaOf = ({ keyHash, prefix, workspace, eventsPerSecond, requestsPerSecond }: WriteKey): KeyQuota => ({
  ...{ id: keyHash, prefix, workspace },
  limits: {
    ...(eventsPerSecond !== null && { eventsPerSecond }),
    ...(requestsPerSecond !== null && { requestsPerSecond }),
  },
});

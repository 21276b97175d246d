import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Refused } from '../domain/refused.js';
import { secretContext } from './collector-configs.js';
import * as sql from './collectors-sql.js';
import type { CollectorSettings } from './collector-settings.js';
import { Collector, WriteKey, type WriteKeyScope } from './entities.js';
import { hashKey, makeKey, prefixOf } from './key-format.js';
import type { Mapping } from './mapping-schema.js';
import { SecretBox } from './secret-box.js';

/** A write key as it may be shown. */
export interface CollectorKeyListed {
  readonly prefix: string;
  readonly scope: WriteKeyScope;
  readonly createdAt: string;
  /** Of a key that was rotated: valid until then. */
  readonly expiresAt: string | null;
}

/** A signing secret: nothing of it is shown. */
export interface CollectorSecretListed {
  readonly id: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
}

export interface ListedCollector {
  readonly id: string;
  readonly name: string;
  readonly format: string | null;
  readonly settings: CollectorSettings;
  readonly mapping: Mapping;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Those that are valid, the oldest first. */
  readonly writeKeys: readonly CollectorKeyListed[];
  readonly secrets: readonly CollectorSecretListed[];
}

/** What of a collector can be set; what is absent stays as it is. */
export interface CollectorChanges {
  readonly format?: string | null | undefined;
  readonly settings?: CollectorSettings | undefined;
  readonly mapping?: Mapping | undefined;
}

/** A workspace has at most so many: every process holds them in memory. */
const MAX_COLLECTORS = 200;
/** Live keys, and secrets, of a collector: more are a rotation that never ends. */
const MAX_LIVE = 10;

const NAME = /^[a-z0-9][a-z0-9_.-]{0,62}$/;

/** The collectors of workspaces: their settings, write keys and secrets. Processes follow a change within ten seconds. */
@Injectable()
export class Collectors {
  constructor(
    @Inject(DataSource) private readonly database: DataSource,
    @Inject(SecretBox) private readonly box: SecretBox,
  ) {}

  /** The oldest first. */
  list(workspace: string): Promise<ListedCollector[]> {
    return this.database.query(sql.LIST, [workspace, null]);
  }

  /** By its id or name. @throws Refused `collector-not-found` */
  async find(workspace: string, idOrName: string): Promise<ListedCollector> {
    return found(await this.database.query<ListedCollector[]>(sql.LIST, [workspace, idOrName]), idOrName);
  }

  /** @throws Refused `collector-name-invalid`, `collector-exists`, `collector-limit`, `app-id-in-use` */
  async add(workspace: string, name: string, changes: CollectorChanges = {}): Promise<ListedCollector> {
    requireCollectorName(name, 'name');
    const { format = null, settings = {}, mapping = [] } = changes;
    await this.database.transaction(async (tx) => {
      await tx.query('SELECT FROM touchline.workspace WHERE slug = $1 FOR UPDATE', [workspace]);
      if ((await tx.countBy(Collector, { workspace })) >= MAX_COLLECTORS)
        throw new Refused('collector-limit', `A workspace has at most ${MAX_COLLECTORS} collectors`);
      if (await tx.existsBy(Collector, { workspace, name }))
        throw new Refused('collector-exists', `The collector "${name}" already exists`);
      await tx.insert(Collector, {
        workspace,
        name,
        format,
        settings: settings as object,
        mapping: mapping as [],
      });
      await saveAppIds(tx, workspace, name, settings);
    });
    return this.find(workspace, name);
  }

  /** @throws Refused `collector-not-found`, `app-id-in-use` */
  async update(workspace: string, idOrName: string, changes: CollectorChanges): Promise<ListedCollector> {
    const { name } = await this.find(workspace, idOrName);
    const { format, settings, mapping } = changes;
    await this.database.transaction(async (tx) => {
      await tx.query(sql.UPDATE, [
        ...[workspace, name, format !== undefined, format ?? null],
        ...[settings && JSON.stringify(settings), mapping && JSON.stringify(mapping)],
      ]);
      if (settings) await saveAppIds(tx, workspace, name, settings);
    });
    return this.find(workspace, name);
  }

  /**
   * Makes a write key and lets those of the same scope expire.
   *
   * @param overlapMs how long those stay valid; undefined: for good
   * @returns the key, which is stored nowhere
   * @throws Refused `collector-not-found`, `too-many-keys`
   */
  async addKey(
    workspace: string,
    idOrName: string,
    scope: WriteKeyScope,
    overlapMs?: number,
  ): Promise<string> {
    const { name: collector, writeKeys } = await this.find(workspace, idOrName);
    if (writeKeys.length >= MAX_LIVE)
      throw new Refused('too-many-keys', `A collector has at most ${MAX_LIVE} valid keys; revoke one first`);
    const key = makeKey(scope === 'public' ? 'wk' : 'sk');
    await this.database.transaction(async (tx) => {
      if (overlapMs !== undefined)
        await tx.query(sql.EXPIRE_KEYS, [workspace, collector, scope, overlapMs / 1_000]);
      const row = { keyHash: hashKey(key), prefix: prefixOf(key), workspace, collector, scope };
      await tx.insert(WriteKey, row);
    });
    return key;
  }

  /** @throws Refused `collector-not-found`, `key-not-found` */
  async revokeKey(workspace: string, idOrName: string, prefix: string): Promise<void> {
    const { name } = await this.find(workspace, idOrName);
    const [, revoked] = await this.database.query<[unknown, number]>(sql.REVOKE_KEY, [
      workspace,
      name,
      prefix,
    ]);
    if (revoked === 0)
      throw new Refused('key-not-found', `The collector "${name}" has no valid write key "${prefix}"`);
  }

  /**
   * Adds a secret with which its provider signs, and lets the others expire.
   *
   * @param overlapMs how long those are accepted; undefined: for good
   * @throws Refused `collector-not-found`, `too-many-secrets`
   */
  async addSecret(
    workspace: string,
    idOrName: string,
    secret: string,
    overlapMs?: number,
  ): Promise<ListedCollector> {
    const { name, secrets } = await this.find(workspace, idOrName);
    if (secrets.length >= MAX_LIVE)
      throw new Refused('too-many-secrets', `A collector has at most ${MAX_LIVE} secrets; remove one first`);
    const sealed = await this.box.seal(secret, secretContext(workspace, name));
    await this.database.transaction(async (tx) => {
      if (overlapMs !== undefined) await tx.query(sql.EXPIRE_SECRETS, [workspace, name, overlapMs / 1_000]);
      await tx.query(sql.ADD_SECRET, [workspace, name, sealed]);
    });
    return this.find(workspace, name);
  }

  /** @throws Refused `collector-not-found`, `secret-not-found` */
  async removeSecret(workspace: string, idOrName: string, id: string): Promise<void> {
    const { name } = await this.find(workspace, idOrName);
    const [, removed] = await this.database.query<[unknown, number]>(sql.REMOVE_SECRET, [
      workspace,
      name,
      id,
    ]);
    if (removed === 0) throw new Refused('secret-not-found', `The collector "${name}" has no secret ${id}`);
  }
}

/** @param path of the name; @throws Refused `collector-name-invalid` */
export function requireCollectorName(name: string, path: string): void {
  if (!NAME.test(name))
    throw new Refused(
      'collector-name-invalid',
      'must have 1 to 63 of a-z, 0-9, ".", "_" and "-", and start with a letter or digit',
      path,
    );
}

function found(rows: readonly ListedCollector[], idOrName: string): ListedCollector {
  const collector = rows.find(({ id }) => id === idOrName) ?? rows[0];
  if (collector) return collector;
  throw new Refused('collector-not-found', `The collector "${idOrName}" does not exist in this workspace`);
}

async function saveAppIds(
  tx: EntityManager,
  workspace: string,
  collector: string,
  { appIds = [] }: CollectorSettings,
): Promise<void> {
  await tx.query('DELETE FROM touchline.collector_app_id WHERE workspace = $1 AND collector = $2', [
    workspace,
    collector,
  ]);
  const taken = await tx.query<{ app_id: string }[]>(sql.ADD_APP_IDS, [workspace, collector, appIds]);
  const missing = appIds.find((appId) => !taken.some(({ app_id: added }) => added === appId));
  if (missing !== undefined)
    throw new Refused(
      'app-id-in-use',
      `"${missing}" belongs to another collector; choose another, or use a public write key as app id`,
      'settings.appIds',
    );
}

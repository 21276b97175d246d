import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Refused } from '../domain/refused.js';
import type { WriteKeyScope } from './entities.js';
import { hashKey } from './key-format.js';

/** A key as it may be shown: nothing of it but its first characters. */
export interface ListedKey {
  readonly prefix: string;
  readonly kind: 'write' | 'API';
  readonly workspace: string;
  /** Of a write key; null for an API key. */
  readonly scope: WriteKeyScope | null;
  /** Of a write key; null for an API key. */
  readonly collector: string | null;
  readonly createdAt: Date;
  /** What a write key may send a second; null: as the settings say. */
  readonly eventsPerSecond: number | null;
  readonly requestsPerSecond: number | null;
  /** Null: it opens its workspace. */
  readonly revokedAt: Date | null;
}

/** Undefined: as it is; null: as the settings say. */
export interface KeyLimits {
  readonly eventsPerSecond?: number | null;
  readonly requestsPerSecond?: number | null;
}

interface StoredKey extends ListedKey {
  /** As `hashKey` makes it. */
  readonly keyHash: string;
}

const KEYS = `(
  SELECT key_hash AS "keyHash", prefix, 'API' AS kind, workspace, NULL AS scope, NULL AS collector,
         NULL::integer AS "eventsPerSecond", NULL::integer AS "requestsPerSecond", created_at AS "createdAt", revoked_at AS "revokedAt" FROM touchline.api_key
  UNION ALL
  SELECT key_hash, prefix, 'write', workspace, scope, collector, events_per_second, requests_per_second,
         created_at, revoked_at FROM touchline.write_key
) AS key`;

const LIST = `
  SELECT prefix, kind, workspace, scope, collector, "eventsPerSecond", "requestsPerSecond", "createdAt", "revokedAt" FROM ${KEYS}
   WHERE $1::text IS NULL OR workspace = $1
   ORDER BY workspace, kind, "createdAt", scope, prefix`;

const FIND = `SELECT * FROM ${KEYS} WHERE "keyHash" = $1 OR prefix = $2 ORDER BY workspace, kind, "createdAt"`;

/** Those who revoke in one workspace wait for each other, or two would take each other's key for the one that stays. */
const LOCK = 'SELECT FROM touchline.workspace WHERE slug = $1 FOR NO KEY UPDATE';

const OTHERS = `
  SELECT count(*)::int AS others FROM ${KEYS}
   WHERE kind = $1 AND workspace = $2 AND collector IS NOT DISTINCT FROM $3 AND scope IS NOT DISTINCT FROM $4
     AND "revokedAt" IS NULL AND "keyHash" <> $5`;

const REVOKE = {
  write: 'UPDATE touchline.write_key SET revoked_at = now() WHERE key_hash = $1 AND revoked_at IS NULL',
  API: 'UPDATE touchline.api_key SET revoked_at = now() WHERE key_hash = $1 AND revoked_at IS NULL',
};

const LIMIT = `
  UPDATE touchline.write_key
     SET events_per_second = CASE WHEN $2 THEN $3::integer ELSE events_per_second END,
         requests_per_second = CASE WHEN $4 THEN $5::integer ELSE requests_per_second END
   WHERE key_hash = $1`;

/** The keys of all workspaces: which there are, and the end of one. */
@Injectable()
export class WorkspaceKeys {
  constructor(@Inject(DataSource) private readonly database: DataSource) {}

  /** Of one workspace, or of all; revoked ones too, the oldest first. */
  list(workspace?: string): Promise<ListedKey[]> {
    return this.database.query(LIST, [workspace ?? null]);
  }

  /**
   * Revokes a key for good: no start lets it in again. Every process refuses it when it next reads the keys.
   *
   * @param text the prefix of a key, or the whole key, whatever it opens
   * @param force also the last of its kind, which leaves a collector or the API of a workspace without any
   * @returns what was revoked: one key, unless the whole text was given and is a key of both kinds
   * @throws Refused `key-not-found`, `key-ambiguous`, `key-revoked`, `key-is-last`; then nothing is revoked
   */
  revoke(text: string, { force = false } = {}): Promise<StoredKey[]> {
    return this.database.transaction(async (tx) => {
      const keys = selectKeys(text, await tx.query<StoredKey[]>(FIND, [hashKey(text), text]));
      for (const key of keys) {
        await tx.query(LOCK, [key.workspace]);
        if (!force) await assertNotLast(tx, key);
        const [, revoked] = await tx.query<[unknown, number]>(REVOKE[key.kind], [key.keyHash]);
        if (revoked === 0) throw new Refused('key-revoked', `${nameOf(key)} has just been revoked`);
      }
      return keys;
    });
  }

  /**
   * Sets what a write key may send. Every process keeps to it when it next reads the keys.
   *
   * @throws Refused `key-not-found`, `key-ambiguous`, `key-revoked`, `key-has-no-limits`
   */
  async limit(text: string, { eventsPerSecond, requestsPerSecond }: KeyLimits): Promise<StoredKey[]> {
    const keys = selectKeys(text, await this.database.query<StoredKey[]>(FIND, [hashKey(text), text]));
    for (const key of keys) {
      if (key.kind === 'API')
        throw new Refused('key-has-no-limits', `${nameOf(key)} is not a write key, so it has no rate limits`);
      await this.database.query(LIMIT, [
        key.keyHash,
        ...[eventsPerSecond !== undefined, eventsPerSecond ?? null],
        ...[requestsPerSecond !== undefined, requestsPerSecond ?? null],
      ]);
    }
    return keys;
  }
}

/** `API key ak_1a2b3 of workspace "main"`, `public write key wk_1a2b3 of collector "web" in workspace "main"` */
export const nameOf = ({ prefix, kind, scope, workspace, collector }: ListedKey): string =>
  `${scope === null ? '' : `${scope} `}${kind} key ${prefix} of ${collector === null ? '' : `collector "${collector}" in `}workspace "${workspace}"`;

/** The live keys that a person means: the one with that prefix, or those that are the text. */
function selectKeys(text: string, found: readonly StoredKey[]): StoredKey[] {
  const whole = found.filter(({ keyHash }) => keyHash === hashKey(text));
  const candidates = whole.length > 0 ? whole : found;
  const live = candidates.filter(({ revokedAt }) => revokedAt === null);
  if (live.length === 0) throw notLive(text, candidates);
  if (live.length === 1 || whole.length > 0) return live;
  const names = live.map(nameOf).join(', ');
  throw new Refused('key-ambiguous', `"${text}" is the prefix of ${names}: pass the whole key instead`);
}

function notLive(text: string, [revoked]: readonly StoredKey[]): Refused {
  if (!revoked)
    return new Refused(
      'key-not-found',
      `No key has the prefix "${text}"; \`npx touchline keys list\` shows all`,
    );
  const { revokedAt } = revoked;
  return new Refused('key-revoked', `${nameOf(revoked)} was already revoked at ${revokedAt?.toISOString()}`);
}

/** @throws Refused `key-is-last` */
async function assertNotLast(tx: EntityManager, key: StoredKey): Promise<void> {
  const { kind, workspace, collector, scope, keyHash } = key;
  const [row] = await tx.query<{ others: number }[]>(OTHERS, [kind, workspace, collector, scope, keyHash]);
  if (row !== undefined && row.others > 0) return;
  const consequence =
    kind === 'write'
      ? 'without it, its clients drop their events'
      : 'without it, nobody can query the workspace';
  throw new Refused(
    'key-is-last',
    `${nameOf(key)} is the last one: ${consequence}. ` +
      `Add others first (npx touchline keys add ${workspace}), or use --force`,
  );
}

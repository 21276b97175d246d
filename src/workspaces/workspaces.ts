import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Refused } from '../domain/refused.js';
import { ApiKey, Collector, Workspace, WriteKey, type WriteKeyScope } from './entities.js';
import { hashKey, makeKey, prefixOf } from './key-format.js';

/** Keys as their users write them: shown once, stored only as hashes. */
export interface Keys {
  /** Public: for web pages, where anybody can read it. */
  readonly writeKey: string;
  /** For servers: its claims are believed as those of the CRM. */
  readonly serverWriteKey: string;
  readonly apiKey: string;
}

export const makeKeys = (): Keys => ({
  writeKey: makeKey('wk'),
  serverWriteKey: makeKey('sk'),
  apiKey: makeKey('ak'),
});

/** The write keys among them, each with its scope. */
const SCOPES = { writeKey: 'public', serverWriteKey: 'server' } as const satisfies Partial<
  Record<keyof Keys, WriteKeyScope>
>;

/** A write key of one scope. */
export const makeWriteKey = (scope: WriteKeyScope): Partial<Keys> =>
  scope === 'public' ? { writeKey: makeKey('wk') } : { serverWriteKey: makeKey('sk') };

const SLUG = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** The tenants of this deployment, and the making of new ones and of their keys. */
@Injectable()
export class Workspaces {
  constructor(@Inject(DataSource) private readonly database: DataSource) {}

  /** The settings of a workspace; undefined when there is none of that name. */
  async find(slug: string): Promise<Workspace | undefined> {
    return (await this.database.getRepository(Workspace).findOneBy({ slug })) ?? undefined;
  }

  all(): Promise<Workspace[]> {
    return this.database.getRepository(Workspace).find({ order: { slug: 'ASC' } });
  }

  /**
   * Makes a workspace with one collector, `web`, a write key of each scope for it and an API key, all or nothing.
   *
   * @param given keys to use instead of made ones.
   * @throws Refused `workspace-name-invalid`, `workspace-exists`, `key-in-use`
   */
  async add(slug: string, given: Partial<Keys> = {}): Promise<Keys> {
    if (!SLUG.test(slug)) {
      throw new Refused(
        'workspace-name-invalid',
        `"${slug}" is not a valid name: use 1 to 63 of a-z, 0-9 and "-", not starting with "-"`,
      );
    }
    const keys = { ...makeKeys(), ...given };
    await this.database.transaction(async (tx) => {
      const made = await insertNew(tx, Workspace, { slug, name: slug, timeZone: 'UTC', currency: 'USD' });
      if (!made) throw new Refused('workspace-exists', `Workspace "${slug}" already exists`);
      await tx.insert(Collector, { workspace: slug, name: 'web' });
      await insertKeys(tx, slug, keys);
    });
    return keys;
  }

  /**
   * Lets the given keys open the workspace too; those that do already stay as they are, and so do revoked ones.
   *
   * @returns which of them are revoked and open nothing
   * @throws Refused `workspace-not-found`, `key-in-use`
   */
  async allow(slug: string, given: Partial<Keys>): Promise<(keyof Keys)[]> {
    if (!(await this.find(slug)))
      throw new Refused(
        'workspace-not-found',
        `The workspace "${slug}" does not exist; \`npx touchline workspace list\` lists all`,
      );
    return this.database.transaction((tx) => insertKeys(tx, slug, given));
  }
}

/** @returns those that were revoked once. */
async function insertKeys(
  tx: EntityManager,
  workspace: string,
  keys: Partial<Keys>,
): Promise<(keyof Keys)[]> {
  const revoked: (keyof Keys)[] = [];
  for (const [name, scope] of Object.entries(SCOPES) as [keyof typeof SCOPES, WriteKeyScope][]) {
    const key = keys[name];
    if (key === undefined) continue;
    const keyHash = hashKey(key);
    // The scope of a key that is there already stays what it is.
    await insertNew(tx, WriteKey, { keyHash, prefix: prefixOf(key), workspace, collector: 'web', scope });
    const there = await tx.findOneBy(WriteKey, { keyHash, workspace });
    if (!there) throw inUse('write');
    if (there.revokedAt) revoked.push(name);
  }
  const { apiKey } = keys;
  if (apiKey !== undefined) {
    const keyHash = hashKey(apiKey);
    await insertNew(tx, ApiKey, { keyHash, prefix: prefixOf(apiKey), workspace });
    const there = await tx.findOneBy(ApiKey, { keyHash, workspace });
    if (!there) throw inUse('API');
    if (there.revokedAt) revoked.push('apiKey');
  }
  return revoked;
}

const inUse = (kind: string): Refused =>
  new Refused('key-in-use', `That ${kind} key belongs to another workspace`);

/** False when a row of the same key is there already, committed or about to be. */
async function insertNew<T extends object>(
  tx: EntityManager,
  entity: new () => T,
  row: Partial<T>,
): Promise<boolean> {
  const query = tx
    .createQueryBuilder()
    .insert()
    .into(entity)
    .values(row as never)
    .orIgnore()
    .returning('1');
  return ((await query.execute()).raw as unknown[]).length > 0;
}

import type { Pool } from 'pg';
import { withTransaction } from '../database/client.js';
import { Refused } from '../domain/refused.js';
import type { EventStore } from '../event-store/event-store.js';
import type { SecretBox } from '../workspaces/secret-box.js';
import * as sql from './endpoints-sql.js';
import type { MessageType } from './message.js';
import { makeSecret } from './signature.js';

/** Where messages are sent, as it may be shown. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  /** Of the messages that it gets; empty: of all types. */
  readonly eventTypes: readonly MessageType[];
  readonly enabled: boolean;
  /** `gone`: it answered 410. Null while it is enabled. */
  readonly disabledReason: 'manual' | 'gone' | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Those that sign, the oldest first. Nothing of them is shown. */
  readonly secrets: readonly WebhookSecret[];
}

export interface WebhookSecret {
  readonly id: string;
  readonly createdAt: string;
  /** Of one that was rotated: it signs until then. */
  readonly expiresAt: string | null;
}

/** What of an endpoint can be set; what is absent stays as it is. */
export interface EndpointChanges {
  readonly url?: string | undefined;
  readonly description?: string | null | undefined;
  readonly eventTypes?: readonly MessageType[] | undefined;
  readonly enabled?: boolean | undefined;
}

/** Every message is sent to each of them. */
const MAX_ENDPOINTS = 50;
/** Each signs every message: more are a rotation that never ends. */
const MAX_SECRETS = 5;

/** What a secret is sealed for: it does not open for another endpoint. */
export const secretContext = (endpoint: string): string => `webhook/${endpoint}`;

/** The webhook endpoints of workspaces and their secrets. */
export class WebhookEndpoints {
  constructor(
    private readonly pool: Pool,
    private readonly store: Pick<EventStore, 'head'>,
    private readonly box: SecretBox,
  ) {}

  /** The oldest first. */
  async list(workspace: string): Promise<WebhookEndpoint[]> {
    return (await this.pool.query<WebhookEndpoint>(sql.LIST, [workspace, null])).rows;
  }

  /** @throws Refused `webhook-not-found` */
  async find(workspace: string, id: string): Promise<WebhookEndpoint> {
    const { rows } = await this.pool.query<WebhookEndpoint>(sql.LIST, [workspace, id]);
    return rows[0] ?? notFound(id);
  }

  /**
   * Adds an endpoint, which gets what happens from now on.
   *
   * @returns the endpoint and its secret, which is stored encrypted and never shown again
   * @throws Refused `webhook-limit`
   */
  async add(
    workspace: string,
    { url, description = null, eventTypes = [] }: EndpointChanges,
  ): Promise<{ endpoint: WebhookEndpoint; secret: string }> {
    const start = String(await this.store.head());
    const secret = makeSecret();
    const id = await withTransaction(this.pool, async (tx) => {
      await tx.query(sql.LOCK_WORKSPACE, [workspace]);
      const { rows: counted } = await tx.query<{ count: number }>(sql.COUNT, [workspace]);
      if ((counted[0]?.count ?? 0) >= MAX_ENDPOINTS)
        throw new Refused('webhook-limit', `A workspace has at most ${MAX_ENDPOINTS} webhooks`);
      const values = [workspace, url, description, orNull(eventTypes), start];
      const { rows } = await tx.query<{ id: string }>(sql.ADD, values);
      const added = rows[0]?.id ?? '';
      await tx.query(sql.ADD_SECRET, [added, await this.box.seal(secret, secretContext(added))]);
      return added;
    });
    return { endpoint: await this.find(workspace, id), secret };
  }

  /** @throws Refused `webhook-not-found` */
  async change(workspace: string, id: string, changes: EndpointChanges): Promise<WebhookEndpoint> {
    const { url, description, eventTypes, enabled } = changes;
    await this.pool.query(sql.CHANGE, [
      ...[workspace, id, url ?? null, description !== undefined, description ?? null],
      ...[eventTypes !== undefined, orNull(eventTypes ?? []), enabled ?? null],
    ]);
    return this.find(workspace, id);
  }

  /** With its deliveries. @returns what it was @throws Refused `webhook-not-found` */
  async remove(workspace: string, id: string): Promise<WebhookEndpoint> {
    const endpoint = await this.find(workspace, id);
    await this.pool.query(sql.REMOVE, [workspace, id]);
    return endpoint;
  }

  /**
   * Makes a secret and lets the others sign for `overlapMs` more.
   *
   * @returns the secret, which is never shown again
   * @throws Refused `webhook-not-found`, `too-many-secrets`
   */
  async rotateSecret(workspace: string, id: string, overlapMs: number): Promise<string> {
    const { secrets } = await this.find(workspace, id);
    if (secrets.length >= MAX_SECRETS && overlapMs > 0)
      throw new Refused(
        'too-many-secrets',
        `A webhook has at most ${MAX_SECRETS} secrets that sign; rotate without overlap, or wait for one to expire`,
      );
    const secret = makeSecret();
    const sealed = await this.box.seal(secret, secretContext(id));
    await withTransaction(this.pool, async (tx) => {
      await tx.query(sql.EXPIRE_SECRETS, [id, overlapMs / 1_000]);
      await tx.query(sql.ADD_SECRET, [id, sealed]);
    });
    return secret;
  }

  /** The secrets that sign, the newest first, by endpoint. @throws SecretUnreadable */
  async secretsOf(endpoint: string): Promise<readonly string[]> {
    const { rows } = await this.pool.query<{ sealed: readonly Buffer[] }>(sql.SEALED, [[endpoint]]);
    return Promise.all(
      (rows[0]?.sealed ?? []).map((sealed) => this.box.open(sealed, secretContext(endpoint))),
    );
  }
}

const orNull = (list: readonly string[]): readonly string[] | null => (list.length > 0 ? list : null);

function notFound(id: string): never {
  throw new Refused('webhook-not-found', `The webhook "${id}" does not exist in this workspace`);
}

import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { DATABASE } from '../database/database.js';
import { identityKey, isAnonymous, pairOf, type IdentityKey, type KeyKind } from '../domain/identity.js';
import type { KnownPair, LastDecision, NamedLead } from '../domain/lead-pair.js';
import { Refused } from '../domain/refused.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const KEY = /^(user|email|crm|anonymous):(.*\S.*)$/s;

interface Row {
  readonly key: IdentityKey;
  readonly lead_id: string;
  readonly main: IdentityKey;
}

/** Finds who is meant by a lead id, one it went by before included, or by `email:…`, `user:…`, `crm:…`, `anonymous:…`. */
@Injectable()
export class LeadNames {
  constructor(@Inject(DATABASE) private readonly database: pg.Pool) {}

  /** @throws Refused `lead-not-found` */
  async find(workspace: string, name: string): Promise<NamedLead> {
    const [, kind, value] = KEY.exec(name) ?? [];
    const key = kind === undefined || value === undefined ? undefined : identityKey(kind as KeyKind, value);
    const row = key !== undefined || UUID.test(name) ? await this.#row(workspace, key, name) : undefined;
    if (!row) throw new Refused('lead-not-found', `There is no lead ${name}`);
    const known = [row.key, row.main].find((each) => !isAnonymous(each));
    return { leadId: row.lead_id, key: known };
  }

  /** The two leads of a decision, and what is known of the pair. @throws Refused `lead-not-found` */
  async pair(workspace: string, name: string, otherName: string): Promise<KnownPair> {
    const lead = await this.find(workspace, name);
    const other = await this.find(workspace, otherName);
    return {
      lead,
      other,
      decision: await this.#decision(workspace, lead.key, other.key),
      isConflict: await this.#isConflict(workspace, lead.leadId, other.leadId),
    };
  }

  async #decision(
    workspace: string,
    key: IdentityKey | undefined,
    otherKey: IdentityKey | undefined,
  ): Promise<LastDecision | undefined> {
    if (key === undefined || otherKey === undefined) return undefined;
    const { rows } = await this.database.query<LastDecision>(
      `SELECT l.kind, l.occurred_at AS at FROM touchline.identity_link l
        WHERE l.workspace = $1 AND l.key = $2 AND l.other_key = $3 AND l.kind IN ('merged', 'split')
          AND l.superseded_at IS NULL`,
      [workspace, ...pairOf(key, otherKey)],
    );
    return rows[0];
  }

  async #isConflict(workspace: string, leadId: string, otherLeadId: string): Promise<boolean> {
    const { rows } = await this.database.query(
      `SELECT FROM touchline.identity_key one
         JOIN touchline.identity_link l
           ON l.workspace = one.workspace AND one.key IN (l.key, l.other_key) AND l.kind = 'refused'
          AND l.superseded_at IS NULL
         JOIN touchline.identity_key two
           ON two.workspace = l.workspace AND two.key IN (l.key, l.other_key) AND two.superseded_at IS NULL
        WHERE one.workspace = $1 AND one.lead_id = $2 AND one.superseded_at IS NULL AND two.lead_id = $3
        LIMIT 1`,
      [workspace, leadId, otherLeadId],
    );
    return rows.length > 0;
  }

  async #row(workspace: string, key: IdentityKey | undefined, leadId: string): Promise<Row | undefined> {
    const { rows } = await this.database.query<Row>(
      `SELECT k.key, k.lead_id, main.key AS main FROM touchline.identity_key k
         JOIN touchline.identity_key main
           ON main.workspace = k.workspace AND main.own_lead_id = k.lead_id AND main.superseded_at IS NULL
        WHERE k.workspace = $1 AND k.superseded_at IS NULL
          AND ${key === undefined ? 'k.own_lead_id = $2::uuid' : 'k.key = $2'}`,
      [workspace, key ?? leadId],
    );
    return rows[0];
  }
}

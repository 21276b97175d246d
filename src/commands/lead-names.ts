import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { DATABASE } from '../database/database.js';
import {
  connected,
  identityKey,
  isAnonymous,
  pairOf,
  type IdentityKey,
  type KeyKind,
} from '../domain/identity.js';
import type { DecideOnPair, NamedLead } from '../domain/lead-pair.js';
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

  /** The two leads of a decision. @throws Refused `lead-not-found` */
  async pair(workspace: string, lead: string, other: string): Promise<Pick<DecideOnPair, 'lead' | 'other'>> {
    return { lead: await this.find(workspace, lead), other: await this.find(workspace, other) };
  }

  /**
   * The merge that keeps two keys of one lead together: the decision about this very pair, or one without which they
   * would be two. Undefined: there is none.
   */
  async mergeOf(
    workspace: string,
    leadId: string,
    pair: readonly [IdentityKey, IdentityKey],
  ): Promise<readonly [IdentityKey, IdentityKey] | undefined> {
    const { rows } = await this.database.query<{ key: IdentityKey; other_key: IdentityKey; kind: string }>(
      `SELECT l.key, l.other_key, l.kind FROM touchline.identity_key k
         JOIN touchline.identity_link l ON l.workspace = k.workspace AND l.key = k.key AND l.superseded_at IS NULL
        WHERE k.workspace = $1 AND k.lead_id = $2 AND k.superseded_at IS NULL AND l.kind <> 'split'
        ORDER BY l.occurred_at DESC, l.event_id`,
      [workspace, leadId],
    );
    const links = rows.map(({ key, other_key, kind }) => ({ pair: [key, other_key] as const, kind }));
    const merges = links.filter(({ kind }) => kind === 'merged');
    const [one, two] = pairOf(...pair);
    const exact = merges.find((each) => each.pair[0] === one && each.pair[1] === two);
    const keys = new Set([...pair, ...links.flatMap((each) => each.pair)].filter((key) => !isAnonymous(key)));
    const separates = (merge: (typeof links)[number]): boolean => {
      const rest = links.filter((each) => each !== merge).map((each) => each.pair);
      return !connected(keys, rest).some((group) => group.includes(one) && group.includes(two));
    };
    return (exact ?? merges.find(separates))?.pair;
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

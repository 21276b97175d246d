import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { DATABASE } from '../database/database.js';
import { isAnonymous, pairOf, type IdentityKey } from '../domain/identity/keys.js';
import type { KnownPair, LastDecision, NamedLead } from '../domain/lead-pair.js';
import { Refused } from '../domain/refused.js';
import { findLead, parseLeadReference } from '../read-models/lead-lookup.js';

/** Finds who is meant by a lead id, one it went by before included, or by `email:…`, `user:…`, `crm:…`, `anonymous:…`. */
@Injectable()
export class LeadResolver {
  constructor(@Inject(DATABASE) private readonly database: pg.Pool) {}

  /** @throws Refused `lead-not-found` */
  async find(workspace: string, name: string): Promise<NamedLead> {
    const reference = parseLeadReference(name);
    const found = reference && (await findLead(this.database, workspace, reference));
    if (!found) throw new Refused('lead-not-found', `The lead ${name} does not exist`);
    const { leadId, key } = found;
    if (!isAnonymous(key)) return { leadId, key };
    const main = await findLead(this.database, workspace, { column: 'own_lead_id', value: leadId });
    return { leadId, key: main && !isAnonymous(main.key) ? main.key : undefined };
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
}

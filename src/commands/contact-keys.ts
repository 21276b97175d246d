import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { CONFIG, type Config } from '../config.js';
import { DATABASE } from '../database/database.js';
import type { RoleChange } from '../domain/committee.js';
import { identityKey, type IdentityKey } from '../domain/identity/keys.js';
import { type IsPlaceholder, placeholders } from '../domain/placeholder.js';
import { Refused } from '../domain/refused.js';
import type { ContactKeysInput } from './contact.inputs.js';

/** Finds the identity keys by which events name a contact. */
@Injectable()
export class ContactKeys {
  private readonly isPlaceholder: IsPlaceholder;

  constructor(
    @Inject(DATABASE) private readonly pool: pg.Pool,
    @Inject(CONFIG) config: Config,
  ) {
    this.isPlaceholder = placeholders(config.placeholders);
  }

  /** @throws Refused `contact-unknown`: no lead has the id; `contact-placeholder`: the key is a placeholder */
  async rolesOf(
    workspace: string,
    contacts: readonly (ContactKeysInput & Pick<RoleChange, 'role' | 'isPrimary'>)[] = [],
  ): Promise<RoleChange[]> {
    const leads = await this.keysOfLeads(
      workspace,
      contacts.flatMap(({ leadId }) => leadId ?? []),
    );
    return contacts.map(({ email, userId, crmId, leadId, role, isPrimary }, index) => {
      this.refusePlaceholders({ email, userId, crmId }, index);
      const keys: IdentityKey[] = [];
      if (crmId !== undefined) keys.push(identityKey('crm', crmId));
      if (userId !== undefined) keys.push(identityKey('user', userId));
      if (email !== undefined) keys.push(identityKey('email', email));
      if (leadId === undefined) return { keys, role, isPrimary };
      const known = leads.get(leadId.toLowerCase());
      if (!known) {
        throw new Refused('contact-unknown', `The lead ${leadId} does not exist`, `contacts.${index}.leadId`);
      }
      return { keys: [...keys, ...known], role, isPrimary };
    });
  }

  private refusePlaceholders(named: Readonly<Record<string, string | undefined>>, index: number): void {
    for (const [field, value] of Object.entries(named)) {
      if (value === undefined || !this.isPlaceholder(value)) continue;
      const message = `"${value}" is a placeholder and identifies nobody`;
      throw new Refused('contact-placeholder', message, `contacts.${index}.${field}`);
    }
  }

  /** The known keys of each lead, by any id it ever had; an anonymous lead has only anonymous ones. */
  private async keysOfLeads(workspace: string, ids: readonly string[]): Promise<Map<string, IdentityKey[]>> {
    if (ids.length === 0) return new Map();
    const { rows } = await this.pool.query<{ id: string; keys: IdentityKey[] }>(
      `SELECT named.own_lead_id AS id,
         coalesce(
           array_agg(key.key ORDER BY key.key) FILTER (WHERE key.key NOT LIKE 'anonymous:%'),
           array_agg(key.key ORDER BY key.key)
         ) AS keys
       FROM touchline.identity_key named
       JOIN touchline.identity_key key USING (workspace, lead_id)
       WHERE named.workspace = $1 AND named.own_lead_id = ANY ($2::uuid[])
         AND named.superseded_at IS NULL AND key.superseded_at IS NULL
       GROUP BY named.own_lead_id`,
      [workspace, ids],
    );
    return new Map(rows.map(({ id, keys }) => [id, keys]));
  }
}

import type { ClientBase, Pool } from 'pg';
import type { Position } from '../domain/events.js';
import { identityKey, KEY_KINDS, type IdentityKey } from '../domain/identity/keys.js';
import { asOf, standsNow } from './versioned-table.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** By a key, or by an id the lead has or had: each key's own lead id stays an alias of the lead it belongs to. */
export type LeadReference =
  | { readonly column: 'key'; readonly value: IdentityKey }
  | { readonly column: 'own_lead_id'; readonly value: string };

/** Reads a lead id, `email:…`, `user:…`, `crm:…` or `anonymous:…`; undefined: it is none of these. */
export function parseLeadReference(name: string): LeadReference | undefined {
  const id = name.toLowerCase();
  if (UUID.test(id)) return { column: 'own_lead_id', value: id };
  const kind = KEY_KINDS.find((known) => name.startsWith(`${known}:`));
  if (kind === undefined || name.includes('\0')) return undefined;
  const value = name.slice(kind.length + 1);
  return value === '' ? undefined : { column: 'key', value: identityKey(kind, value) };
}

/** @param position undefined: now */
export async function findLead(
  database: ClientBase | Pool,
  workspace: string,
  { column, value }: LeadReference,
  position?: Position,
): Promise<{ readonly leadId: string; readonly key: IdentityKey } | undefined> {
  const condition = position === undefined ? standsNow('k') : asOf('k', '$3');
  const { rows } = await database.query<{ leadId: string; key: IdentityKey }>(
    `SELECT k.lead_id AS "leadId", k.key FROM identity_key k
      WHERE k.workspace = $1 AND k.${column} = $2 AND ${condition}`,
    [workspace, value, ...(position === undefined ? [] : [String(position)])],
  );
  return rows[0];
}

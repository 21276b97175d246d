import type { ClientBase, Pool } from 'pg';
import type { Position } from '../domain/events.js';
import { identityKey, KEY_KINDS, type IdentityKey } from '../domain/identity/keys.js';
import { leadKey, type LeadKey } from './lead-snapshots.js';
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

/** All ids of leads, by `leadKey`: those they go by and their aliases. Decisions on a lead may be in the stream of any of them. */
export async function loadLeadIds(
  database: ClientBase | Pool,
  leads: readonly LeadKey[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await database.query<LeadKey & { readonly ids: string[] }>(
    `SELECT k.workspace, k.lead_id AS "leadId", array_agg(DISTINCT k.own_lead_id::text) AS ids
       FROM unnest($1::text[], $2::uuid[]) AS asked (workspace, lead_id)
       JOIN identity_key k ON k.workspace = asked.workspace AND k.lead_id = asked.lead_id
      WHERE ${standsNow('k')} AND k.key NOT LIKE 'anonymous:%'
      GROUP BY k.workspace, k.lead_id`,
    [leads.map(({ workspace }) => workspace), leads.map(({ leadId }) => leadId)],
  );
  return new Map(rows.map((row) => [leadKey(row), row.ids]));
}

import type { PoolClient } from 'pg';
import type { IdentityKey } from '../domain/identity/keys.js';
import type { LeadAccount } from '../domain/lead-snapshot.js';
import type { Traits } from '../domain/touchpoint.js';
import { asOf as versionAt } from './versioned-table.js';

/** The lead that a key belonged to at a position. Times in ms. */
export interface KnownKey {
  readonly key: IdentityKey;
  readonly leadId: string;
  readonly traits: Traits;
  readonly account: LeadAccount | null;
  readonly optedOutAt: number | null;
  /** Where the key is an address: when mail to it bounced for good. */
  readonly bouncedAt: number | null;
}

interface Row extends Omit<KnownKey, 'account'> {
  readonly accountId: string | null;
  readonly domain: string | null;
}

const MS = (column: string): string => `round(date_part('epoch', ${column}) * 1000)`;
const at = (alias: string): string => versionAt(alias, '$3::bigint');

const KNOWN = `
  SELECT asked.key, p.lead_id AS "leadId", p.traits, p.account_id AS "accountId",
         coalesce(account.domain, CASE WHEN member.reason = 'email_domain' THEN p.account_id END) AS domain,
         ${MS("CASE WHEN p.email_consent = 'unsubscribed' THEN p.email_consent_at END")} AS "optedOutAt",
         ${MS("CASE WHEN asked.key LIKE 'email:%' THEN touchline.email_bounced_at($1, p.lead_id, substr(asked.key, 7), $3) END")} AS "bouncedAt"
  FROM unnest($2::text[]) AS asked (key)
  JOIN touchline.identity_key k ON k.workspace = $1 AND k.key = asked.key AND ${at('k')}
  JOIN touchline.lead_profile p ON p.workspace = $1 AND p.lead_id = k.lead_id AND ${at('p')}
  LEFT JOIN touchline.account_membership member
    ON member.workspace = $1 AND member.lead_id = p.lead_id AND ${at('member')}
  LEFT JOIN touchline.account account
    ON account.workspace = $1 AND account.account_id = p.account_id AND ${at('account')}`;

/** Of keys, each once, those that were known at a position. */
export async function knownKeys(
  tx: PoolClient,
  workspace: string,
  keys: readonly IdentityKey[],
  asOf: bigint,
): Promise<ReadonlyMap<IdentityKey, KnownKey>> {
  if (keys.length === 0) return new Map();
  const { rows } = await tx.query<Row>(KNOWN, [workspace, keys, String(asOf)]);
  return new Map(
    rows.map(({ accountId, domain, ...row }) => [
      row.key,
      { ...row, account: accountId === null ? null : { id: accountId, domain } },
    ]),
  );
}

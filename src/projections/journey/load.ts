import type { PoolClient } from 'pg';
import { lookUp, type LookupKey } from '../../read-models/lookup.js';
import type { Readable } from '../../read-models/table.js';
import { standsNow, storedVersion, type Version } from '../../read-models/versioned-table.js';
import type { FactRow } from './records.js';
import {
  IDENTITY_FACT,
  IDENTITY_STATE,
  JOURNEY,
  LEAD,
  SCORE_CHANGE,
  STAGE_TRANSITION,
  type MoveRow,
  type ScoreRow,
  type StoredFact,
  type StoredKey,
  type StoredLead,
  type TouchRow,
} from './rows.js';

const LEAD_ID = ['lead_id', 'uuid[]'] as const;

async function loadStanding<R extends object>(
  tx: PoolClient,
  table: Readable<R>,
  leads: readonly LookupKey[],
): Promise<(R & Pick<Version, 'stored'>)[]> {
  return (await lookUp(tx, table, LEAD_ID, leads, standsNow('t'))).map(storedVersion);
}

export const loadKeys = (tx: PoolClient, keys: readonly LookupKey[]): Promise<StoredKey[]> =>
  lookUp(tx, IDENTITY_STATE, ['key', 'text[]'], keys);

/** All keys of leads; of anonymous ones those whose latest owner the lead is. */
export const loadKeysOfLeads = (tx: PoolClient, leads: readonly LookupKey[]): Promise<StoredKey[]> =>
  lookUp(tx, IDENTITY_STATE, LEAD_ID, leads);

export const loadLeads = (tx: PoolClient, leads: readonly LookupKey[]): Promise<StoredLead[]> =>
  lookUp(tx, LEAD, LEAD_ID, leads);

export const loadLeadsOfDomains = (tx: PoolClient, domains: readonly LookupKey[]): Promise<StoredLead[]> =>
  lookUp(tx, LEAD, ['email_domain', 'text[]'], domains);

/** A page of a workspace's leads in the order of their ids. */
export async function loadLeadsBetween(
  tx: PoolClient,
  { workspace, after, upTo }: { readonly workspace: string; readonly after: string; readonly upTo: string },
  limit: number,
): Promise<StoredLead[]> {
  const { rows } = await tx.query<Record<string, unknown>>(
    `SELECT ${LEAD.selectFrom('l')} FROM ${LEAD.name} l
      WHERE l.workspace = $1 AND l.lead_id > $2 AND l.lead_id <= $3 ORDER BY l.lead_id LIMIT $4`,
    [workspace, after, upTo, limit],
  );
  return rows.map((row) => LEAD.decode(row));
}

/** The rows of journeys that stand, unordered. */
export const loadTouches = (tx: PoolClient, leads: readonly LookupKey[]): Promise<TouchRow[]> =>
  loadStanding(tx, JOURNEY, leads);

export const loadMoves = (tx: PoolClient, leads: readonly LookupKey[]): Promise<MoveRow[]> =>
  loadStanding(tx, STAGE_TRANSITION, leads);

export const loadScores = (tx: PoolClient, leads: readonly LookupKey[]): Promise<ScoreRow[]> =>
  loadStanding(tx, SCORE_CHANGE, leads);

export async function loadFacts(tx: PoolClient, leads: readonly LookupKey[]): Promise<FactRow[]> {
  return (await lookUp(tx, IDENTITY_FACT, LEAD_ID, leads)).map(storedFact);
}

const storedFact = (row: StoredFact): FactRow => ({
  workspace: row.workspace,
  id: row.eventId,
  leadId: row.leadId,
  at: row.occurredAt,
  keys: row.keys,
  traits: row.traits ?? undefined,
  accountId: row.accountId ?? undefined,
  crmAccountId: row.crmAccountId ?? undefined,
  consent: row.consent ?? undefined,
  claimRank: row.claimRank ?? undefined,
  stored: true,
});

import type { PoolClient } from 'pg';
import type { Position } from '../domain/events.js';
import type { Traits } from '../domain/touchpoint.js';
import { asOf as versionAt } from './versioned-table.js';

/** A qualified lead that has no recipient yet. */
export interface WaitingLead {
  /** As it is called now. */
  readonly leadId: string;
  /** As its decisions name it: their stream. */
  readonly decidedId: string;
  readonly cycle: number;
  /** Of its `LeadQualified`. */
  readonly eventId: string;
  readonly qualifiedAt: Date;
  readonly position: string;
  readonly persona: string | null;
  readonly traits: Traits;
  readonly email: string | null;
  readonly accountOwner: string | null;
}

/** Which of the waiting leads. */
export interface WaitingChoice {
  readonly workspace: string;
  /** Only these, by the ids of their decisions; absent: all. */
  readonly only?: readonly string[] | undefined;
  /** Those that have waited less long than this one. */
  readonly after?: Pick<WaitingLead, 'position' | 'leadId'> | undefined;
  readonly limit: number;
  /** Undefined: now. */
  readonly asOf?: Position;
}

const FIRST = '00000000-0000-0000-0000-000000000000';
const standsAt = (alias: string): string => versionAt(alias, 'moment.position');

/**
 * Of workspace $1, at position $5, those of $2 after ($3, $4). Whoever opted out, became an opportunity or cannot be reached any more by
 * its address waits no more.
 */
const WAITING = `FROM (SELECT coalesce($5::bigint, 9223372036854775807) AS position) moment
  CROSS JOIN touchline.lead_lifecycle l
  JOIN touchline.lead_profile p ON p.workspace = l.workspace AND p.lead_id = l.lead_id AND ${standsAt('p')}
  CROSS JOIN LATERAL (
    SELECT f.lifecycle FROM touchline.lifecycle_at(moment.position) f
    WHERE f.workspace = l.workspace AND f.lead_id = l.lead_id OFFSET 0) f
  WHERE l.workspace = $1 AND l.status = 'qualified' AND ${standsAt('l')} AND f.lifecycle = 'qualified'
    AND touchline.email_bounced_at(p.workspace, p.lead_id, p.email, moment.position) IS NULL
    AND ($2::uuid[] IS NULL OR l.decided_id = ANY ($2))
    AND (l.known_from, l.lead_id) > ($3::bigint, $4::uuid)`;

const LONGEST_WAITING = `
  SELECT l.lead_id AS "leadId", l.decided_id AS "decidedId", l.cycle, l.event_id AS "eventId", l.since AS "qualifiedAt",
         l.known_from AS position, p.persona, p.traits, p.email,
         touchline.account_owner(p.workspace, p.account_id, moment.position) AS "accountOwner"
  ${WAITING}
  ORDER BY l.known_from, l.lead_id
  LIMIT $6`;

/** Who has waited longest comes first. */
export async function waitingLeads(
  tx: PoolClient,
  { workspace, only, after, limit, asOf }: WaitingChoice,
): Promise<readonly WaitingLead[]> {
  const values = [
    ...[workspace, only ?? null, after?.position ?? 0, after?.leadId ?? FIRST],
    ...[asOf?.toString() ?? null, limit],
  ];
  const { rows } = await tx.query<WaitingLead>({ name: 'waiting-leads', text: LONGEST_WAITING, values });
  return rows;
}

/** How many leads of a workspace wait. */
export async function countWaitingLeads(
  tx: PoolClient,
  { workspace, asOf }: Pick<WaitingChoice, 'workspace' | 'asOf'>,
): Promise<number> {
  const values = [workspace, null, 0, FIRST, asOf?.toString() ?? null];
  const { rows } = await tx.query<{ count: number }>(`SELECT count(*)::int AS count ${WAITING}`, values);
  return rows[0]?.count ?? 0;
}

/** Workspaces with qualified leads that have no recipient yet. */
export async function workspacesThatWait(tx: PoolClient): Promise<readonly string[]> {
  const { rows } = await tx.query<{ workspace: string }>(
    `SELECT DISTINCT workspace FROM touchline.lead_lifecycle WHERE status = 'qualified' AND superseded_at IS NULL`,
  );
  return rows.map(({ workspace }) => workspace);
}

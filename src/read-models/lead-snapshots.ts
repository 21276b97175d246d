import type { PoolClient, QueryConfig } from 'pg';
import type { Touch } from '../domain/condition.js';
import { leadLifecycle, type LeadState, type LeadStatus } from '../domain/lead-lifecycle.js';
import type { LeadSnapshot } from '../domain/lead-snapshot.js';
import type { Lifecycle } from '../domain/lifecycle.js';
import type { Grade } from '../domain/model/journey-model.js';
import type { Behaviour, Recipient } from '../domain/model/lead-management.js';
import type { TouchpointKind, Traits } from '../domain/touchpoint.js';
import { leadAddress } from './mail-domain.js';
import { asOf, standsNow } from './versioned-table.js';
import { touchOfRow, type StoredTouch } from './journey-touch.js';

/** A lead of a workspace. */
export interface LeadKey {
  readonly workspace: string;
  readonly leadId: string;
}

/** A position of the log, and the half-life of the model in force there. */
export interface Moment {
  readonly asOf: bigint;
  readonly halfLifeDays: number;
}

export type LoadedLead = LeadKey & LeadSnapshot;

const MS = (column: string): string => `round(date_part('epoch', ${column}) * 1000)`;

/**
 * Each lead by itself (LATERAL, OFFSET 0): looked up by index, however little the planner knows of the tables.
 *
 * @param lead the rows of leads
 * @param stands the condition that a version of an alias is true then
 */
const snapshots = (lead: string, position: string, stands: (alias: string) => string): string => `
  SELECT asked.workspace, asked.lead_id AS "leadId", s.*
  FROM unnest($1::text[], $2::uuid[]) AS asked (workspace, lead_id)
  CROSS JOIN LATERAL (
    SELECT l.known, l.email, l.persona, l.stage, l.grade,
           coalesce(l.score, 0) AS score, ${MS('l.score_at')} AS "scoredAt", p.traits, p.account_id AS "accountId",
           coalesce(account.domain, CASE WHEN member.reason = 'email_domain' THEN p.account_id END) AS "accountDomain",
           CASE WHEN f.opted_out THEN ${MS('p.email_consent_at')} END AS "optedOutAt",
           CASE WHEN l.email IS NOT NULL
                THEN ${MS(`touchline.email_bounced_at(l.workspace, l.lead_id, l.email, ${position})`)} END AS "bouncedAt",
           f.lifecycle, coalesce(f.has_open, false) AS "hasOpenOpportunity",
           d.status, d.cycle, d.last_cycle AS "lastCycle", d.decided_id AS "decidedId", d.since, d.decided_by AS "decidedBy", d.reason,
           d.recipient, d.recipient_kind AS "recipientKind", d.rule, d.due_by AS "dueBy", d.warn_at AS "warnAt",
           d.wake_at AS "wakeAt", d.wake_when AS "wakeWhen"
    FROM ${lead} l
    JOIN touchline.lead_profile p ON p.workspace = asked.workspace AND p.lead_id = asked.lead_id AND ${stands('p')}
    CROSS JOIN LATERAL (
      SELECT f.lifecycle, f.has_open, f.opted_out FROM touchline.lifecycle_at(${position}) f
      WHERE f.workspace = asked.workspace AND f.lead_id = asked.lead_id OFFSET 0) f
    LEFT JOIN touchline.lead_lifecycle d
      ON d.workspace = asked.workspace AND d.lead_id = asked.lead_id AND ${stands('d')}
    LEFT JOIN touchline.account_membership member
      ON member.workspace = asked.workspace AND member.lead_id = asked.lead_id AND ${stands('member')}
    LEFT JOIN touchline.account account
      ON account.workspace = asked.workspace AND account.account_id = p.account_id AND ${stands('account')}
    WHERE l.workspace = asked.workspace AND l.lead_id = asked.lead_id OFFSET 0) s`;

const SNAPSHOTS_NOW = snapshots('touchline.lead', '9223372036854775807', standsNow);
const SNAPSHOTS_AT = snapshots('touchline.lead_at($3::bigint, $4::float8)', '$3::bigint', (alias) =>
  asOf(alias, '$3::bigint'),
);

interface SnapshotRow extends LeadKey {
  readonly known: boolean;
  readonly email: string | null;
  readonly persona: string | null;
  readonly stage: string | null;
  readonly grade: Grade | null;
  readonly score: number;
  readonly scoredAt: number | null;
  readonly traits: Traits;
  readonly accountId: string | null;
  readonly accountDomain: string | null;
  readonly optedOutAt: number | null;
  readonly bouncedAt: number | null;
  readonly lifecycle: Lifecycle;
  readonly hasOpenOpportunity: boolean;
  readonly status: LeadStatus | null;
  readonly cycle: number;
  readonly lastCycle: number;
  readonly decidedId: string;
  readonly since: Date;
  readonly decidedBy: string | null;
  readonly reason: string | null;
  readonly recipient: string | null;
  readonly recipientKind: Recipient['kind'];
  readonly rule: string;
  readonly dueBy: Date;
  readonly warnAt: Date | null;
  readonly wakeAt: Date | null;
  readonly wakeWhen: Behaviour | null;
}

/**
 * Leads without their journeys, at a position or now. Who is no lead there is left out.
 *
 * @param leads each once
 */
export async function loadLeads(
  tx: PoolClient,
  leads: readonly LeadKey[],
  moment?: Moment,
): Promise<LoadedLead[]> {
  if (leads.length === 0) return [];
  const { rows } = await tx.query<SnapshotRow>(
    moment
      ? { text: SNAPSHOTS_AT, values: [...keysOf(leads), String(moment.asOf), moment.halfLifeDays] }
      : { name: 'lead-snapshots', text: SNAPSHOTS_NOW, values: keysOf(leads) },
  );
  return rows.map((row) => ({
    ...row,
    emailDomain: row.email?.slice(row.email.lastIndexOf('@') + 1) ?? null,
    address: row.email === null ? null : leadAddress(row.email, row.bouncedAt),
    account: row.accountId === null ? null : { id: row.accountId, domain: row.accountDomain },
    score: { score: row.score, scoredAt: row.scoredAt },
    decided: stateOf(row),
  }));
}

function stateOf(row: SnapshotRow): LeadState {
  const { status, since, cycle, lastCycle, decidedId, recipient, warnAt, wakeAt, wakeWhen } = row;
  if (status === null) return leadLifecycle.initial;
  return {
    ...{ status, since, cycle, lastCycle, leadId: decidedId },
    by: row.decidedBy ?? undefined,
    reason: row.reason ?? undefined,
    handOff:
      recipient === null
        ? undefined
        : {
            recipient: { id: recipient, kind: row.recipientKind },
            rule: row.rule,
            dueBy: row.dueBy.toISOString(),
            ...(warnAt && { warnAt: warnAt.toISOString() }),
          },
    wakeUp:
      status === 'recycled'
        ? { ...(wakeAt && { wakeAt: wakeAt.toISOString() }), ...(wakeWhen && { wakeWhen }) }
        : undefined,
  };
}

const touchesWhere = (stands: string): string => `
  SELECT asked.workspace, asked.lead_id AS "leadId", j.event_id AS "eventId", ${MS('j.occurred_at')} AS "occurredAt",
         j.kind, j.verdict, j.channel, j.source, j.medium, j.campaign, j.name, j.content_id AS "contentId",
         j.content_url AS "contentUrl", j.content_title AS "contentTitle", j.content_type AS "contentType", j.detail
  FROM unnest($1::text[], $2::uuid[]) AS asked (workspace, lead_id)
  CROSS JOIN LATERAL (
    SELECT * FROM touchline.journey j
    WHERE j.workspace = asked.workspace AND j.lead_id = asked.lead_id AND ${stands}
    OFFSET 0
  ) j`;

const TOUCHES_NOW = touchesWhere(standsNow('j'));
const TOUCHES_OF_KINDS = touchesWhere(`${standsNow('j')} AND j.kind = ANY ($3)`);
const TOUCHES_AT = touchesWhere(asOf('j', '$3::bigint'));

/** Touchpoints of leads, at a position or now, by `leadKey`. */
export async function loadTouches(
  tx: PoolClient,
  leads: readonly LeadKey[],
  moment?: Moment,
): Promise<TouchesByLead> {
  return touchesByLead(
    tx,
    leads,
    moment
      ? { text: TOUCHES_AT, values: [...keysOf(leads), String(moment.asOf)] }
      : { name: 'lead-touches', text: TOUCHES_NOW, values: keysOf(leads) },
  );
}

/** Those of some kinds only, now. */
export const loadTouchesOfKinds = (
  tx: PoolClient,
  leads: readonly LeadKey[],
  kinds: Iterable<TouchpointKind>,
): Promise<TouchesByLead> =>
  touchesByLead(tx, leads, {
    ...{ name: 'lead-touches-of-kinds', text: TOUCHES_OF_KINDS, values: [...keysOf(leads), [...kinds]] },
  });

type TouchesByLead = ReadonlyMap<string, readonly Touch[]>;

async function touchesByLead(
  tx: PoolClient,
  leads: readonly LeadKey[],
  query: QueryConfig,
): Promise<TouchesByLead> {
  if (leads.length === 0) return new Map();
  const { rows } = await tx.query<StoredTouch & LeadKey>(query);
  const byLead = Map.groupBy(rows, leadKey);
  return new Map([...byLead].map(([key, touches]) => [key, touches.map(touchOfRow)]));
}

/** Names a lead in a map. */
export const leadKey = ({ workspace, leadId }: LeadKey): string => `${workspace}\0${leadId}`;

const keysOf = (leads: readonly LeadKey[]): string[][] => [
  leads.map(({ workspace }) => workspace),
  leads.map(({ leadId }) => leadId),
];

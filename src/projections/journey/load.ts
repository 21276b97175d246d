import type { PoolClient } from 'pg';
import type { Touch } from '../../domain/condition.js';
import type { IdentityKey, Stamp } from '../../domain/identity.js';
import type { JourneyState } from '../../domain/journey.js';
import type { Grade } from '../../domain/model.js';
import type { ClaimRank, Names } from '../../domain/lead-names.js';
import type { LatestValues } from '../../domain/profile.js';
import type { SessionPart } from '../../domain/visit.js';
import type { KeyScope, Traits } from '../../domain/touchpoint.js';
import type { FactRow, Run } from './records.js';
import type { MoveRow, ScoreRow, TouchDetail, TouchRow } from './rows.js';

/** Set-wise reads: every statement takes the pairs (workspace, what) of a whole batch. */

export interface StoredKey {
  readonly workspace: string;
  readonly key: IdentityKey;
  readonly leadId: string;
  readonly firstSeen: Stamp;
  readonly state: StoredKeyState;
}

/** `state` of touchline.identity_state. */
export interface StoredKeyState {
  readonly links?: Readonly<Record<string, readonly [at: number, id: string]>>;
  readonly publicLinks?: Readonly<
    Record<string, readonly [at: number, id: string, joins: boolean, ...others: IdentityKey[]]>
  >;
  readonly publicOthers?: readonly IdentityKey[];
  readonly decisions?: Readonly<Record<string, readonly [kind: 'merged' | 'split', at: number, id: string]>>;
  readonly runs?: readonly (readonly [key: IdentityKey, at: number, id: string])[];
}

/** `state` of touchline.lead. */
export interface StoredLeadState {
  readonly journey: JourneyState;
  readonly latest: LatestValues;
  readonly names: Names;
  readonly lastFact?: Stamp;
}

export interface StoredLead {
  readonly workspace: string;
  readonly leadId: string;
  readonly accountId: string | null;
  readonly persona: string | null;
  readonly grade: Grade | null;
  readonly state: StoredLeadState;
}

type Pairs = readonly { readonly workspace: string; readonly value: string }[];

const wanted = (pairs: Pairs): [string[], string[]] => [
  pairs.map(({ workspace }) => workspace),
  pairs.map(({ value }) => value),
];

const MS = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;

const KEY_COLUMNS = `s.workspace, s.key, s.lead_id, ${MS('s.first_seen_at')} AS first_seen_at, s.first_seen_id, s.state`;

interface KeyRecordRow {
  workspace: string;
  key: IdentityKey;
  lead_id: string;
  first_seen_at: number;
  first_seen_id: string;
  state: StoredKeyState;
}

const storedKey = (row: KeyRecordRow): StoredKey => ({
  workspace: row.workspace,
  key: row.key,
  leadId: row.lead_id,
  firstSeen: { at: row.first_seen_at, id: row.first_seen_id },
  state: row.state,
});

export async function loadKeys(tx: PoolClient, keys: Pairs): Promise<StoredKey[]> {
  const { rows } = await tx.query<KeyRecordRow>(
    `SELECT ${KEY_COLUMNS} FROM unnest($1::text[], $2::text[]) AS w (workspace, key)
       JOIN touchline.identity_state s USING (workspace, key)`,
    wanted(keys),
  );
  return rows.map(storedKey);
}

/** All keys of leads; of anonymous ones those whose latest owner the lead is. */
export async function loadKeysOfLeads(tx: PoolClient, leads: Pairs): Promise<StoredKey[]> {
  const { rows } = await tx.query<KeyRecordRow>(
    `SELECT ${KEY_COLUMNS} FROM unnest($1::text[], $2::uuid[]) AS w (workspace, lead_id)
       JOIN touchline.identity_state s USING (workspace, lead_id)`,
    wanted(leads),
  );
  return rows.map(storedKey);
}

interface LeadRow {
  workspace: string;
  lead_id: string;
  account_id: string | null;
  persona: string | null;
  grade: Grade | null;
  state: StoredLeadState;
}

const LEAD_COLUMNS = 'l.workspace, l.lead_id, l.account_id, l.persona, l.grade, l.state';

const storedLead = (row: LeadRow): StoredLead => ({
  workspace: row.workspace,
  leadId: row.lead_id,
  accountId: row.account_id,
  persona: row.persona,
  grade: row.grade,
  state: row.state,
});

export async function loadLeads(tx: PoolClient, leads: Pairs): Promise<StoredLead[]> {
  const { rows } = await tx.query<LeadRow>(
    `SELECT ${LEAD_COLUMNS} FROM unnest($1::text[], $2::uuid[]) AS w (workspace, lead_id)
       JOIN touchline.lead l USING (workspace, lead_id)`,
    wanted(leads),
  );
  return rows.map(storedLead);
}

export async function loadLeadsOfDomains(tx: PoolClient, domains: Pairs): Promise<StoredLead[]> {
  const { rows } = await tx.query<LeadRow>(
    `SELECT ${LEAD_COLUMNS} FROM unnest($1::text[], $2::text[]) AS w (workspace, email_domain)
       JOIN touchline.lead l USING (workspace, email_domain)`,
    wanted(domains),
  );
  return rows.map(storedLead);
}

/** A page of a workspace's leads in the order of their ids. */
export async function loadLeadsAfter(
  tx: PoolClient,
  workspace: string,
  after: string,
  limit: number,
): Promise<StoredLead[]> {
  const { rows } = await tx.query<LeadRow>(
    `SELECT ${LEAD_COLUMNS} FROM touchline.lead l
      WHERE l.workspace = $1 AND l.lead_id > $2 ORDER BY l.lead_id LIMIT $3`,
    [workspace, after, limit],
  );
  return rows.map(storedLead);
}

interface JourneyRow {
  workspace: string;
  lead_id: string;
  event_id: string;
  position: string;
  at: number;
  recorded_at: number;
  kind: Touch['kind'];
  name: string | null;
  channel: Touch['channel'];
  source: string | null;
  medium: string | null;
  campaign: string | null;
  content_id: string | null;
  content_url: string | null;
  content_title: string | null;
  content_type: string | null;
  content_stage: string | null;
  identity: IdentityKey[];
  collector: string | null;
  rep: string | null;
  verdict: Touch['verdict'];
  session: SessionPart;
  sets_origin: boolean;
  detail: TouchDetail | null;
  day: number;
  key_scope: KeyScope | null;
  known_from: string;
}

/** The rows of journeys that stand, unordered. */
export async function loadTouches(tx: PoolClient, leads: Pairs): Promise<TouchRow[]> {
  const { rows } = await tx.query<JourneyRow>(
    `SELECT j.workspace, j.lead_id, j.event_id, j.position, ${MS('j.occurred_at')} AS at,
            ${MS('j.recorded_at')} AS recorded_at, j.kind, j.name, j.channel, j.source, j.medium, j.campaign,
            j.content_id, j.content_url, j.content_title, j.content_type, j.content_stage, j.identity,
            j.collector, j.rep, j.verdict, j.session, j.sets_origin, j.detail, j.key_scope, j.known_from,
            j.occurred_date - date '1970-01-01' AS day
       FROM unnest($1::text[], $2::uuid[]) AS w (workspace, lead_id)
       JOIN touchline.journey j USING (workspace, lead_id)
      WHERE j.superseded_at IS NULL`,
    wanted(leads),
  );
  return rows.map(storedTouch);
}

const given = <T>(value: T | null): T | undefined => value ?? undefined;

function storedTouch(row: JourneyRow): TouchRow {
  const url = given(row.content_url);
  const own: Touch = {
    id: row.event_id,
    at: row.at,
    kind: row.kind,
    verdict: row.verdict,
    channel: row.channel,
    source: given(row.source),
    medium: given(row.medium),
    campaign: given(row.campaign),
    name: given(row.name),
    content: row.detail?.content ?? (url === undefined ? undefined : { url }),
    properties: row.detail?.properties,
  };
  const relay = row.detail?.relay;
  return {
    ...standing(row),
    leadId: row.lead_id,
    session: row.session,
    setsOrigin: row.sets_origin,
    own,
    day: row.day,
    relay,
    content: row.content_id === null ? undefined : storedContent(row, row.content_id),
    fact: {
      // As the event recorded it: a model without this relay reads it so.
      touch: relay === undefined ? own : { ...own, channel: 'referral', source: relay, medium: 'referral' },
      position: BigInt(row.position),
      recordedAt: row.recorded_at,
      identity: row.identity,
      collector: given(row.collector),
      rep: given(row.rep),
      clamped: row.detail?.clamped,
      keyScope: given(row.key_scope),
    },
  };
}

const storedContent = (row: JourneyRow, id: string): TouchRow['content'] => ({
  id,
  ...(row.content_url !== null && { url: row.content_url }),
  ...(row.content_title !== null && { title: row.content_title }),
  ...(row.content_type !== null && { type: row.content_type }),
  ...(row.content_stage !== null && { stage: row.content_stage }),
});

interface VersionRow {
  workspace: string;
  known_from: string;
}

const standing = (row: VersionRow) => ({
  workspace: row.workspace,
  knownFrom: BigInt(row.known_from),
  supersededAt: null,
  stored: true,
});

interface TransitionRow extends VersionRow {
  lead_id: string;
  event_id: string;
  from_stage: string | null;
  to_stage: string;
  at: number;
  rule: string;
}

export async function loadMoves(tx: PoolClient, leads: Pairs): Promise<MoveRow[]> {
  const { rows } = await tx.query<TransitionRow>(
    `SELECT t.workspace, t.lead_id, t.event_id, t.from_stage, t.to_stage, ${MS('t.at')} AS at, t.rule,
            t.known_from
       FROM unnest($1::text[], $2::uuid[]) AS w (workspace, lead_id)
       JOIN touchline.stage_transition t USING (workspace, lead_id)
      WHERE t.superseded_at IS NULL`,
    wanted(leads),
  );
  return rows.map((row) => ({
    ...standing(row),
    leadId: row.lead_id,
    eventId: row.event_id,
    from: row.from_stage,
    to: row.to_stage,
    at: row.at,
    rule: row.rule,
  }));
}

interface ChangeRow extends VersionRow {
  lead_id: string;
  event_id: string;
  rule: string;
  points: number;
  at: number;
}

export async function loadScores(tx: PoolClient, leads: Pairs): Promise<ScoreRow[]> {
  const { rows } = await tx.query<ChangeRow>(
    `SELECT c.workspace, c.lead_id, c.event_id, c.rule, c.points, ${MS('c.occurred_at')} AS at,
            c.known_from
       FROM unnest($1::text[], $2::uuid[]) AS w (workspace, lead_id)
       JOIN touchline.score_change c USING (workspace, lead_id)
      WHERE c.superseded_at IS NULL`,
    wanted(leads),
  );
  return rows.map((row) => ({
    ...standing(row),
    leadId: row.lead_id,
    eventId: row.event_id,
    rule: row.rule,
    points: row.points,
    at: row.at,
  }));
}

interface StoredFact {
  workspace: string;
  event_id: string;
  lead_id: string;
  at: number;
  keys: IdentityKey[];
  traits: Traits | null;
  account_id: string | null;
  crm_account_id: string | null;
  claim_rank: ClaimRank | null;
}

export async function loadFacts(tx: PoolClient, leads: Pairs): Promise<FactRow[]> {
  const { rows } = await tx.query<StoredFact>(
    `SELECT f.workspace, f.event_id, f.lead_id, ${MS('f.occurred_at')} AS at, f.keys, f.traits, f.account_id,
            f.crm_account_id, f.claim_rank
       FROM unnest($1::text[], $2::uuid[]) AS w (workspace, lead_id)
       JOIN touchline.identity_fact f USING (workspace, lead_id)`,
    wanted(leads),
  );
  return rows.map((row) => ({
    workspace: row.workspace,
    id: row.event_id,
    leadId: row.lead_id,
    at: row.at,
    keys: row.keys,
    traits: given(row.traits),
    accountId: given(row.account_id),
    crmAccountId: given(row.crm_account_id),
    claimRank: given(row.claim_rank),
    stored: true,
  }));
}

export const runsOf = ({ runs = [] }: StoredKeyState): Run[] =>
  runs.map(([key, at, id]) => ({ key, at, id }));

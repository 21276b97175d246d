import { copyOf, instant, iso, json, jsonText, NULL, type Statement, text, texts } from '../copy.js';
import { stageOf } from '../../domain/journey.js';
import type { StoredKeyState, StoredLeadState } from './load.js';
import type { FactRow, KeyRecord, Lead } from './records.js';

/**
 * Working state, kept in place: set-wise statements over one JSON parameter, the fastest upsert measured. What a
 * function here is given counts as written from then on.
 */

const UPSERT_LEADS = `
  INSERT INTO touchline.lead (workspace, lead_id, known, email, email_domain, account_id, persona, grade, stage,
         score, score_at, touchpoints, first_touch_at, last_touch_at, position, state)
  SELECT workspace, lead_id, known, email, email_domain, account_id, persona, grade, stage,
         score, score_at, touchpoints, first_touch_at, last_touch_at, position, state
    FROM json_to_recordset($1::json) AS r (workspace text, lead_id uuid, known boolean, email text,
         email_domain text, account_id text, persona text, grade text, stage text, score float8,
         score_at timestamptz, touchpoints integer, first_touch_at timestamptz, last_touch_at timestamptz,
         position bigint, state jsonb)
      ON CONFLICT (workspace, lead_id) DO UPDATE SET known = excluded.known, email = excluded.email,
         email_domain = excluded.email_domain, account_id = excluded.account_id, persona = excluded.persona,
         grade = excluded.grade, stage = excluded.stage, score = excluded.score, score_at = excluded.score_at,
         touchpoints = excluded.touchpoints, first_touch_at = excluded.first_touch_at,
         last_touch_at = excluded.last_touch_at, position = excluded.position, state = excluded.state`;

export function upsertLeads(leads: readonly Lead[]): readonly Statement[] {
  if (leads.length === 0) return [];
  const rows = jsonText(leads.map(leadRow));
  for (const lead of leads) lead.stored = true;
  return [(tx) => tx.query(UPSERT_LEADS, [rows])];
}

const date = (ms: number | null): string | null => (ms === null ? null : iso(ms));

function leadRow(lead: Lead): Record<string, unknown> {
  const { profile } = lead;
  const journey = lead.journey.state(profile?.persona ?? null);
  const state: StoredLeadState = {
    journey,
    latest: lead.latest,
    names: lead.names,
    ...(lead.lastFact && { lastFact: lead.lastFact }),
  };
  return {
    workspace: lead.workspace,
    lead_id: lead.id,
    known: profile?.known ?? false,
    email: lead.names.email,
    email_domain: lead.names.emailDomain,
    account_id: profile?.accountId ?? null,
    persona: profile?.persona ?? null,
    grade: profile?.grade ?? null,
    stage: stageOf(journey),
    score: journey.score,
    score_at: date(journey.scoredAt),
    touchpoints: journey.touches,
    first_touch_at: date(journey.firstAt),
    last_touch_at: date(journey.lastAt),
    position: String(lead.position),
    state,
  };
}

const DELETE_LEADS = `
  DELETE FROM touchline.lead l USING unnest($1::text[], $2::uuid[]) AS v (workspace, lead_id)
   WHERE l.workspace = v.workspace AND l.lead_id = v.lead_id`;

export function deleteLeads(leads: readonly Lead[]): readonly Statement[] {
  if (leads.length === 0) return [];
  const names = [leads.map(({ workspace }) => workspace), leads.map(({ id }) => id)];
  for (const lead of leads) lead.stored = false;
  return [(tx) => tx.query(DELETE_LEADS, names)];
}

const UPSERT_KEYS = `
  INSERT INTO touchline.identity_state (workspace, key, lead_id, first_seen_at, first_seen_id, state)
  SELECT workspace, key, lead_id, first_seen_at, first_seen_id, state
    FROM json_to_recordset($1::json) AS r (workspace text, key text, lead_id uuid, first_seen_at timestamptz,
         first_seen_id uuid, state jsonb)
      ON CONFLICT (workspace, key) DO UPDATE SET lead_id = excluded.lead_id,
         first_seen_at = excluded.first_seen_at, first_seen_id = excluded.first_seen_id, state = excluded.state`;

export function upsertKeys(records: readonly KeyRecord[]): readonly Statement[] {
  if (records.length === 0) return [];
  const rows = jsonText(records.map(keyRow));
  return [(tx) => tx.query(UPSERT_KEYS, [rows])];
}

function keyRow(record: KeyRecord): Record<string, unknown> {
  const { links, publicLinks, publicOthers, decisions, runs } = record;
  const state: StoredKeyState = {
    ...(links.size > 0 && {
      links: Object.fromEntries([...links].map(([key, { at, id }]) => [key, [at, id] as const])),
    }),
    ...(publicLinks.size > 0 && {
      publicLinks: Object.fromEntries(
        [...publicLinks].map(([key, { at, id, joins, others }]) => [
          key,
          [at, id, joins, ...others] as const,
        ]),
      ),
    }),
    ...(publicOthers.size > 0 && { publicOthers: [...publicOthers] }),
    ...(decisions.size > 0 && {
      decisions: Object.fromEntries(
        [...decisions].map(([key, { kind, at, id }]) => [key, [kind, at, id] as const]),
      ),
    }),
    ...(runs.length > 0 && { runs: runs.map(({ key, at, id }) => [key, at, id] as const) }),
  };
  return {
    workspace: record.workspace,
    key: record.key,
    lead_id: record.lead?.id,
    first_seen_at: date(record.firstSeen?.at ?? null),
    first_seen_id: record.firstSeen?.id,
    state,
  };
}

export function insertFacts(facts: readonly FactRow[]): readonly Statement[] {
  const rows = facts.map((row) =>
    [
      text(row.workspace),
      row.id,
      row.leadId,
      instant(row.at),
      texts(row.keys),
      row.traits === undefined ? NULL : json(row.traits),
      text(row.accountId),
      text(row.crmAccountId),
      row.claimRank === undefined ? NULL : String(row.claimRank),
    ].join('\t'),
  );
  const columns =
    'workspace, event_id, lead_id, occurred_at, keys, traits, account_id, crm_account_id, claim_rank';
  for (const row of facts) row.stored = true;
  return copyOf('touchline.identity_fact', columns, rows);
}

const MOVE_FACTS = `
  UPDATE touchline.identity_fact f SET lead_id = v.lead_id
    FROM unnest($1::text[], $2::uuid[], $3::uuid[]) AS v (workspace, event_id, lead_id)
   WHERE f.workspace = v.workspace AND f.event_id = v.event_id`;

export function moveFacts(facts: readonly FactRow[]): readonly Statement[] {
  if (facts.length === 0) return [];
  const moved = [
    facts.map(({ workspace }) => workspace),
    facts.map(({ id }) => id),
    facts.map(({ leadId }) => leadId),
  ];
  return [(tx) => tx.query(MOVE_FACTS, moved)];
}

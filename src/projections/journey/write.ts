import { type JourneyState, stageOf } from '../../domain/journey.js';
import type { Statement } from '../../read-models/statements.js';
import type { FactRow, KeyRecord, Lead } from './records.js';
import {
  IDENTITY_FACT,
  IDENTITY_STATE,
  LEAD,
  type StoredFact,
  type StoredKey,
  type StoredLead,
} from './rows.js';
import { encodeKeyState, type StoredLeadState } from './stored-state.js';

/** Working state, kept in place. What a function here is given counts as written from then on. */

/** Writes the leads that are alive and deletes the rows of those that are no more. */
export function writeLeads(leads: readonly Lead[]): readonly Statement[] {
  const alive = leads.filter((lead) => lead.alive);
  const statements = [
    ...LEAD.delete(leads.filter((lead) => !lead.alive && lead.stored).map(leadRow)),
    ...LEAD.update(alive.filter((lead) => lead.stored).map(leadRow), CHANGING),
    ...LEAD.insert(alive.filter((lead) => !lead.stored).map(leadRow)),
  ];
  for (const lead of leads) lead.stored = lead.alive;
  return statements;
}

const CHANGING = [
  'known',
  'email',
  'emailDomain',
  'accountId',
  'persona',
  'grade',
  'stage',
  'score',
  'scoreAt',
  'touchpoints',
  'firstTouchAt',
  'lastTouchAt',
  'firstSource',
  'firstCampaign',
  'engagedAt',
  'nurturedAt',
  'position',
  'state',
] as const;

function leadRow(lead: Lead): StoredLead {
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
    leadId: lead.id,
    known: profile?.known ?? false,
    email: lead.names.email,
    emailDomain: lead.names.emailDomain,
    accountId: profile?.accountId ?? null,
    persona: profile?.persona ?? null,
    grade: profile?.grade ?? null,
    stage: stageOf(journey),
    score: journey.score,
    scoreAt: journey.scoredAt,
    touchpoints: journey.touches,
    firstTouchAt: journey.firstAt,
    lastTouchAt: journey.lastAt,
    firstSource: journey.firstOrigin?.source ?? null,
    firstCampaign: journey.firstOrigin?.campaign ?? null,
    engagedAt: engagedAt(profile, journey),
    nurturedAt: journey.nurturedAt,
    position: lead.position,
    state,
  };
}

/** Since when a lead is what the lifecycle calls engaged: known, with points. */
const engagedAt = (profile: Lead['profile'], { earnedAt }: Pick<JourneyState, 'earnedAt'>): number | null =>
  profile?.known && earnedAt !== null ? Math.max(earnedAt, profile.knownAt ?? earnedAt) : null;

export function writeKeys(records: readonly KeyRecord[]): readonly Statement[] {
  const rows = (stored: boolean): StoredKey[] =>
    records.filter((record) => record.stored === stored).map(keyRow);
  const statements = [
    ...IDENTITY_STATE.update(rows(true), ['leadId', 'firstSeenAt', 'firstSeenId', 'state']),
    ...IDENTITY_STATE.insert(rows(false)),
  ];
  for (const record of records) record.stored = true;
  return statements;
}

function keyRow(record: KeyRecord): StoredKey {
  const { workspace, state } = record;
  const { key, leadId, firstSeen } = state;
  if (leadId === undefined || !firstSeen) throw new Error(`key ${key} belongs to no lead`);
  return {
    workspace,
    key,
    leadId,
    firstSeenAt: firstSeen.at,
    firstSeenId: firstSeen.id,
    state: encodeKeyState(state),
  };
}

export function insertFacts(facts: readonly FactRow[]): readonly Statement[] {
  const statements = IDENTITY_FACT.insert(facts.map(factRow));
  for (const row of facts) row.stored = true;
  return statements;
}

/** Gives facts that are stored to other leads. */
export const moveFacts = (facts: readonly FactRow[]): readonly Statement[] =>
  IDENTITY_FACT.update(facts.map(factRow), ['leadId']);

const factRow = (fact: FactRow): StoredFact => ({
  workspace: fact.workspace,
  eventId: fact.id,
  leadId: fact.leadId,
  occurredAt: fact.at,
  keys: fact.keys,
  traits: fact.traits ?? null,
  accountId: fact.accountId ?? null,
  crmAccountId: fact.crmAccountId ?? null,
  consent: fact.consent ?? null,
  claimRank: fact.claimRank ?? null,
});

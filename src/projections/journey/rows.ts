import type { ConsentReason, ConsentStatus } from '../../domain/events.js';
import type { Touch } from '../../domain/condition.js';
import type { IdentityKey } from '../../domain/identity/keys.js';
import type { MailGroup } from '../../domain/verdict/mail-touch.js';
import type { Slot } from '../../domain/verdict/recipient-burst.js';
import type { ClaimRank } from '../../domain/lead-names.js';
import type { Grade } from '../../domain/model/journey-model.js';
import type { AccountReason, Consent } from '../../domain/profile.js';
import type { KeyScope, Traits } from '../../domain/touchpoint.js';
import type { SessionPart } from '../../domain/session.js';
import {
  bigint,
  boolean,
  date,
  double,
  integer,
  json,
  jsonb,
  nullable,
  smallintOf,
  text,
  textArray,
  textOf,
  timestamptz,
  uuid,
} from '../../read-models/column-types.js';
import { type RowOf, Table } from '../../read-models/table.js';
import { type VersionOf, versionedTable } from '../../read-models/versioned-table.js';
import type { StoredKeyState, StoredLeadState } from './stored-state.js';
import type { TouchDetail } from './touch-detail.js';

export const JOURNEY = versionedTable(
  'journey',
  {
    workspace: text,
    leadId: uuid,
    eventId: uuid,
    position: bigint,
    occurredAt: timestamptz,
    recordedAt: timestamptz,
    kind: textOf<Touch['kind']>(),
    name: nullable(text),
    channel: textOf<Touch['channel']>(),
    source: nullable(text),
    medium: nullable(text),
    campaign: nullable(text),
    contentId: nullable(text),
    contentUrl: nullable(text),
    contentTitle: nullable(text),
    contentType: nullable(text),
    contentStage: nullable(text),
    identity: textArray<IdentityKey>(),
    collector: nullable(text),
    rep: nullable(text),
    verdict: textOf<Touch['verdict']>(),
    session: textOf<SessionPart>(),
    /** It is the origin of what follows in its session. */
    setsOrigin: boolean,
    /** A nurture rule of the model matches it. */
    nurture: boolean,
    detail: nullable(json<TouchDetail>()),
    /** In the time zone of the model. */
    occurredDate: date,
    keyScope: nullable(textOf<KeyScope>()),
  },
  ['workspace', 'leadId', 'occurredAt', 'eventId'],
);
export type TouchRow = VersionOf<typeof JOURNEY>;

export const STAGE_TRANSITION = versionedTable(
  'stage_transition',
  {
    workspace: text,
    leadId: uuid,
    eventId: uuid,
    fromStage: nullable(text),
    toStage: text,
    at: timestamptz,
    rule: text,
  },
  ['workspace', 'leadId', 'at', 'eventId'],
);
export type MoveRow = VersionOf<typeof STAGE_TRANSITION>;

export const SCORE_CHANGE = versionedTable(
  'score_change',
  { workspace: text, leadId: uuid, eventId: uuid, rule: text, points: double, occurredAt: timestamptz },
  ['workspace', 'leadId', 'occurredAt', 'eventId'],
);
export type ScoreRow = VersionOf<typeof SCORE_CHANGE>;

export const IDENTITY_KEY = versionedTable(
  'identity_key',
  { workspace: text, key: textOf<IdentityKey>(), ownLeadId: uuid, leadId: uuid },
  ['workspace', 'key'],
);
export type KeyRow = VersionOf<typeof IDENTITY_KEY>;

export const IDENTITY_LINK = versionedTable(
  'identity_link',
  {
    workspace: text,
    key: textOf<IdentityKey>(),
    otherKey: textOf<IdentityKey>(),
    kind: textOf<'claimed' | 'refused' | 'merged' | 'split'>(),
    eventId: uuid,
    occurredAt: timestamptz,
  },
  ['workspace', 'key', 'otherKey', 'eventId'],
);
export type LinkRow = VersionOf<typeof IDENTITY_LINK>;

export const LEAD_PROFILE = versionedTable(
  'lead_profile',
  {
    workspace: text,
    leadId: uuid,
    known: boolean,
    knownAt: nullable(timestamptz),
    email: nullable(text),
    userId: nullable(text),
    name: nullable(text),
    title: nullable(text),
    accountId: nullable(text),
    persona: nullable(text),
    grade: nullable(textOf<Grade>()),
    emailConsent: nullable(textOf<ConsentStatus>()),
    emailConsentReason: nullable(textOf<ConsentReason>()),
    emailConsentAt: nullable(timestamptz),
    emailConsentEventId: nullable(uuid),
    traits: jsonb<Traits>(),
  },
  ['workspace', 'leadId'],
);
export type ProfileRow = VersionOf<typeof LEAD_PROFILE>;

/** Why leads belong to their accounts. */
export const ACCOUNT_MEMBERSHIP = versionedTable(
  'account_membership',
  {
    workspace: text,
    leadId: uuid,
    accountId: text,
    reason: textOf<AccountReason['reason']>(),
    eventId: uuid,
  },
  ['workspace', 'leadId'],
);
export type MembershipRow = VersionOf<typeof ACCOUNT_MEMBERSHIP>;

export const ACCOUNT = versionedTable(
  'account',
  {
    workspace: text,
    accountId: text,
    name: nullable(text),
    domain: nullable(text),
    traits: jsonb<Readonly<Record<string, unknown>>>(),
    firstSeenAt: timestamptz,
  },
  ['workspace', 'accountId'],
);
export type AccountRow = VersionOf<typeof ACCOUNT>;

/** Working state, kept in place. */

export const LEAD = new Table(
  'lead',
  {
    workspace: text,
    leadId: uuid,
    known: boolean,
    email: nullable(text),
    emailDomain: nullable(text),
    accountId: nullable(text),
    persona: nullable(text),
    grade: nullable(textOf<Grade>()),
    stage: nullable(text),
    score: double,
    scoreAt: nullable(timestamptz),
    touchpoints: integer,
    firstTouchAt: nullable(timestamptz),
    lastTouchAt: nullable(timestamptz),
    /** Of the first touchpoint. */
    firstSource: nullable(text),
    firstCampaign: nullable(text),
    /** First known, with points. */
    engagedAt: nullable(timestamptz),
    nurturedAt: nullable(timestamptz),
    position: bigint,
    state: json<StoredLeadState>(),
  },
  ['workspace', 'leadId'],
);
export type StoredLead = RowOf<typeof LEAD>;

export const IDENTITY_STATE = new Table(
  'identity_state',
  {
    workspace: text,
    key: textOf<IdentityKey>(),
    leadId: uuid,
    firstSeenAt: timestamptz,
    firstSeenId: uuid,
    state: json<StoredKeyState>(),
  },
  ['workspace', 'key'],
);
export type StoredKey = RowOf<typeof IDENTITY_STATE>;

export const IDENTITY_FACT = new Table(
  'identity_fact',
  {
    workspace: text,
    eventId: uuid,
    leadId: uuid,
    occurredAt: timestamptz,
    keys: textArray<IdentityKey>(),
    traits: nullable(json<Traits>()),
    accountId: nullable(text),
    crmAccountId: nullable(text),
    consent: nullable(json<Consent>()),
    claimRank: nullable(smallintOf<ClaimRank>()),
  },
  ['workspace', 'eventId'],
);
export type StoredFact = RowOf<typeof IDENTITY_FACT>;

/** One mail to one recipient. */
export const MAIL_GROUP = new Table('mail_group', { workspace: text, id: text, state: json<MailGroup>() }, [
  'workspace',
  'id',
]);

/** Clicks of one mail by the recipients of one company in some seconds. */
export const MAIL_SLOT = new Table('mail_slot', { workspace: text, id: text, state: json<Slot>() }, [
  'workspace',
  'id',
]);

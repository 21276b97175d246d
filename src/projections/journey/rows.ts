import type { Touch } from '../../domain/condition.js';
import type { ResolvedContent } from '../../domain/content.js';
import type { Position } from '../../domain/events.js';
import type { IdentityKey, Stamp } from '../../domain/identity.js';
import type { AccountReason, Profile } from '../../domain/profile.js';
import type { ScoreChange } from '../../domain/score.js';
import type { StageMove } from '../../domain/stage.js';
import type { SessionPart } from '../../domain/visit.js';
import type { Clamped, ContentRef, KeyScope } from '../../domain/touchpoint.js';
import { date, flag, instant, json, text, texts } from '../copy.js';
import type { Version, VersionedTable } from './versions.js';

/** A touchpoint as its event recorded it; what follows from other events is in its row. */
export interface TouchFact {
  readonly touch: Touch;
  readonly position: Position;
  readonly recordedAt: number;
  readonly identity: readonly IdentityKey[];
  readonly collector: string | undefined;
  readonly rep: string | undefined;
  readonly clamped: Clamped | undefined;
  readonly keyScope: KeyScope | undefined;
}

export interface TouchRow extends Version {
  readonly workspace: string;
  readonly leadId: string;
  readonly fact: TouchFact;
  readonly session: SessionPart;
  /** It is the origin of what follows in its visit. */
  readonly setsOrigin: boolean;
  /** The touchpoint as the event recorded it, with a page on the way passed over. */
  readonly own: Touch;
  /** Host of the page on the way that was passed over: the event names it as source. */
  readonly relay: string | undefined;
  readonly content: ResolvedContent | undefined;
  /** In the time zone of the model, counted from 1970-01-01. */
  readonly day: number;
}

/** What the columns do not hold: the content as named, the properties, a time that was replaced, the page on the way. */
export interface TouchDetail {
  readonly content?: ContentRef;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly clamped?: Clamped;
  readonly relay?: string;
}

function detailOf(
  { touch: { content, properties }, clamped }: TouchFact,
  relay: string | undefined,
): TouchDetail | undefined {
  const named = content && (content.id ?? content.title ?? content.type) !== undefined;
  const sent = properties && Object.keys(properties).length > 0;
  const detail = {
    ...(named && { content }),
    ...(sent && { properties }),
    ...(clamped && { clamped }),
    ...(relay !== undefined && { relay }),
  };
  return Object.keys(detail).length > 0 ? detail : undefined;
}

export const JOURNEY: VersionedTable<TouchRow> = {
  name: 'touchline.journey',
  columns: `workspace, lead_id, event_id, position, occurred_at, recorded_at, kind, name, channel, source, medium,
    campaign, content_id, content_url, content_title, content_type, content_stage, identity, collector, rep,
    verdict, session, sets_origin, detail, occurred_date, key_scope`,
  fields: ({ workspace, leadId, fact, session, setsOrigin, own, relay, content, day }) =>
    [
      text(workspace),
      leadId,
      fact.touch.id,
      fact.position,
      instant(fact.touch.at),
      instant(fact.recordedAt),
      text(fact.touch.kind),
      text(fact.touch.name),
      text(own.channel),
      text(own.source),
      text(own.medium),
      text(own.campaign),
      text(content?.id),
      text(content?.url),
      text(content?.title),
      text(content?.type),
      text(content?.stage),
      texts(fact.identity),
      text(fact.collector),
      text(fact.rep),
      text(fact.touch.verdict),
      session,
      flag(setsOrigin),
      json(detailOf(fact, relay)),
      date(day),
      text(fact.keyScope),
    ].join('\t'),
  ends: { event_id: 'uuid' },
  ended: ({ fact }) => [fact.touch.id],
};

export interface MoveRow extends Version, StageMove {
  readonly workspace: string;
  readonly leadId: string;
  readonly eventId: string;
  readonly at: number;
}

export const STAGE_TRANSITION: VersionedTable<MoveRow> = {
  name: 'touchline.stage_transition',
  columns: 'workspace, lead_id, event_id, from_stage, to_stage, at, rule',
  fields: (row) =>
    [
      text(row.workspace),
      row.leadId,
      row.eventId,
      text(row.from),
      text(row.to),
      instant(row.at),
      text(row.rule),
    ].join('\t'),
  ends: { event_id: 'uuid' },
  ended: ({ eventId }) => [eventId],
};

export interface ScoreRow extends Version, ScoreChange {
  readonly workspace: string;
  readonly leadId: string;
  readonly eventId: string;
  readonly at: number;
}

export const SCORE_CHANGE: VersionedTable<ScoreRow> = {
  name: 'touchline.score_change',
  columns: 'workspace, lead_id, event_id, rule, points, occurred_at',
  fields: (row) =>
    [text(row.workspace), row.leadId, row.eventId, text(row.rule), row.points, instant(row.at)].join('\t'),
  ends: { event_id: 'uuid' },
  ended: ({ eventId }) => [eventId],
};

export interface KeyRow extends Version {
  readonly workspace: string;
  readonly key: IdentityKey;
  readonly ownLeadId: string;
  readonly leadId: string;
}

export const IDENTITY_KEY: VersionedTable<KeyRow> = {
  name: 'touchline.identity_key',
  columns: 'workspace, key, own_lead_id, lead_id',
  fields: (row) => [text(row.workspace), text(row.key), row.ownLeadId, row.leadId].join('\t'),
  ends: { key: 'text' },
  ended: ({ key }) => [key],
};

export interface LinkRow extends Version {
  readonly workspace: string;
  readonly key: IdentityKey;
  readonly otherKey: IdentityKey;
  readonly kind: 'claimed' | 'refused' | 'merged' | 'split';
  readonly stamp: Stamp;
}

export const IDENTITY_LINK: VersionedTable<LinkRow> = {
  name: 'touchline.identity_link',
  columns: 'workspace, key, other_key, kind, event_id, occurred_at',
  fields: (row) =>
    [
      text(row.workspace),
      text(row.key),
      text(row.otherKey),
      row.kind,
      row.stamp.id,
      instant(row.stamp.at),
    ].join('\t'),
  ends: { key: 'text', other_key: 'text', event_id: 'uuid' },
  ended: ({ key, otherKey, stamp }) => [key, otherKey, stamp.id],
};

export interface ProfileRow extends Version {
  readonly workspace: string;
  readonly leadId: string;
  readonly profile: Profile;
}

export const LEAD_PROFILE: VersionedTable<ProfileRow> = {
  name: 'touchline.lead_profile',
  columns: `workspace, lead_id, known, known_at, email, user_id, name, title, account_id, persona, grade, traits`,
  fields: ({ workspace, leadId, profile }) =>
    [
      text(workspace),
      leadId,
      flag(profile.known),
      instant(profile.knownAt),
      text(profile.email),
      text(profile.userId),
      text(profile.name),
      text(profile.title),
      text(profile.accountId),
      text(profile.persona),
      text(profile.grade),
      json(profile.traits),
    ].join('\t'),
  ends: { lead_id: 'uuid' },
  ended: ({ leadId }) => [leadId],
};

/** Why a lead belongs to its account. */
export interface MembershipRow extends Version, AccountReason {
  readonly workspace: string;
  readonly leadId: string;
}

export const ACCOUNT_MEMBERSHIP: VersionedTable<MembershipRow> = {
  name: 'touchline.account_membership',
  columns: 'workspace, lead_id, account_id, reason, event_id',
  fields: (row) => [text(row.workspace), row.leadId, text(row.accountId), row.reason, row.eventId].join('\t'),
  ends: { lead_id: 'uuid' },
  ended: ({ leadId }) => [leadId],
};

export interface AccountRow extends Version {
  readonly workspace: string;
  readonly accountId: string;
  readonly name: string | null;
  readonly domain: string | null;
  readonly traits: Readonly<Record<string, unknown>>;
  readonly firstSeenAt: number;
}

export const ACCOUNT: VersionedTable<AccountRow> = {
  name: 'touchline.account',
  columns: 'workspace, account_id, name, domain, traits, first_seen_at',
  fields: (row) =>
    [
      text(row.workspace),
      text(row.accountId),
      text(row.name),
      text(row.domain),
      json(row.traits),
      instant(row.firstSeenAt),
    ].join('\t'),
  ends: { account_id: 'text' },
  ended: ({ accountId }) => [accountId],
};

import type { Touch } from '../../domain/condition.js';
import type { ResolvedContent } from '../../domain/content.js';
import type { Position } from '../../domain/events.js';
import type { IdentityKey } from '../../domain/identity.js';
import type { ClaimRank } from '../../domain/lead-names.js';
import type { Grade } from '../../domain/model.js';
import type { AccountReason } from '../../domain/profile.js';
import type { Clamped, ContentRef, KeyScope, Traits } from '../../domain/touchpoint.js';
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

/** What the columns do not hold. */
interface TouchDetail {
  /** The content as the event names it; true: just as the columns have it. */
  readonly content?: ContentRef | true;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly clamped?: Clamped;
  /** Host of the page on the way that was passed over: the event names it as source. */
  readonly relay?: string;
}

export const JOURNEY = versionedTable(
  'touchline.journey',
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
    detail: nullable(json<TouchDetail>()),
    /** In the time zone of the model. */
    occurredDate: date,
    keyScope: nullable(textOf<KeyScope>()),
  },
  ['workspace', 'leadId', 'occurredAt', 'eventId'],
);
export type TouchRow = VersionOf<typeof JOURNEY>;

export const STAGE_TRANSITION = versionedTable(
  'touchline.stage_transition',
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
  'touchline.score_change',
  { workspace: text, leadId: uuid, eventId: uuid, rule: text, points: double, occurredAt: timestamptz },
  ['workspace', 'leadId', 'occurredAt', 'eventId'],
);
export type ScoreRow = VersionOf<typeof SCORE_CHANGE>;

export const IDENTITY_KEY = versionedTable(
  'touchline.identity_key',
  { workspace: text, key: textOf<IdentityKey>(), ownLeadId: uuid, leadId: uuid },
  ['workspace', 'key'],
);
export type KeyRow = VersionOf<typeof IDENTITY_KEY>;

export const IDENTITY_LINK = versionedTable(
  'touchline.identity_link',
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
  'touchline.lead_profile',
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
    traits: jsonb<Traits>(),
  },
  ['workspace', 'leadId'],
);
export type ProfileRow = VersionOf<typeof LEAD_PROFILE>;

/** Why leads belong to their accounts. */
export const ACCOUNT_MEMBERSHIP = versionedTable(
  'touchline.account_membership',
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
  'touchline.account',
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
  'touchline.lead',
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
    position: bigint,
    state: json<StoredLeadState>(),
  },
  ['workspace', 'leadId'],
);
export type StoredLead = RowOf<typeof LEAD>;

export const IDENTITY_STATE = new Table(
  'touchline.identity_state',
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
  'touchline.identity_fact',
  {
    workspace: text,
    eventId: uuid,
    leadId: uuid,
    occurredAt: timestamptz,
    keys: textArray<IdentityKey>(),
    traits: nullable(json<Traits>()),
    accountId: nullable(text),
    crmAccountId: nullable(text),
    claimRank: nullable(smallintOf<ClaimRank>()),
  },
  ['workspace', 'eventId'],
);
export type StoredFact = RowOf<typeof IDENTITY_FACT>;

/** What a touchpoint's row says of the touchpoint beside its columns. */
export function detailOf(
  { touch: { content, properties }, clamped }: TouchFact,
  relay: string | undefined,
  resolved: ResolvedContent | undefined,
): TouchDetail | null {
  const named = content && (content.id ?? content.title ?? content.type) !== undefined;
  const sent = properties && Object.keys(properties).length > 0;
  if (!named && !sent && !clamped && relay === undefined) return null;
  return {
    ...(named && { content: isAsNamed(content, resolved) || content }),
    ...(sent && { properties }),
    ...(clamped && { clamped }),
    ...(relay !== undefined && { relay }),
  };
}

const isAsNamed = (named: ContentRef, resolved: ResolvedContent | undefined): boolean =>
  named.id === resolved?.id &&
  named.url === resolved?.url &&
  named.title === resolved?.title &&
  named.type === resolved?.type;

const orUndefined = <T>(value: T | null): T | undefined => value ?? undefined;

/** The touchpoint that a row was written for, as its event recorded it. */
export function factOfRow(row: TouchRow): TouchFact {
  const relay = row.detail?.relay;
  return {
    touch: {
      id: row.eventId,
      at: row.occurredAt,
      kind: row.kind,
      verdict: row.verdict,
      // A model without this page on the way reads it so.
      ...(relay === undefined
        ? {
            channel: row.channel,
            source: orUndefined(row.source),
            medium: orUndefined(row.medium),
          }
        : ({ channel: 'referral', source: relay, medium: 'referral' } as const)),
      campaign: orUndefined(row.campaign),
      name: orUndefined(row.name),
      content: namedContent(row),
      properties: row.detail?.properties,
    },
    position: row.position,
    recordedAt: row.recordedAt,
    identity: row.identity,
    collector: orUndefined(row.collector),
    rep: orUndefined(row.rep),
    clamped: row.detail?.clamped,
    keyScope: orUndefined(row.keyScope),
  };
}

function namedContent({
  detail,
  contentId,
  contentUrl,
  contentTitle,
  contentType,
}: TouchRow): ContentRef | undefined {
  if (detail?.content && detail.content !== true) return detail.content;
  const url = contentUrl === null ? undefined : { url: contentUrl };
  if (!detail?.content) return url;
  return {
    ...(contentId !== null && { id: contentId }),
    ...url,
    ...(contentTitle !== null && { title: contentTitle }),
    ...(contentType !== null && { type: contentType }),
  };
}

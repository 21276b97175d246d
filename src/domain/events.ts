import type { CampaignDefined, ContentCatalogued, InvestmentRecorded } from './catalogue-events.js';
import type { LeadAboutToRot, LeadRotten } from './handoff-events.js';
import type { IdentityKey } from './identity/keys.js';
import type {
  LeadAccepted,
  LeadDisqualified,
  LeadHandedOff,
  LeadQualified,
  LeadRecycled,
} from './lead-events.js';
import type { JourneyModelApplied, JourneyModelPublished } from './model-events.js';
import type { VerdictRulePublished, VerdictRuleWithdrawn } from './verdict/rule-events.js';
import type { Clamped, KeyScope, Revision, Touchpoint, Traits } from './touchpoint.js';

/** "These keys are one person": from Segment `identify` and `alias`, forms, CRM syncs. */
export interface IdentityClaim {
  readonly identity: readonly IdentityKey[];
  readonly traits?: Traits;
  readonly accountId?: string;
  readonly clamped?: Clamped;
  readonly keyScope?: KeyScope;
}

export const CONSENT_STATUSES = ['subscribed', 'unsubscribed'] as const;
export type ConsentStatus = (typeof CONSENT_STATUSES)[number];

/** `crm`: somebody set it in the CRM. `list`: a list of people that was imported says so. A bounce is none of them: the address does not work, whatever its owner wants. */
export const CONSENT_REASONS = ['subscribe', 'unsubscribe', 'spam_complaint', 'crm', 'list'] as const;
export type ConsentReason = (typeof CONSENT_REASONS)[number];

/** Whether a person may be sent mail: the last one says so, of all addresses of the person. */
export interface ConsentChanged {
  readonly identity: readonly IdentityKey[];
  readonly channel: 'email';
  readonly status: ConsentStatus;
  readonly reason: ConsentReason;
  /** Of the mail that the person answered in this way, as its provider names it. */
  readonly mail?: string;
  readonly clamped?: Clamped;
  readonly keyScope?: KeyScope;
}

export const WITHDRAWAL_REASONS = ['deleted', 'cancelled', 'planned', 'contact-removed'] as const;
export type WithdrawalReason = (typeof WITHDRAWAL_REASONS)[number];

/** A version of an activity by which it did not take place: touchpoints of versions before it, or of its time, do not count. */
export interface TouchpointWithdrawn {
  /** Of the scope `contact`: it did not take place with the contact that `identity` names. */
  readonly revises: Revision;
  readonly identity?: readonly IdentityKey[];
  readonly reason: WithdrawalReason;
  readonly clamped?: Clamped;
  readonly keyScope?: KeyScope;
}

/** A person's decision that two known leads are one, or are not. Each lead is named by a key it has. */
export interface IdentityDecision {
  readonly leadId: string;
  readonly otherLeadId: string;
  readonly key: IdentityKey;
  readonly otherKey: IdentityKey;
  readonly by?: string;
  readonly reason?: string;
}

export interface AccountObserved {
  readonly accountId: string;
  readonly name?: string;
  /** Registrable domain, lower case. */
  readonly domain?: string;
  readonly traits?: Traits;
  readonly clamped?: Clamped;
  readonly keyScope?: KeyScope;
}

/** Amounts are integer minor units of `currency` (ISO 4217). */
export interface OpportunityOpened {
  readonly opportunityId: string;
  readonly name?: string;
  readonly accountId?: string;
  /** Left out where only a later amount is known. */
  readonly amountMinor?: number;
  readonly currency: string;
  readonly stage?: string;
  readonly owner?: string;
  readonly source?: string;
}

/** What was said of it at that time: a field that is left out is as before, null clears it. Instants are RFC 3339. */
export interface OpportunityChanged {
  readonly opportunityId: string;
  readonly name?: string | null;
  readonly accountId?: string | null;
  /** It is no longer that account's; it stays with another one. */
  readonly formerAccountId?: string;
  readonly amountMinor?: number;
  /** Decimal, in the currency that the opportunity has at that time: for a CRM that reports amount and currency separately. */
  readonly amount?: string;
  readonly currency?: string;
  /** Its currency while no report has named one. */
  readonly defaultCurrency?: string;
  readonly stage?: string | null;
  readonly owner?: string | null;
  readonly source?: string | null;
  readonly openedAt?: string;
  /** When it was or will be closed: its close date once it is won or lost, unless that lies after the report. */
  readonly closeDate?: string | null;
  /** Why it is won or lost once it is: it may be reported before. */
  readonly closeReason?: string | null;
  readonly status?: 'open' | 'won' | 'lost';
  /** Only while it is won or lost. */
  readonly closedAt?: string;
  readonly reason?: string | null;
  /** The whole committee; other contacts are removed. */
  readonly contacts?: readonly {
    readonly keys: readonly IdentityKey[];
    readonly role: string;
    readonly isPrimary?: true;
  }[];
}

export interface ContactRoleAssigned {
  readonly opportunityId: string;
  readonly accountId?: string;
  /** Keys of the contact, the CRM's first; `role: null` takes the contact off the committee. */
  readonly contact: readonly IdentityKey[];
  readonly role: string | null;
  /** The CRM's primary contact of the opportunity. */
  readonly isPrimary?: true;
  /** Said again because the opportunity moved to another account: it changes nothing about the committee. */
  readonly moved?: true;
}

/** Of an opportunity that is won already: a correction of what it says. */
export interface OpportunityWon {
  readonly opportunityId: string;
  /** If it was reported with the win; otherwise the amount is unchanged. */
  readonly amountMinor?: number;
  readonly currency: string;
  readonly reason?: string;
  /** Its close date (RFC 3339) where that is not `occurredAt`. */
  readonly closedAt?: string;
}

export interface OpportunityLost {
  readonly opportunityId: string;
  readonly reason?: string;
  readonly closedAt?: string;
}

export interface OpportunityReopened {
  readonly opportunityId: string;
  readonly reason?: string;
}

/** It is no longer in the CRM. Anything said of a later time brings it back. */
export interface OpportunityDeleted {
  readonly opportunityId: string;
}

/** Every event type with the shape of its data. */
export interface EventData {
  TouchpointRecorded: Touchpoint;
  TouchpointWithdrawn: TouchpointWithdrawn;
  IdentityClaimed: IdentityClaim;
  IdentitiesMerged: IdentityDecision;
  IdentitiesSplit: IdentityDecision;
  ConsentChanged: ConsentChanged;
  AccountObserved: AccountObserved;
  OpportunityOpened: OpportunityOpened;
  OpportunityChanged: OpportunityChanged;
  ContactRoleAssigned: ContactRoleAssigned;
  OpportunityWon: OpportunityWon;
  OpportunityLost: OpportunityLost;
  OpportunityReopened: OpportunityReopened;
  OpportunityDeleted: OpportunityDeleted;
  JourneyModelPublished: JourneyModelPublished;
  JourneyModelApplied: JourneyModelApplied;
  VerdictRulePublished: VerdictRulePublished;
  VerdictRuleWithdrawn: VerdictRuleWithdrawn;
  ContentCatalogued: ContentCatalogued;
  CampaignDefined: CampaignDefined;
  InvestmentRecorded: InvestmentRecorded;
  LeadQualified: LeadQualified;
  LeadHandedOff: LeadHandedOff;
  LeadAccepted: LeadAccepted;
  LeadRecycled: LeadRecycled;
  LeadDisqualified: LeadDisqualified;
  LeadAboutToRot: LeadAboutToRot;
  LeadRotten: LeadRotten;
}
export type EventType = keyof EventData;

/** An event as it is handed to the store. `id` is a UUID, deterministic where the origin names its message (event-id.ts). */
export type NewEvent<T extends EventType = EventType> = {
  [K in T]: {
    readonly id: string;
    readonly type: K;
    readonly schemaVersion: number;
    readonly occurredAt: Date;
    readonly collector?: string;
    readonly correlationId?: string;
    readonly causationId?: string;
    readonly data: EventData[K];
  };
}[T];

/** Outside the store's adapters a position is opaque: compared and printed (as a decimal string in JSON), never computed. */
export type Position = bigint;

export type RecordedEvent<T extends EventType = EventType> = NewEvent<T> & {
  readonly workspace: string;
  readonly position: Position;
  readonly stream: string;
  /** Of a decision, in its stream. */
  readonly version?: number;
  readonly recordedAt: Date;
};

export type RecordedDecision = RecordedEvent & { readonly version: number };

/** Narrows an event to one of the given types. */
export function isEvent<T extends EventType>(
  event: RecordedEvent,
  ...types: readonly T[]
): event is Extract<RecordedEvent, { readonly type: T }> {
  return (types as readonly EventType[]).includes(event.type);
}

/** The one order of facts (law 5): by `occurredAt`, then id; never by arrival. */
export function byOccurrence(
  a: { readonly occurredAt: Date; readonly id: string },
  b: { readonly occurredAt: Date; readonly id: string },
): number {
  return +a.occurredAt - +b.occurredAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

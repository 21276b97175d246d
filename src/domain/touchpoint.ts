import type { IdentityKey } from './identity.js';

export const TOUCHPOINT_KINDS = [
  'page_view',
  'session_start',
  'email_sent',
  'email_delivered',
  'email_open',
  'email_click',
  'email_bounce',
  'email_unsubscribe',
  'content_download',
  'content_view',
  'form_fill',
  'demo_request',
  'trial_start',
  'webinar_registered',
  'webinar_attended',
  'event_attended',
  'ad_click',
  'ad_impression',
  'chat',
  'social_engagement',
  'sales_call',
  'sales_email',
  'meeting',
  'custom',
] as const;
export type TouchpointKind = (typeof TOUCHPOINT_KINDS)[number];

export const CHANNELS = [
  'direct',
  'organic_search',
  'paid_search',
  'paid_social',
  'organic_social',
  'email',
  'referral',
  'display',
  'affiliate',
  'event',
  'sales',
  'other',
] as const;
export type Channel = (typeof CHANNELS)[number];

/** Who or what is taken to have acted; only `human` and `unknown` count in scores and attribution. */
export const VERDICTS = ['human', 'machine_open', 'link_scanner', 'crawler', 'internal', 'unknown'] as const;
export type Verdict = (typeof VERDICTS)[number];
export const countsAsHuman = (verdict: Verdict): boolean => verdict === 'human' || verdict === 'unknown';

export type Traits = Readonly<Record<string, unknown>>;

export interface ContentRef {
  readonly id?: string;
  readonly url?: string;
  readonly title?: string;
  readonly type?: string;
}

/** One thing a buyer did or received: the data of `TouchpointRecorded`. */
export interface Touchpoint {
  readonly kind: TouchpointKind;
  readonly channel: Channel;
  /** At least one; together they are also a claim that the keys belong to one person (§6). */
  readonly identity: readonly IdentityKey[];
  readonly source?: string;
  readonly medium?: string;
  readonly campaign?: string;
  readonly content?: ContentRef;
  readonly traits?: Traits;
  /** Company the client named (Segment `context.groupId`). */
  readonly accountId?: string;
  readonly rep?: string;
  /** The client's own name of a `custom` touchpoint (a Segment track name). */
  readonly name?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly context?: { readonly userAgent?: string; readonly ip?: string; readonly referrer?: string; readonly locale?: string };
  readonly verdict: Verdict;
  /** The client's time could not be believed and was replaced: `future` by the time of receipt, `absurd` likewise. */
  readonly clamped?: { readonly reason: 'future' | 'absurd'; readonly original: string };
}

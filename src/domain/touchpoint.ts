import type { IdentityKey } from './identity/keys.js';
import type { VerdictReason } from './verdict/reasons.js';

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

interface KindChannels {
  /** Every touchpoint of the kind came this way, whatever else it says. */
  readonly channel?: Channel;
  /** The channel if neither campaign, click id nor referrer determine one. */
  readonly usualChannel?: Channel;
}

interface KindEntry extends KindChannels {
  /** Names under which clients track it, by commas: Segment's semantic events and what B2B sites commonly call it. */
  readonly names?: string;
}

/** Everything a buyer may do or receive. A new kind is one line here and a row in touchpoint.spec.ts. */
const CATALOGUE = {
  page_view: { names: 'Viewed Page, Page Viewed, Loaded a Page' },
  session_start: { names: 'Session Started, Application Opened' },
  email_sent: { channel: 'email' },
  email_delivered: { channel: 'email' },
  email_open: { channel: 'email', names: 'Email Opened, Opened Email' },
  email_click: { channel: 'email', names: 'Email Link Clicked, Email Clicked, Clicked Email' },
  email_bounce: { channel: 'email', names: 'Email Bounced, Bounced Email' },
  email_unsubscribe: {
    channel: 'email',
    names: 'Unsubscribed, Email Unsubscribed, Unsubscribed Email, Email Marked as Spam',
  },
  content_download: {
    names:
      'File Downloaded, Downloaded File, File Download, Content Downloaded, Asset Downloaded, Resource Downloaded, ' +
      'Document Downloaded, Whitepaper Downloaded, White Paper Downloaded, eBook Downloaded, Report Downloaded, ' +
      'Guide Downloaded, Case Study Downloaded, Datasheet Downloaded',
  },
  content_view: {
    names:
      'Content Viewed, Article Viewed, Article Read, Blog Post Viewed, Asset Viewed, Document Viewed, ' +
      'Case Study Viewed, Video Playback Started, Video Content Started, Video Watched',
  },
  form_fill: {
    names:
      'Form Submitted, Submitted Form, Form Submit, Form Completed, Form Filled, Lead Form Submitted, ' +
      'Contact Form Submitted, Contact Us, Generate Lead, Lead Generated, Newsletter Signup, Newsletter Subscribed',
  },
  demo_request: {
    names: 'Demo Requested, Requested Demo, Request Demo, Demo Booked, Booked Demo, Demo Scheduled',
  },
  trial_start: { names: 'Trial Started, Started Trial, Start Trial, Free Trial Started' },
  webinar_registered: {
    usualChannel: 'event',
    names: 'Registered for Webinar, Webinar Registration, Webinar Signup',
  },
  webinar_attended: { usualChannel: 'event', names: 'Attended Webinar, Webinar Joined, Webinar Watched' },
  event_attended: {
    usualChannel: 'event',
    names: 'Attended Event, Conference Attended, Trade Show Attended, Booth Visited',
  },
  ad_click: { usualChannel: 'display', names: 'Ad Clicked, Clicked Ad' },
  ad_impression: { usualChannel: 'display', names: 'Ad Viewed, Viewed Ad, Ad Displayed' },
  chat: { names: 'Live Chat Conversation Started, Live Chat Started, Chat Started' },
  social_engagement: { usualChannel: 'organic_social', names: 'Post Liked, Post Shared, Content Shared' },
  sales_call: { channel: 'sales', names: 'Call Completed, Call Logged, Sales Call Completed' },
  sales_email: { channel: 'sales', names: 'Sales Email Sent' },
  meeting: {
    channel: 'sales',
    names: 'Meeting Held, Meeting Booked, Meeting Scheduled, Meeting Attended, Meeting Completed',
  },
  custom: {},
} as const satisfies Record<string, KindEntry>;

export type TouchpointKind = keyof typeof CATALOGUE;
const ENTRIES: Readonly<Record<TouchpointKind, KindEntry>> = CATALOGUE;
export const TOUCHPOINT_KINDS = Object.keys(CATALOGUE) as readonly TouchpointKind[];

export const isTouchpointKind = (value: unknown): value is TouchpointKind =>
  typeof value === 'string' && Object.hasOwn(CATALOGUE, value);

/** What the kind alone says of the channel. */
export const kindChannels = (kind: TouchpointKind): KindChannels => ENTRIES[kind];

const plainName = (name: string): string => name.toLowerCase().replace(/[\s_.-]+/g, '');

const KIND_BY_NAME: ReadonlyMap<string, TouchpointKind> = new Map(
  TOUCHPOINT_KINDS.filter((kind) => kind !== 'custom').flatMap((kind) =>
    `${kind},${ENTRIES[kind].names ?? kind}`.split(',').map((name) => [plainName(name), kind] as const),
  ),
);

/** The kind a client means by an event name, whatever its case, spaces and underscores; undefined for its own names. */
export const kindNamed = (name: string): TouchpointKind | undefined => KIND_BY_NAME.get(plainName(name));

/** Who or what is taken to have acted, by signals and rules; only `human` and `unknown` count in scores and attribution. */
export const ACTOR_VERDICTS = [
  'human',
  'machine_open',
  'link_scanner',
  'crawler',
  'internal',
  'unknown',
] as const;
export type ActorVerdict = (typeof ACTOR_VERDICTS)[number];
/** `superseded`: a later version of the same activity is known, whoever acted. */
export const VERDICTS = [...ACTOR_VERDICTS, 'superseded'] as const;
export type Verdict = (typeof VERDICTS)[number];
export const countsAsHuman = (verdict: Verdict): boolean => verdict === 'human' || verdict === 'unknown';

export type Traits = Readonly<Record<string, unknown>>;

export interface ContentRef {
  readonly id?: string;
  readonly url?: string;
  readonly title?: string;
  readonly type?: string;
}

export interface TouchpointContext {
  readonly userAgent?: string;
  readonly ip?: string;
  readonly referrer?: string;
  readonly locale?: string;
}

/**
 * `future`: after the receipt; `absurd`: no time, or before 1990; `ambiguous`: it has several readings; `backdated`: earlier
 * than a public write key may send.
 */
export const CLAMP_REASONS = ['future', 'absurd', 'ambiguous', 'backdated'] as const;

/** The client's time was replaced; `original` is what it sent. */
export interface Clamped {
  readonly reason: (typeof CLAMP_REASONS)[number];
  readonly original: string;
}

/** Scope of the write key that an event arrived with: a public key is visible in web pages. Absent: a server-side key. */
export type KeyScope = 'public';

/** The activity that a touchpoint is a version of: its system reports it again whenever it changes. */
export interface Revision {
  /** Of the activity, within its collector. */
  readonly id: string;
  /** When the activity was so (RFC 3339): the latest version counts. Left out: `occurredAt`. */
  readonly at?: string;
  /** `contact`: other contacts are reported apart. Left out: of other times than the latest no contact counts. */
  readonly scope?: 'contact';
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
  /** Source and medium as the client wrote them, where their labels (lower case) are other texts. */
  readonly asTagged?: { readonly source?: string; readonly medium?: string };
  readonly content?: ContentRef;
  readonly traits?: Traits;
  /** Company the client named (Segment `context.groupId`). */
  readonly accountId?: string;
  readonly rep?: string;
  /** The name given by the client (a Segment track name); it distinguishes `custom` touchpoints. */
  readonly name?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  /** Left out: it happened, and is reported once. */
  readonly revises?: Revision;
  readonly context?: TouchpointContext;
  /** By the event's own signals; read models derive from it what other events of the same mail add. */
  readonly verdict: Verdict;
  /** Left out where there are none. */
  readonly verdictReasons?: readonly VerdictReason[];
  readonly clamped?: Clamped;
  readonly keyScope?: KeyScope;
}

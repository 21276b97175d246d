import { hash } from 'node:crypto';
import { isAnonymous, mainKey, type IdentityKey, type Stamp } from '../identity/keys.js';
import { memoize } from '../memoize.js';
import type { Touchpoint, TouchpointKind } from '../touchpoint.js';
import type { Judgement } from './judgement.js';

type MailPart = 'sent' | 'delivered' | 'open' | 'click';

const PARTS: Partial<Record<TouchpointKind, MailPart>> = {
  email_sent: 'sent',
  email_delivered: 'delivered',
  email_open: 'open',
  email_click: 'click',
};

/** What a touchpoint of a mail says of who opened or clicked it; plain JSON. */
export interface MailTouch extends Stamp {
  readonly part: MailPart;
  /** By its own signals. */
  readonly own: Judgement;
  /** The link that was clicked. */
  readonly link?: string | undefined;
  /** Digest of the IP address: only whether two are the same matters. */
  readonly address?: string | undefined;
  /** Digest of the user agent. */
  readonly agent?: string | undefined;
  readonly keys: readonly IdentityKey[];
}

/** An open or a click with what other recipients add to it. */
export interface GroupedTouch extends MailTouch {
  /** Others of the company clicked at the same time. */
  readonly isBurst?: true;
}

/** What is kept of one mail to one recipient: the first touchpoints of each part, by time, then id. Plain JSON. */
export interface MailGroup {
  readonly sent: readonly number[];
  readonly delivered: readonly number[];
  readonly opens: readonly GroupedTouch[];
  readonly clicks: readonly GroupedTouch[];
}

/** A touchpoint of a mail, and which mail to whom it is about. */
export interface AddressedTouch {
  readonly touch: MailTouch;
  readonly recipient: IdentityKey;
  /** Within the recipient. Of one day: signals lie minutes apart, and a campaign may go on for years. */
  readonly mail: string;
  /** Within the recipient's company, likewise of one day. */
  readonly campaign: string;
}

/** Where the mail to this recipient is named. Only a click may know a campaign, by its link, so this goes before it. */
const MAIL_IDS = ['mailId', 'mail_id'] as const;
/** Where the mail to all recipients is named. */
const CAMPAIGN_IDS = ['email_id', 'emailId', 'broadcast_id', 'campaign_id', 'campaignId'] as const;
/** Where they name the link. */
const LINKS = ['link_url', 'linkUrl', 'url', 'link', 'link_id', 'linkId'] as const;

/** Days begin at 20:55 UTC: mails are sent at full hours and quarters, and scanned in the ten minutes after. */
const DAY_MS = 86_400_000;
const DAY_BEGINS_MS = (20 * 60 + 55) * 60_000;
const dayOf = (at: number): number => Math.floor((at - DAY_BEGINS_MS) / DAY_MS);

/** Undefined: it is about no mail, or nobody known. */
export function mailTouchOf(id: string, at: number, data: Touchpoint): AddressedTouch | undefined {
  const part = PARTS[data.kind];
  if (!part) return undefined;
  const { identity, properties = {}, campaign, content, context } = data;
  const recipient = identity.find((key) => key.startsWith('email:')) ?? mainKey(identity);
  if (recipient === undefined || isAnonymous(recipient)) return undefined;
  const link = part === 'click' ? (firstText(properties, LINKS) ?? content?.url) : undefined;
  const touch: MailTouch = {
    ...{ id, at, part, keys: identity },
    own: { verdict: data.verdict, reasons: data.verdictReasons ?? [] },
    ...(link !== undefined && { link: digest(link) }),
    ...(context?.ip !== undefined && { address: digest(context.ip) }),
    ...(context?.userAgent !== undefined && { agent: digest(context.userAgent) }),
  };
  const sent = campaign ?? firstText(properties, CAMPAIGN_IDS) ?? '';
  const day = dayOf(at);
  return {
    ...{ touch, recipient, campaign: `${day} ${sent}` },
    mail: `${day} ${firstText(properties, MAIL_IDS) ?? sent}`,
  };
}

function firstText(
  properties: Readonly<Record<string, unknown>>,
  names: readonly string[],
): string | undefined {
  for (const name of names) {
    const value = properties[name];
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') return String(value);
  }
  return undefined;
}

/** 60 bits: of the few touchpoints that are compared with each other no two differ by chance. */
const digest = memoize(10_000, (text: string) => hash('sha256', text, 'base64url').slice(0, 10));

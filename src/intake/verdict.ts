import { isbot } from 'isbot';
import type { JsonObject } from './json.js';
import { isApple, isGoogle, isScanner } from './known-networks.js';
import type { RequestSignals } from './request-signals.js';
import { memoize } from '../domain/memoize.js';
import type { Touchpoint, TouchpointKind, Verdict } from '../domain/touchpoint.js';
import { inListOrder, type VerdictReason } from '../domain/verdict/reasons.js';

/** Apple's mail privacy proxy loads every picture under this name, whether or not anybody reads the mail. */
const APPLE_MAIL_PROXY = 'Mozilla/5.0';
/** Gmail loads pictures under this name just before it shows a mail in a list (sparkpost.com/blog/gmail-prefetching-images). */
const GMAIL_PREFETCH = 'Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0';
/** Gmail's and Yahoo's proxies load pictures when the mail is opened, and hide who opened it. */
const MAIL_PROXY = /GoogleImageProxy|YahooMailProxy/;

export interface Acted {
  readonly kind: TouchpointKind;
  readonly userAgent: string | undefined;
  /** Of the buyer, where the format knows it. */
  readonly ip: string | undefined;
  readonly properties: JsonObject;
  readonly request?: RequestSignals;
}

/**
 * Who acted, as far as the event itself tells. It never looks at the sender of the request: most events are relayed by
 * servers. What other events of the same mail add is derived by the read models.
 */
export function verdictOf(acted: Acted): Pick<Touchpoint, 'verdict' | 'verdictReasons'> {
  const { kind, userAgent } = acted;
  const mail = kind.startsWith('email_') ? machineOfMail(acted) : [];
  const isBot = userAgent !== undefined && !isMailProxy(acted) && isCrawler(userAgent);
  const reasons = inListOrder([...mail, ...(isBot ? ['user-agent-crawler' as const] : [])]);
  const verdict = verdictBy(acted, reasons);
  return reasons.length === 0 ? { verdict } : { verdict, verdictReasons: reasons };
}

function verdictBy(acted: Acted, reasons: readonly VerdictReason[]): Verdict {
  const { kind, userAgent } = acted;
  if (reasons.some((reason) => reason !== 'user-agent-crawler'))
    return kind === 'email_open' ? 'machine_open' : 'link_scanner';
  if (reasons.length > 0) return 'crawler';
  return userAgent === undefined || isMailProxy(acted) ? 'unknown' : 'human';
}

const isMailProxy = ({ kind, userAgent }: Acted): boolean =>
  kind === 'email_open' &&
  userAgent !== undefined &&
  (userAgent === APPLE_MAIL_PROXY || MAIL_PROXY.test(userAgent));

/** What speaks for a machine at a mail, user agents of crawlers apart. */
function machineOfMail({ kind, userAgent = '', ip, properties, request = {} }: Acted): VerdictReason[] {
  const reasons: VerdictReason[] = [];
  if (isMarked(properties)) reasons.push('provider-says-machine');
  if (request.isPrefetch) reasons.push('prefetch-header');
  if (request.isHoneypot) reasons.push('honeypot');
  if (kind === 'email_open') {
    if (userAgent === APPLE_MAIL_PROXY || (ip !== undefined && isApple(ip))) reasons.push('apple-mail-proxy');
    if (userAgent.endsWith(GMAIL_PREFETCH) && (ip === undefined || isGoogle(ip)))
      reasons.push('gmail-prefetch');
  }
  if (kind === 'email_click' && request.method === 'HEAD') reasons.push('head-request');
  if ((kind === 'email_click' || kind === 'email_open') && ip !== undefined && isScanner(ip))
    reasons.push('scanner-network');
  return reasons;
}

const isMarked = (properties: JsonObject): boolean =>
  MARKS.some((name) => properties[name] === true || properties[name] === 'true');

/** Flags of mail providers: SendGrid (sg_machine_open), SparkPost (is_prefetched), Mailgun and others (bot). */
const MARKS = [
  'machine_open',
  'machineOpen',
  'sg_machine_open',
  'is_prefetched',
  'isPrefetched',
  'bot',
  'is_bot',
  'isBot',
];

/** One regular expression of 5 KB a user agent; the same few come again and again. */
const isCrawler = memoize(5_000, (userAgent: string) => isbot(userAgent));

import { isbot } from 'isbot';
import type { JsonObject } from './json.js';
import type { TouchpointKind, Verdict } from '../domain/touchpoint.js';
import { memoize } from '../domain/memoize.js';

/** Apple's mail privacy proxy loads every picture under this name, whether or not anybody reads the mail. */
const APPLE_MAIL_PROXY = 'Mozilla/5.0';
/** Gmail's and Yahoo's proxies load pictures when the mail is opened, and hide who opened it. */
const MAIL_PROXY = /GoogleImageProxy|YahooMailProxy/;

/**
 * Who acted, as far as the event itself tells. It never looks at the sender of the request: most events are relayed by
 * servers.
 */
export function verdictOf(
  kind: TouchpointKind,
  userAgent: string | undefined,
  properties: JsonObject,
): Verdict {
  if (kind === 'email_open') {
    if (isMachineOpen(properties) || userAgent === APPLE_MAIL_PROXY) return 'machine_open';
    if (userAgent !== undefined && MAIL_PROXY.test(userAgent)) return 'unknown';
  }
  if (userAgent === undefined) return 'unknown';
  return isCrawler(userAgent) ? 'crawler' : 'human';
}

const isMachineOpen = (properties: JsonObject): boolean =>
  [properties.machine_open, properties.machineOpen, properties.sg_machine_open].includes(true);

/** One regular expression of 5 KB a user agent; the same few come again and again. */
const isCrawler = memoize(5_000, (userAgent: string) => isbot(userAgent));

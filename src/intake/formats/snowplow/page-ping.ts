import { hash } from 'node:crypto';
import { readInstant } from '../../instant.js';
import type { SnowplowItem } from './item.js';

/** Name of the touchpoint of page pings. */
export const PAGE_PING = 'page_ping';

/** The pings of one page view within so many seconds of the clock are one touchpoint (ADR 0041). */
export const SECONDS_PER_PING = 30;

/**
 * The message id that the pings of a page view share within one slot of the clock, so that all but the first are duplicates.
 * Only what an archive of the event has as well counts: the time by the clock of the tracker, not the corrected one, and the network user
 * id, which may have come as a cookie, only without another. Undefined: it has no time, and each is known by its own id.
 *
 * @param pageView of the entity web_page; without it, browser and page stand for it
 */
export function pingMessageId(item: SnowplowItem, pageView: string | undefined): string | undefined {
  const at = readInstant(item.dtm ?? item.ttm);
  if (!(at instanceof Date)) return undefined;
  const slot = Math.floor(+at / (SECONDS_PER_PING * 1_000));
  const { duid, tnuid, nuid, sid, url } = item;
  const view = pageView ?? JSON.stringify([duid ?? tnuid ?? nuid, sid, url]);
  return `page-ping-${hash('sha256', view, 'base64url')}-${slot}`;
}

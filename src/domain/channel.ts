import { channelOfTags, type Tags } from './channel-group.js';
import { clickOrigin, isPaid, type ClickOrigin } from './click-ids.js';
import type { Place } from './place.js';
import { referrerOfHost, referrerOfTag, withoutPrefix, type Category } from './referrers.js';
import { isRelay } from './relays.js';
import { type Channel, kindChannels, type TouchpointKind } from './touchpoint.js';

/** What a touchpoint says of how the buyer came. Empty strings are not allowed; leave out what is not known. */
export interface Arrival {
  readonly kind: TouchpointKind;
  /** Campaign parameters as tagged (`utm_source`, `utm_medium`, `utm_campaign`). */
  readonly source?: string | undefined;
  readonly medium?: string | undefined;
  readonly campaign?: string | undefined;
  /** Names of the page's query parameters, in which click ids are looked for. */
  readonly parameters?: Iterable<string> | undefined;
  readonly page?: Place | undefined;
  readonly referrer?: Place | undefined;
}

export interface Origin {
  readonly channel: Channel;
  readonly source?: string;
  readonly medium?: string;
}

/**
 * The channel of a touchpoint, and its source and medium where they were not tagged but follow from a click id or the
 * referrer. In this order: kinds with one channel (mail, sales), campaign parameters, click ids, kinds with a usual
 * channel (webinars, ads), the referrer, else direct. By GA4's default channel group: channel-group.ts.
 */
export function originOf(arrival: Arrival): Origin {
  const { channel, usualChannel } = kindChannels(arrival.kind);
  const tags: Tags = {
    source: arrival.source?.toLowerCase(),
    medium: arrival.medium?.toLowerCase(),
    campaign: arrival.campaign?.toLowerCase(),
  };
  if (channel) return origin(channel, tags);
  const click = arrival.parameters ? clickOrigin(arrival.parameters) : undefined;
  if ((tags.source ?? tags.medium) !== undefined) return taggedOrigin(tags, click);
  if (click) return origin(click.channel, tags, click);
  if (tags.campaign !== undefined) return origin('other', tags);
  if (usualChannel) return origin(usualChannel, tags);
  return (arrival.referrer && referralOrigin(arrival.referrer, arrival.page)) ?? { channel: 'direct' };
}

function origin(channel: Channel, { source, medium }: Tags, click?: ClickOrigin): Origin {
  const from = source ?? click?.source;
  const by = medium ?? click?.medium;
  return { channel, ...(from ? { source: from } : {}), ...(by ? { medium: by } : {}) };
}

/** A click id adds to what was tagged where both name one platform, and never outweighs it. */
function taggedOrigin(tags: Tags, click: ClickOrigin | undefined): Origin {
  if (click && tags.medium === undefined && isPaid(click) && isOf(click, tags.source))
    return origin(click.channel, tags, click);
  const channel = channelOfTags(tags);
  const fits = click && tags.source === undefined && isPaidFormOf(channel, click.channel);
  return origin(channel, tags, fits ? click : undefined);
}

const isOf = (click: ClickOrigin, tag: string | undefined): boolean =>
  tag === click.source || (tag !== undefined && referrerOfTag(tag)?.source === click.source);

const isPaidFormOf = (channel: Channel, clicked: Channel): boolean =>
  channel === clicked || (channel === 'paid_social' && clicked === 'organic_social');

/** What a referrer of each kind is: its channel, and the medium that is shown for it. */
const REFERRED: Readonly<Record<Category, readonly [channel: Channel, medium: string]>> = {
  mail: ['email', 'email'],
  social: ['organic_social', 'social'],
  video: ['organic_social', 'social'],
  search: ['organic_search', 'organic'],
  shopping: ['referral', 'referral'],
  assistant: ['referral', 'ai-assistant'],
};

/** Undefined for a page of the same site, and for relays. */
function referralOrigin(referrer: Place, page: Place | undefined): Origin | undefined {
  if (page && (page.site === referrer.site || page.host === referrer.host)) return undefined;
  if (isRelay(referrer)) return undefined;
  const known = referrerOfHost(referrer.host);
  if (!known) return { channel: 'referral', source: withoutPrefix(referrer.host), medium: 'referral' };
  const [channel, medium] = REFERRED[known.category];
  return { channel, source: known.source, medium };
}

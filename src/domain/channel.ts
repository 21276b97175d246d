import {
  AD_CLICK_IDS,
  type ClickOrigin,
  placeIn,
  RELAYS,
  SEARCH,
  SOCIAL,
  VIDEO,
  WEBMAIL,
} from './channel-sources.js';
import { type Channel, kindChannels, type TouchpointKind } from './touchpoint.js';

/** A web address as far as it tells where somebody came from: `site` is the registrable domain of `host`. */
export interface Place {
  readonly host: string;
  readonly site: string;
}

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

const PAID = /^(.*cp.*|ppc|retargeting|remarketing|paid.*)$/;
const PAID_SEARCH = /^(cpc|ppc|sem|paid[-_ ]?search)$/;
const PAID_SOCIAL = /^(paid[-_ ]?social|social[-_ ]?paid|cpc[-_ ]?social)$/;
const DISPLAY = /^(display|banner|expandable|interstitial|cpm|programmatic|native[-_ ]?ads?)$/;
const SOCIAL_MEDIUM = /^(social|social[-_ ]?(network|media|organic)|organic[-_ ]?social|sm)$/;
const EMAIL = /^(e[-_ ]?mail|newsletter|drip|nurture)$/;
const AFFILIATE = /^affiliates?$/;
const REFERRAL = /^(referral|app|link|partner)$/;
const EVENT = /^(events?|webinars?|conference|trade[-_ ]?show|field[-_ ]?event)$/;
const SALES = /^(sales|sdr|bdr|outbound)$/;
const NOT_SET = /^\(?(direct|none|not set)\)?$/;

/**
 * The channel of a touchpoint by the usual default grouping, and its source and medium where they were not tagged but
 * follow from a click id or the referrer. In this order: kinds with one channel (mail, sales), campaign parameters,
 * click ids, kinds with a usual channel (webinars, ads), the referrer, else direct.
 *
 * Follows Google Analytics 4, "Default channel group" (support.google.com/analytics/answer/9756891), with its seventeen
 * groups folded into our twelve: paid shopping into paid search, paid video into display, organic video into organic
 * social, organic shopping into referral, audio, SMS and push into other; events and sales are ours.
 */
export function originOf(arrival: Arrival): Origin {
  const { channel, usualChannel } = kindChannels(arrival.kind);
  const tagged = { source: arrival.source?.toLowerCase(), medium: arrival.medium?.toLowerCase() };
  const click = arrival.parameters ? clickOrigin(arrival.parameters) : undefined;
  if (channel) return origin(channel, tagged);
  const tag = taggedChannel(tagged, arrival.campaign, click);
  if (tag) return origin(tag, tagged, click);
  if (click) return origin(click.channel, tagged, click);
  if (usualChannel) return origin(usualChannel, tagged);
  const referred = arrival.referrer ? referralOrigin(arrival.referrer, arrival.page) : undefined;
  return referred ?? origin('direct', tagged);
}

interface Tagged {
  readonly source: string | undefined;
  readonly medium: string | undefined;
}

function origin(channel: Channel, tagged: Tagged, click?: ClickOrigin): Origin {
  const source = tagged.source ?? click?.source;
  const medium = tagged.medium ?? click?.medium;
  return { channel, ...(source ? { source } : {}), ...(medium ? { medium } : {}) };
}

function taggedChannel(
  { source, medium }: Tagged,
  campaign: string | undefined,
  click: ClickOrigin | undefined,
): Channel | undefined {
  if (source === undefined && medium === undefined)
    return campaign === undefined || click ? undefined : 'other';
  if (medium === undefined && click && isPaidClick(click)) return click.channel;
  return byMedium(source, medium) ?? bySource(source) ?? click?.channel ?? 'other';
}

const isPaidClick = ({ medium }: ClickOrigin): boolean => ['cpc', 'display', 'affiliate'].includes(medium);

/** GA4's rules in their order, as far as a medium is needed. */
function byMedium(source: string | undefined, medium: string | undefined): Channel | undefined {
  if (medium === undefined) return undefined;
  if (NOT_SET.test(medium)) return source === undefined || NOT_SET.test(source) ? 'direct' : bySource(source);
  if (PAID_SOCIAL.test(medium)) return 'paid_social';
  if (DISPLAY.test(medium)) return 'display';
  if (PAID.test(medium) || PAID_SEARCH.test(medium)) return paid(source, medium);
  if (SOCIAL_MEDIUM.test(medium)) return 'organic_social';
  if (medium === 'video') return 'organic_social';
  if (medium === 'organic') return isSocial(source) ? 'organic_social' : 'organic_search';
  if (EMAIL.test(medium)) return 'email';
  if (AFFILIATE.test(medium)) return 'affiliate';
  if (EVENT.test(medium)) return 'event';
  if (SALES.test(medium)) return 'sales';
  if (REFERRAL.test(medium)) return isSocial(source) ? 'organic_social' : 'referral';
  return bySource(source);
}

function paid(source: string | undefined, medium: string): Channel {
  if (isSocial(source)) return 'paid_social';
  if (source !== undefined && placeIn(VIDEO, source)) return 'display';
  if (source !== undefined && placeIn(SEARCH, source)) return 'paid_search';
  return PAID_SEARCH.test(medium) ? 'paid_search' : 'other';
}

function bySource(source: string | undefined): Channel | undefined {
  if (source === undefined) return undefined;
  if (NOT_SET.test(source)) return 'direct';
  if (EMAIL.test(source) || placeIn(WEBMAIL, source)) return 'email';
  if (isSocial(source) || placeIn(VIDEO, source)) return 'organic_social';
  if (placeIn(SEARCH, source)) return 'organic_search';
  if (AFFILIATE.test(source)) return 'affiliate';
  if (EVENT.test(source)) return 'event';
  if (SALES.test(source)) return 'sales';
  return source.includes('.') ? 'referral' : undefined;
}

const isSocial = (source: string | undefined): boolean =>
  source !== undefined && placeIn(SOCIAL, source) !== undefined;

function clickOrigin(parameters: Iterable<string>): ClickOrigin | undefined {
  for (const name of parameters) {
    const found = AD_CLICK_IDS.get(name.toLowerCase());
    if (found) return found;
  }
  return undefined;
}

/** Undefined for a page of one's own site, and for log-in and payment pages on the way, which sent nobody. */
function referralOrigin(referrer: Place, page: Place | undefined): Origin | undefined {
  if (page && (page.site === referrer.site || page.host === referrer.host)) return undefined;
  if (RELAYS.has(referrer.host)) return undefined;
  for (const [places, channel, medium] of REFERRERS) {
    const source = placeIn(places, referrer.host) ?? placeIn(places, referrer.site);
    if (source) return { channel, source, medium };
  }
  return { channel: 'referral', source: referrer.host.replace(/^www\./, ''), medium: 'referral' };
}

/** Web mail first: mail.google.com is no search. */
const REFERRERS: readonly (readonly [ReadonlyMap<string, string>, Channel, string])[] = [
  [WEBMAIL, 'email', 'email'],
  [SOCIAL, 'organic_social', 'social'],
  [VIDEO, 'organic_social', 'social'],
  [SEARCH, 'organic_search', 'organic'],
];

import type { Place } from '../domain/channel.js';
import { CLICK_IDS } from '../domain/click-ids.js';
import { registrableDomain } from '../domain/registrable-domain.js';
import { remembered } from '../domain/remembered.js';

/** A page's address, taken apart once. */
export interface Address {
  /** The same page has the same one: no fragment, no tracking parameters, host in lower case, no closing slash. */
  readonly canonical: string;
  readonly place: Place;
  /** Names of its query parameters. */
  readonly parameters: readonly string[];
  readonly source?: string;
  readonly medium?: string;
  readonly campaign?: string;
}

/** In UTF-16 units. */
const URL_LENGTH = 2048;
const TRACKING =
  /^(utm_|hsa_|_hs|pk_|mtm_|matomo_|vero_|oly_|ss_)|^(_ga|_gl|_ke|gclsrc|srsltid|mc_cid|hsctatracking|igsh|trk|trkcampaign|s_cid|fb_action_ids|fb_source|wickedid|mibextid|ajs_(aid|uid|event))$/;
const isTracking = (name: string): boolean => TRACKING.test(name) || CLICK_IDS.has(name);

/** The address of a page; undefined when it is no absolute http(s) URL. */
export function addressOf(value: unknown): Address | undefined {
  return typeof value === 'string' && isWeb(value) ? takenApart(value) : undefined;
}

/** Five µs each; the pages of a site come again and again. */
const takenApart = remembered(5_000, (text): Address | undefined => {
  const url = URL.parse(text);
  if (!url) return undefined;
  const parameters = url.search === '' ? [] : [...new Set(url.searchParams.keys())];
  return {
    canonical: canonicalOf(url, parameters),
    place: placeOf(url),
    parameters,
    ...(parameters.length > 0 ? campaignOf(url.searchParams) : {}),
  };
});

const isWeb = (text: string): boolean => text.length <= 16_384 && /^\s*https?:\/\//i.test(text);

/** Where a referrer is; Android apps name themselves by `android-app://package`. */
export function refererOf(value: unknown): Place | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  if (value.startsWith('android-app://')) {
    const host = value.slice('android-app://'.length).split('/')[0] ?? '';
    return { host, site: host };
  }
  return addressOf(value)?.place;
}

function canonicalOf(url: URL, parameters: readonly string[]): string {
  const kept = parameters.some((name) => isTracking(name.toLowerCase())) ? withoutTracking(url) : url.search;
  const path = url.pathname.replace(/\/+$/, '');
  const full = `${url.protocol}//${url.host}${path}${kept === '?' ? '' : kept}`;
  return full.length <= URL_LENGTH ? full : `${url.protocol}//${url.host}${path}`.slice(0, URL_LENGTH);
}

function withoutTracking(url: URL): string {
  const pairs = url.search.slice(1).split('&');
  const own = pairs.filter((pair) => !isTracking((pair.split('=')[0] ?? '').toLowerCase()));
  return own.length > 0 ? `?${own.join('&')}` : '';
}

function campaignOf(query: URLSearchParams): { source?: string; medium?: string; campaign?: string } {
  const source = query.get('utm_source')?.trim();
  const medium = query.get('utm_medium')?.trim();
  const campaign = query.get('utm_campaign')?.trim();
  return { ...(source ? { source } : {}), ...(medium ? { medium } : {}), ...(campaign ? { campaign } : {}) };
}

const placeOf = ({ hostname: host, pathname: path }: URL): Place => ({
  host,
  site: registrableDomain(host) ?? host,
  ...(path === '/' ? {} : { path }),
});

/** The registrable domain in a web address, host name or e-mail address, in lower case. */
export function domainOf(value: unknown): string | undefined {
  return typeof value === 'string' ? registrableDomain(value.trim().toLowerCase()) : undefined;
}

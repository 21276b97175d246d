import type { Place } from '../domain/place.js';
import { CLICK_IDS } from '../domain/click-ids.js';
import { label } from '../domain/label.js';
import { registrableDomain } from '../domain/registrable-domain.js';
import { memoize } from '../domain/memoize.js';
import { parseWebUrl, type WebUrl, withoutLast } from '../domain/web-url.js';

/** A page's address, taken apart once. */
export interface Address {
  /** The same page has the same one: no tracking parameters, no closing slash, of the fragment only a route. */
  readonly canonical: string;
  readonly place: Place;
  /** Names of its query parameters. */
  readonly parameters: readonly string[];
  /** As tagged (`utm_source` …). */
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
const takenApart = memoize(5_000, (text): Address | undefined => {
  const url = parseWebUrl(text);
  if (!url) return undefined;
  const query = url.query === '' ? undefined : new URLSearchParams(url.query);
  return {
    canonical: canonicalOf(url),
    place: placeOf(url),
    parameters: query ? [...new Set(query.keys())] : [],
    ...(query ? campaignOf(query) : {}),
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

function canonicalOf({ protocol, host, path, query, hash }: WebUrl): string {
  const own = withoutTracking(query);
  const page = `${protocol}//${host}${withoutLast(path, '/')}`;
  const full = `${page}${own === '' ? '' : `?${own}`}${routeOf(hash)}`;
  return full.length <= URL_LENGTH ? full : page.slice(0, URL_LENGTH);
}

function withoutTracking(query: string): string {
  const isOwn = (pair: string): boolean => !isTracking((pair.split('=')[0] ?? '').toLowerCase());
  return query === '' ? '' : query.split('&').filter(isOwn).join('&');
}

/** A page of an application that routes by the fragment (`#/pricing`, `#!/pricing`); others are places within a page. */
const routeOf = (hash: string): string => (/^#!?\//.test(hash) ? hash.replace(/\?.*$/s, '') : '');

type Campaign = Pick<Address, 'source' | 'medium' | 'campaign'>;

/** The first of each that is no blank; names without regard to case. */
function campaignOf(query: URLSearchParams): Campaign {
  const found: { -readonly [K in keyof Campaign]: Campaign[K] } = {};
  for (const [name, value] of query) {
    const field = UTM.get(name.toLowerCase());
    if (field && found[field] === undefined && label(value) !== undefined) found[field] = value;
  }
  return found;
}

const UTM: ReadonlyMap<string, keyof Campaign> = new Map([
  ['utm_source', 'source'],
  ['utm_medium', 'medium'],
  ['utm_campaign', 'campaign'],
]);

const placeOf = ({ hostname: host, path }: WebUrl): Place => ({
  host,
  site: registrableDomain(host) ?? host,
  ...(path === '/' ? {} : { path }),
});

/** The registrable domain in a web address, host name or e-mail address, in lower case. */
export function domainOf(value: unknown): string | undefined {
  return typeof value === 'string' ? registrableDomain(value.trim().toLowerCase()) : undefined;
}

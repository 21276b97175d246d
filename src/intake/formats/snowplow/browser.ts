import { randomUUID } from 'node:crypto';
import type { RequestHead } from '../../format.js';
import { ID_LENGTH } from '../../identities.js';
import { isObject, type JsonObject } from '../../json.js';
import { text } from '../../values.js';

/** As Snowplow's collector names it. */
const COOKIE = 'sp';
const YEAR_SECONDS = 365 * 86_400;
/** Characters of a cookie that need no escape. */
const COOKIE_VALUE = /^[\w.~-]+$/;

/** The network user id of the browser of a request, for its cookie. */
const browsers = new WeakMap<RequestHead, string>();

/**
 * Adds to events what the request says of the browser that sent them. A browser that has no network user id yet gets its domain
 * user id as such, so that it stays the same one when it loses either. `SP-Anonymous` asks to leave all of that out. Only
 * events of the platform `web` are sent by the browser itself.
 */
export function withBrowser(head: RequestHead, items: readonly unknown[]): readonly unknown[] {
  if (head.client === undefined) return items;
  const isAnonymous = head.headers['sp-anonymous'] !== undefined;
  const first = items.find(isOfBrowser);
  if (!first) return items;
  const known = isAnonymous ? undefined : (networkUserId(head) ?? newNetworkUserId(first));
  if (known !== undefined) browsers.set(head, known);
  const { address, userAgent } = head.client;
  const observed: Readonly<Record<string, string>> = {
    ...(userAgent && { ua: userAgent }),
    ...(known !== undefined && { ip: address, nuid: known }),
  };
  for (const item of items) if (isOfBrowser(item)) complete(item, observed);
  return items;
}

function complete(item: Record<string, unknown>, observed: Readonly<Record<string, string>>): void {
  for (const name in observed) if (!Object.hasOwn(item, name)) item[name] = observed[name];
}

const isOfBrowser = (item: unknown): item is JsonObject => isObject(item) && item.p === 'web';

function networkUserId({ headers }: RequestHead): string | undefined {
  const cookies = String(headers.cookie ?? '').split(';');
  const value = cookies.map((cookie) => cookie.trim()).find((cookie) => cookie.startsWith(`${COOKIE}=`));
  return usable(value?.slice(COOKIE.length + 1));
}

const newNetworkUserId = ({ tnuid, nuid, duid, eid }: JsonObject): string =>
  [tnuid, nuid, duid, eid].map((id) => usable(text(id, ID_LENGTH))).find((id) => id !== undefined) ??
  randomUUID();

const usable = (id: string | undefined): string | undefined =>
  id !== undefined && id.length <= ID_LENGTH && COOKIE_VALUE.test(id) ? id : undefined;

/** The cookie of the browser for another year. Pages of other sites send it over TLS only, as browsers demand. */
export function cookieHeaders(head: RequestHead): { readonly 'set-cookie'?: string } {
  const id = browsers.get(head);
  if (id === undefined) return {};
  const site = head.url?.startsWith('https:') ? 'Secure; SameSite=None' : 'SameSite=Lax';
  return { 'set-cookie': `${COOKIE}=${id}; Max-Age=${YEAR_SECONDS}; Path=/; HttpOnly; ${site}` };
}
